import assert from 'node:assert/strict';
import { after, test, type TestContext } from 'node:test';
import {
  type AacTrack,
  type AccessUnit,
  createAacTrack,
  createG711Track,
  createOpusTrack,
  encodeG711,
  type G711Track,
  type OpusTrack,
  serializeAudioSpecificConfig,
  splitAdts,
  type Track,
} from '@vedette/media';
import { ffmpeg } from '../../../../packages/media/src/testing/ffmpeg.ts';
import { silentLogger } from '../observability/logger.ts';
import { type Feed, Stream } from '../stream/stream.ts';
import { decodeOpus, onsetsMs } from '../testing/sound.ts';
import { picture, videoTrack } from '../testing/units.ts';
import { MediaWorkers } from '../workers/media/media-workers.ts';
import { OpusAudio } from './opus-audio.ts';

const workers = new MediaWorkers({ logger: silentLogger });
after(() => workers.close());

const SECONDS = 3;
/** Where the sound begins in the stream's time; not at zero, as in life. */
const START_MS = 2000;
/** Beeps of 100 ms, after the sound began. */
const BEEPS_MS = [500, 1500, 2250];

/** The test's sound: beeps in silence. */
function beeps(sampleRate: number, channels: number): Int16Array {
  const samples = new Int16Array(SECONDS * sampleRate * channels);
  for (const beepMs of BEEPS_MS) {
    for (let sample = 0; sample < sampleRate / 10; sample++) {
      const at = ((beepMs * sampleRate) / 1000 + sample) * channels;
      samples.fill(
        Math.round(12_000 * Math.cos((2 * Math.PI * 1000 * sample) / sampleRate)),
        at,
        at + channels,
      );
    }
  }
  return samples;
}

function unitsOf(
  track: Track,
  frames: readonly Uint8Array[],
  ticksPerFrame: number,
  startTicks: number,
): AccessUnit[] {
  return frames.map((frame, index) => {
    const pts = startTicks + index * ticksPerFrame;
    const byteLength = frame.length;
    return { track, pts, dts: pts, isRandomAccess: true, data: [frame], byteLength, wallClockMs: Number.NaN };
  });
}

function g711(codec: G711Track['codec'], sampleRate: number, channels: number): AccessUnit[] {
  const track = createG711Track(0, codec, sampleRate, channels);
  const bytes = encodeG711(codec, beeps(sampleRate, channels));
  const ticks = sampleRate / 50;
  const frames = Array.from({ length: SECONDS * 50 }, (_, index) =>
    bytes.subarray(index * ticks * channels, (index + 1) * ticks * channels),
  );
  return unitsOf(track, frames, ticks, (START_MS * sampleRate) / 1000);
}

/** An encoder puts 1024 samples in front, for which the times make up. */
const AAC_PRIMING = 1024;

function aac(sampleRate: number, channels: number): AccessUnit[] {
  const samples = beeps(sampleRate, channels);
  const input = ['-f', 's16le', '-ar', `${sampleRate}`, '-ac', `${channels}`, '-i', 'pipe:0'];
  const { stdout } = ffmpeg([...input, '-c:a', 'aac', '-f', 'adts', 'pipe:1'], Buffer.from(samples.buffer));
  const frames = splitAdts(stdout);
  assert.ok(frames[0] !== undefined);
  const track: AacTrack = createAacTrack(0, serializeAudioSpecificConfig(frames[0].config));
  const start = (START_MS * sampleRate) / 1000 - AAC_PRIMING;
  return unitsOf(
    track,
    frames.map(({ data }) => data),
    1024,
    start,
  );
}

interface Heard {
  readonly tracks: OpusTrack[];
  readonly units: AccessUnit[];
}

function camera(context: TestContext, track: Track): { stream: Stream; feed: Feed } {
  const stream = new Stream({ id: 'gate' });
  context.after(() => stream.end('test over'));
  return { stream, feed: stream.open([track]) };
}

/** Listens until `isEnough`; the promise comes with what was heard. */
function listen(audio: OpusAudio, stream: Stream, isEnough: (heard: Heard) => boolean) {
  const heard: Heard = { tracks: [], units: [] };
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const check = (): void => {
    if (isEnough(heard)) resolve(undefined);
  };
  const stop = audio.listen(stream, {
    onTrack: (track) => {
      heard.tracks.push(track);
      check();
    },
    onUnit: (unit) => {
      heard.units.push(unit);
      check();
    },
  });
  return { heard, enough: promise, stop };
}

function opusAudio(context: TestContext): OpusAudio {
  const audio = new OpusAudio({ studio: workers, logger: silentLogger });
  context.after(() => audio.close());
  return audio;
}

/** Writes units, over again from the first, until something comes back: the job opens meanwhile. */
async function feedUntil(feed: Feed, units: readonly AccessUnit[], done: Promise<unknown>): Promise<void> {
  const state = { isDone: false };
  void done.then(() => (state.isDone = true));
  for (let index = 0; !state.isDone; index = (index + 1) % units.length) {
    const unit = units[index];
    if (unit !== undefined) feed.write({ ...unit });
    await new Promise((resolve) => setImmediate(resolve));
  }
}

for (const { name, units, channels } of [
  { name: 'G.711 µ-law, 8 kHz', units: () => g711('pcmu', 8000, 1), channels: 1 },
  { name: 'G.711 A-law, 16 kHz, two channels', units: () => g711('pcma', 16_000, 2), channels: 2 },
  { name: 'AAC, 48 kHz, two channels', units: () => aac(48_000, 2), channels: 2 },
  { name: 'AAC, 44.1 kHz', units: () => aac(44_100, 1), channels: 1 },
  { name: 'AAC, 16 kHz', units: () => aac(16_000, 1), channels: 1 },
]) {
  test(`${name} becomes Opus, and every beep stays where it was`, async (context) => {
    const source = units();
    assert.ok(source[0] !== undefined);
    const { stream, feed } = camera(context, source[0].track);
    const audio = opusAudio(context);
    // The worker has joined once it is asked for; from then on nothing is lost.
    await workers.start();
    const endMs = START_MS + SECONDS * 1000 - 100;
    const { heard, enough, stop } = listen(audio, stream, (all) => (all.units.at(-1)?.pts ?? 0) / 48 > endMs);
    await new Promise((resolve) => setImmediate(resolve));
    for (const unit of source) feed.write({ ...unit });
    await enough;
    stop();

    assert.deepEqual(heard.tracks, [createOpusTrack(0, channels)]);
    for (const [index, { pts, byteLength }] of heard.units.entries()) {
      assert.equal(pts, (heard.units[0]?.pts ?? 0) + index * 960);
      assert.ok(byteLength < 1276);
    }
    const onsets = onsetsMs(decodeOpus(heard.units));
    assert.equal(onsets.length, BEEPS_MS.length, String(onsets));
    for (const [index, beepMs] of BEEPS_MS.entries()) {
      const offMs = (onsets[index] ?? 0) - START_MS - beepMs;
      assert.ok(Math.abs(offMs) < 5, `beep ${index} is ${offMs} ms off`);
    }
    assert.equal(audio.size, 0);
  });
}

test('Opus has the wall clock of what it was made from', async (context) => {
  const source = g711('pcmu', 8000, 1);
  assert.ok(source[0] !== undefined);
  const { stream, feed } = camera(context, source[0].track);
  feed.report(source[0].track, 8000, 1_700_000_001_000);
  await workers.start();
  const { heard, enough, stop } = listen(opusAudio(context), stream, ({ units }) => units.length > 3);
  await feedUntil(feed, source.slice(0, 100), enough);
  stop();
  for (const { pts, wallClockMs } of heard.units) {
    assert.ok(Math.abs(wallClockMs - 1_700_000_000_000 - pts / 48) < 1, `${wallClockMs} at ${pts}`);
  }
});

test('all who listen share one job, which ends with the last of them', async (context) => {
  const source = g711('pcmu', 8000, 1);
  assert.ok(source[0] !== undefined);
  const { stream, feed } = camera(context, source[0].track);
  const audio = opusAudio(context);
  const first = listen(audio, stream, ({ units }) => units.length > 2);
  const second = listen(audio, stream, ({ units }) => units.length > 2);
  assert.equal(audio.size, 1);
  assert.equal(stream.readerCount, 1);
  await feedUntil(feed, source, Promise.all([first.enough, second.enough]));
  const late = listen(audio, stream, ({ tracks }) => tracks.length > 0);
  await late.enough;
  first.stop();
  first.stop();
  second.stop();
  assert.equal(audio.size, 1);
  late.stop();
  assert.equal(audio.size, 0);
  assert.equal(stream.readerCount, 0);
});

test('a listener hears on when the worker dies', async (context) => {
  const source = g711('pcma', 8000, 1);
  assert.ok(source[0] !== undefined);
  const { stream, feed } = camera(context, source[0].track);
  const { heard, enough, stop } = listen(opusAudio(context), stream, ({ tracks, units }) => {
    const [pid] = workers.pids;
    if (units.length === 2 && tracks.length === 1 && pid !== undefined) process.kill(pid, 'SIGKILL');
    return tracks.length > 1 && units.length > 10;
  });
  await feedUntil(feed, source, enough);
  stop();
  assert.ok(heard.units.length > 10);
});

test('Opus goes through as it is, and a camera may change to it', async (context) => {
  const source = g711('pcmu', 8000, 1);
  assert.ok(source[0] !== undefined);
  const { stream, feed } = camera(context, source[0].track);
  const { heard, enough, stop } = listen(opusAudio(context), stream, ({ units }) => units.length > 2);
  await feedUntil(feed, source, enough);
  const opus = createOpusTrack(0, 2);
  const next = stream.open([opus]);
  const [unit] = unitsOf(opus, [Uint8Array.of(0xfc, 1, 2)], 960, 0);
  assert.ok(unit !== undefined);
  next.write(unit);
  stop();
  assert.equal(heard.tracks.at(-1), opus);
  assert.equal(heard.units.at(-1), unit);
});

test('sound that is rubbish is not heard, and hurts nobody', async (context) => {
  const track = createAacTrack(0, Uint8Array.of(0x12, 0x10));
  const rubbish = unitsOf(
    track,
    Array.from({ length: 300 }, (_, index) =>
      Uint8Array.from({ length: 200 }, (__, at) => (at * index * 37) & 0xff),
    ),
    1024,
    0,
  );
  const { stream, feed } = camera(context, track);
  const audio = opusAudio(context);
  const bad = listen(audio, stream, () => false);
  const good = g711('pcmu', 8000, 1);
  assert.ok(good[0] !== undefined);
  const other = new Stream({ id: 'door' });
  const otherFeed = other.open([good[0].track]);
  const { enough, stop } = listen(audio, other, ({ units }) => units.length > 50);
  for (const unit of rubbish) feed.write(unit);
  await feedUntil(otherFeed, good, enough);
  stop();
  bad.stop();
  other.end('test over');
});

test('a stream that has only pictures is silent; its end ends the job', (context) => {
  const video = videoTrack();
  const { stream, feed } = camera(context, video);
  const audio = opusAudio(context);
  const { heard } = listen(audio, stream, () => false);
  feed.write(picture(video, 0));
  stream.end('gone');
  assert.deepEqual(heard, { tracks: [], units: [] });
  assert.equal(audio.size, 0);
});
