import type { H264Track } from '@vedette/media';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../observability/logger.ts';
import { Stream } from '../../stream/stream.ts';
import { picture } from '../../testing/units.ts';
import { HlsMuxers } from './hls-muxers.ts';
import type { HlsMuxer } from './hls-muxer.ts';
import { TestStream } from './testing/playback.ts';
import { PlaylistRules } from './testing/playlist-rules.ts';
import { videoTrack } from './testing/tracks.ts';

const never = new AbortController().signal;
const track = videoTrack();
const rungTrack: H264Track = { ...videoTrack(), pps: [Uint8Array.of(0x68, 0xce, 0x3c, 0x80, 0x80)] };
/** Pictures, at 25 a second. */
const OPENED = 330;
const END = 600;

async function playlist(muxer: HlsMuxer, kind: 'lowLatency' | 'plain' = 'lowLatency'): Promise<string> {
  const answer = await muxer.playlist(kind, { skip: false }, never);
  assert.ok(answer.ok);
  return answer.value.text.toString();
}

/** A camera and a rendition of it, whose pictures come later by some. */
class Ladder {
  readonly muxers = new HlsMuxers({ logger: silentLogger, clock: () => this.source.nowMs });
  readonly source = new TestStream();
  readonly rung = new Stream({ id: 'cam', madeOf: this.source.stream, clock: () => this.source.nowMs });
  readonly #startMs = this.source.nowMs;
  readonly #delay: number;
  readonly #gop: number;
  #feed: ReturnType<Stream['open']> | undefined;
  #next = 0;

  constructor({ delay, gop = 25 }: { delay: number; gop?: number }) {
    this.#delay = delay;
    this.#gop = gop;
    this.source.open([track]);
  }

  /** @param isMade whether there is a rendition. */
  step(isMade: boolean): void {
    const index = this.#next++;
    this.source.write([picture(track, index, { gop: this.#gop, size: 1000 })]);
    const made = index - this.#delay;
    if (!isMade || made < 0) return;
    const unit = picture(rungTrack, made, { gop: this.#gop, size: 100 });
    unit.wallClockMs = this.#startMs + made * 40;
    const isFirst = this.#feed === undefined;
    this.#feed ??= this.rung.open([rungTrack], { inTimeOf: this.source.stream });
    this.#feed.write({ ...unit, isRandomAccess: isFirst || unit.isRandomAccess });
  }
}

/** What a player of `cold` sees until the end, each version of the playlist checked. */
async function watch(cold: HlsMuxer, ladder: Ladder, isMade: () => boolean): Promise<PlaylistRules> {
  const rules = new PlaylistRules();
  for (let index = OPENED; index < END; index++) {
    rules.check(await playlist(cold));
    ladder.step(isMade());
  }
  const { segments = [] } = rules.last ?? {};
  assert.ok(segments.every(({ isGap, isDiscontinuity }) => !isGap && !isDiscontinuity));
  let nextMs: number | undefined;
  for (const { programDateTimeMs = Number.NaN, duration } of segments) {
    if (nextMs !== undefined) assert.ok(Math.abs(programDateTimeMs - nextMs) < 2, 'time goes on');
    nextMs = programDateTimeMs + duration * 1000;
  }
  return rules;
}

for (const { name, delay, gop } of [
  { name: 'a little behind', delay: 8, gop: 25 },
  { name: 'behind by more than a group of pictures', delay: 40, gop: 25 },
  { name: 'of groups as long as segments', delay: 8, gop: 50 },
]) {
  test(`a rendition that is only now begun lists its camera's segments before its own: ${name}`, async () => {
    const ladder = new Ladder({ delay, gop });
    const camera = ladder.muxers.open(ladder.source.stream, true);
    for (let i = 0; i < OPENED; i++) ladder.step(false);
    const cold = ladder.muxers.open(ladder.rung, true);
    assert.ok(cold.hasBorrowed && camera.isLending);
    const dates = (text: string): string[] => text.match(/(?<=DATE-TIME:).*|DURATION=.*URI/g) ?? [];
    const now = await playlist(cold);
    assert.deepEqual(
      dates(now).length,
      dates(await playlist(camera)).length,
      'it is as far as the camera is',
    );
    const rules = await watch(cold, ladder, () => true);
    assert.ok(!camera.isLending);
    const heads = rules.last?.segments.map(({ map }) => map?.uri);
    assert.deepEqual([...new Set(heads)].length, 2);
    const own = rules.last?.segments.filter(({ map }) => map?.uri === heads?.at(-1)) ?? [];
    assert.ok(own.length >= 2, 'it goes on by itself');
    const bytes = await cold.resource(own[0]?.uri ?? '', never);
    assert.ok(bytes.ok && bytes.value.length < 50 * 400, 'its own pictures are small');
    ladder.muxers.close();
  });
}

test('back to the camera itself, whose pictures come before those that are borrowed', async () => {
  const ladder = new Ladder({ delay: 10 });
  const small = ladder.muxers.open(ladder.rung, true);
  for (let i = 0; i < OPENED; i++) ladder.step(true);
  const cold = ladder.muxers.open(ladder.source.stream, true);
  assert.ok(small.isLending);
  await watch(cold, ladder, () => true);
  assert.ok(!small.isLending);
  ladder.muxers.close();
});

test('a player of one quality alone is shown nothing else', () => {
  const ladder = new Ladder({ delay: 8 });
  ladder.muxers.open(ladder.source.stream, true);
  for (let i = 0; i < OPENED; i++) ladder.step(true);
  const cold = ladder.muxers.open(ladder.rung, true);
  const alone = ladder.muxers.open(ladder.rung);
  assert.notEqual(alone, cold);
  assert.equal(alone.hasBorrowed, false);
  assert.equal(ladder.muxers.open(ladder.rung), alone);
  assert.equal(ladder.muxers.open(ladder.rung, true), cold);
  assert.equal(ladder.muxers.usage.muxers, 3);
  ladder.muxers.close();
});

test('what is borrowed ends: the next picture of its own follows', async () => {
  const ladder = new Ladder({ delay: 0 });
  const camera = ladder.muxers.open(ladder.source.stream, true);
  for (let i = 0; i < OPENED; i++) ladder.step(false);
  const cold = ladder.muxers.open(ladder.rung, true);
  camera.close();
  for (let i = OPENED; i < END; i++) ladder.step(true);
  const text = await playlist(cold);
  assert.match(text, /EXT-X-DISCONTINUITY\n/);
  assert.ok(text.split('EXTINF').length > 4);
  ladder.muxers.close();
});
