import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { silentLogger, type Logger } from '../../observability/logger.ts';
import { picture } from '../../testing/units.ts';
import { HlsMuxers } from './hls-muxers.ts';
import { TestStream } from './testing/playback.ts';
import { g711Track, videoTrack } from './testing/tracks.ts';

const never = new AbortController().signal;
const track = videoTrack();

function live(id?: string): TestStream {
  const source = new TestStream(id);
  source.open([track]);
  source.write(Array.from({ length: 60 }, (_, i) => picture(track, i, { size: 1000 })));
  return source;
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

test('hls muxers: one for a stream however often it is opened, gone when nobody asks', () => {
  let nowMs = 1_900_000_000_000;
  const muxers = new HlsMuxers({ logger: silentLogger, clock: () => nowMs });
  const { stream } = live();
  const muxer = muxers.open(stream);
  assert.equal(muxers.open(stream), muxer);
  assert.equal(stream.readerCount, 1);
  assert.equal(muxer.run, 1_900_000_000);
  nowMs += 9000;
  muxers.open(stream);
  nowMs += 9000;
  muxers.sweep();
  assert.equal(muxers.usage.muxers, 1);
  nowMs += 2000;
  muxers.sweep();
  assert.deepEqual(muxers.usage, { muxers: 0, bytes: 0, waits: 0 });
  assert.equal(stream.readerCount, 0);
  assert.ok(muxers.open(stream).run > muxer.run, 'names are not used again');
  muxers.close();
  muxers.close();
  assert.equal(stream.readerCount, 0);
});

test('hls muxers: who waits keeps it open; closing answers them', async () => {
  let nowMs = 0;
  const muxers = new HlsMuxers({ logger: silentLogger, clock: () => nowMs });
  const { stream } = new TestStream();
  const wait = muxers.open(stream).variant('x', never);
  nowMs += 60_000;
  muxers.sweep();
  assert.deepEqual(muxers.usage, { muxers: 1, bytes: 0, waits: 1 });
  muxers.close();
  assert.deepEqual(await wait, { ok: false, reason: 'ended' });
  assert.deepEqual(await muxers.open(stream).variant('x', never), { ok: false, reason: 'ended' });
});

test('hls muxers: opened in the same second, no two share their names', () => {
  const muxers = new HlsMuxers({ logger: silentLogger, clock: () => 5000 });
  const runs = ['a', 'b', 'c'].map((id) => muxers.open(live(id).stream).run);
  assert.equal(new Set(runs).size, 3);
  muxers.close();
});

test('hls muxers: a rendition that comes back has the numbers that it would have come to meanwhile', async () => {
  let nowMs = 1_900_000_000_000;
  const muxers = new HlsMuxers({ logger: silentLogger, clock: () => nowMs, lingerMs: 1 });
  const { stream } = live();
  const firstNumber = async (): Promise<number> => {
    const answer = await muxers.open(stream).playlist('lowLatency', { skip: false }, never);
    assert.ok(answer.ok);
    return Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(answer.value.text.toString())?.[1]);
  };
  const before = await firstNumber();
  nowMs += 7000;
  muxers.sweep();
  assert.equal(muxers.usage.muxers, 0);
  nowMs += 60_000;
  assert.equal((await firstNumber()) - before, 30, 'segments of two seconds');
  muxers.close();
});

test('hls muxers: that a camera has no sound is logged once, not at every viewer', () => {
  const lines: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (_details, message) => lines.push(message) };
  let nowMs = 0;
  const muxers = new HlsMuxers({ logger, clock: () => nowMs });
  const source = new TestStream();
  source.open([track, g711Track()]);
  for (let i = 0; i < 3; i++) {
    muxers.open(source.stream);
    nowMs += 60_000;
    muxers.sweep();
  }
  assert.equal(lines.length, 1);
  muxers.close();
});

test('hls muxers: 1,000 times opened and closed, memory is flat', async (t) => {
  let nowMs = 1_900_000_000_000;
  const muxers = new HlsMuxers({ logger: silentLogger, clock: () => nowMs });
  const { stream } = live();
  const cycle = async (): Promise<void> => {
    const muxer = muxers.open(stream);
    assert.ok((await muxer.playlist('lowLatency', { skip: false }, never)).ok);
    nowMs += 60_000;
    muxers.sweep();
    assert.equal(stream.readerCount, 0);
  };
  for (let i = 0; i < 100; i++) await cycle();
  collectGarbage();
  const before = process.memoryUsage();
  for (let i = 0; i < 1000; i++) await cycle();
  collectGarbage();
  const after = process.memoryUsage();
  const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  t.diagnostic(`${Math.round(grown / 1024)} KiB more after 1,000 cycles of 60 KB each`);
  assert.ok(grown < 4 * 1024 * 1024);
  assert.deepEqual(muxers.usage, { muxers: 0, bytes: 0, waits: 0 });
});
