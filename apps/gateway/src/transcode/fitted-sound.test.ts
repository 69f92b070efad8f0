import assert from 'node:assert/strict';
import { after, test, type TestContext } from 'node:test';
import { type AccessUnit, createAacTrack, createOpusTrack, type Track } from '@vedette/media';
import { silentLogger } from '../observability/logger.ts';
import type { Reader } from '../stream/reader.ts';
import { type Feed, Stream } from '../stream/stream.ts';
import { decodeSound, onsetsMs } from '../testing/sound.ts';
import { picture, videoTrack } from '../testing/units.ts';
import { MediaWorkers } from '../workers/media/media-workers.ts';
import type { SoundTarget } from '../workers/media/sound-target.ts';
import type { Carriage } from './carriage.ts';
import { FittedStreams } from './fitted-streams.ts';
import {
  aacBeeps,
  BEEPS_MS,
  g711Beeps,
  mp2Beeps,
  opusBeeps,
  SOUND_SECONDS,
  START_MS,
  unitsOf,
} from './testing/beeps.ts';

const workers = new MediaWorkers({ logger: silentLogger });
after(() => workers.close());

const soundOnly = (codec: SoundTarget['codec']): Carriage => ({
  video: ['h264'],
  reorders: false,
  audio: [codec],
});

interface Heard extends Reader {
  readonly tracks: (readonly Track[])[];
  readonly units: AccessUnit[];
}

function fitterFor(context: TestContext): FittedStreams {
  const fitter = new FittedStreams({
    studio: workers,
    logger: silentLogger,
    isEnabled: true,
    encoder: () => Promise.resolve('libx264'),
    bitrate: () => 0,
    renditions: () => [],
    lingerMs: 1,
  });
  context.after(() => fitter.close());
  return fitter;
}

function camera(context: TestContext, tracks: readonly Track[]): { stream: Stream; feed: Feed } {
  const stream = new Stream({ id: 'gate' });
  context.after(() => stream.end('test over'));
  return { stream, feed: stream.open(tracks) };
}

/** Reads until `isEnough`; the promise comes with that. */
function read(
  stream: Stream,
  isEnough: (heard: Heard) => boolean,
): { heard: Heard; enough: Promise<unknown> } {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const heard: Heard = {
    name: 'test',
    tracks: [],
    units: [],
    onTracks: (tracks) => void heard.tracks.push(tracks),
    onUnit: (unit) => {
      heard.units.push(unit);
      if (isEnough(heard)) resolve(undefined);
    },
    onEnd: () => undefined,
  };
  stream.addReader(heard);
  return { heard, enough: promise };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** However busy the machine is: nothing here takes so long. */
const PATIENCE_MS = 60_000;

async function until(isDone: () => boolean): Promise<void> {
  const giveUpMs = performance.now() + PATIENCE_MS;
  while (!isDone()) {
    if (performance.now() > giveUpMs) throw new Error(`did not happen within ${PATIENCE_MS} ms`);
    await nextTurn();
  }
}

/** Writes units, over again from the first, until something comes back: the job opens meanwhile. */
async function feedUntil(feed: Feed, units: readonly AccessUnit[], done: Promise<unknown>): Promise<void> {
  const state = { isDone: false, index: 0 };
  void done.then(() => (state.isDone = true));
  await until(() => {
    if (state.isDone) return true;
    const unit = units[state.index];
    state.index = (state.index + 1) % units.length;
    if (unit !== undefined) feed.write({ ...unit });
    return false;
  });
}

for (const { name, units, target } of [
  { name: 'G.711 µ-law, 8 kHz', units: () => g711Beeps('pcmu', 8000, 1), target: 'opus' },
  { name: 'G.711 A-law, 16 kHz, two channels', units: () => g711Beeps('pcma', 16_000, 2), target: 'opus' },
  { name: 'AAC, 48 kHz, two channels', units: () => aacBeeps(48_000, 2), target: 'opus' },
  { name: 'AAC, 44.1 kHz', units: () => aacBeeps(44_100, 1), target: 'opus' },
  { name: 'MPEG audio, 48 kHz', units: () => mp2Beeps(48_000, 2), target: 'opus' },
  { name: 'G.711 A-law, 8 kHz', units: () => g711Beeps('pcma', 8000, 1), target: 'aac' },
  { name: 'Opus, two channels', units: () => opusBeeps(2), target: 'aac' },
  { name: 'MPEG audio, one channel', units: () => mp2Beeps(48_000, 1), target: 'aac' },
  { name: 'AAC, 16 kHz', units: () => aacBeeps(16_000, 1), target: 'pcmu' },
  { name: 'Opus', units: () => opusBeeps(1), target: 'pcma' },
] satisfies { name: string; units: () => AccessUnit[]; target: SoundTarget['codec'] }[]) {
  test(`${name}, becomes ${target}, and every beep stays where it was`, async (context) => {
    const source = units();
    assert.ok(source[0] !== undefined);
    const { stream, feed } = camera(context, [source[0].track]);
    // The worker has joined once it is asked for; from then on nothing is lost.
    await workers.start();
    const fitted = fitterFor(context).fit(stream, soundOnly(target));
    const endMs = START_MS + SOUND_SECONDS * 1000 - 150;
    const timeMs = ({ pts, track }: AccessUnit): number => (pts * 1000) / track.clockRate;
    const { heard, enough } = read(fitted, (all) => all.units.some((unit) => timeMs(unit) > endMs));
    assert.deepEqual(
      heard.tracks[0]?.map(({ id, codec }) => [id, codec]),
      [[0, target]],
      'declared at once',
    );
    await nextTurn();
    await nextTurn();
    for (const unit of source) feed.write({ ...unit });
    await enough;
    fitted.removeReader(heard);

    assert.equal(heard.tracks.length, 1);
    const [first, second] = heard.units;
    assert.ok(first !== undefined && second !== undefined);
    for (const [index, { pts }] of heard.units.entries()) {
      assert.equal(pts, first.pts + index * (second.pts - first.pts));
    }
    const onsets = onsetsMs(decodeSound(heard.units));
    assert.equal(onsets.length, BEEPS_MS.length, String(onsets));
    for (const [index, beepMs] of BEEPS_MS.entries()) {
      const offMs = (onsets[index] ?? 0) - START_MS - beepMs;
      assert.ok(Math.abs(offMs) < 10, `beep ${index} is ${offMs} ms off`);
    }
    await until(() => stream.readerCount === 0);
  });
}

test('what is made has the wall clock of what it is made from', async (context) => {
  const source = g711Beeps('pcmu', 8000, 1);
  assert.ok(source[0] !== undefined);
  const { stream, feed } = camera(context, [source[0].track]);
  feed.report(source[0].track, 8000, 1_700_000_001_000);
  const fitted = fitterFor(context).fit(stream, soundOnly('aac'));
  const { heard, enough } = read(fitted, ({ units }) => units.length > 3);
  await feedUntil(feed, source.slice(0, 100), enough);
  for (const { pts, wallClockMs } of heard.units) {
    assert.ok(Math.abs(wallClockMs - 1_700_000_000_000 - pts / 48) < 1, `${wallClockMs} at ${pts}`);
  }
});

test('pictures that go through are there in the same turn, from the last key picture on', (context) => {
  const video = videoTrack(0);
  const [sound] = g711Beeps('pcmu', 8000, 1);
  assert.ok(sound !== undefined);
  const { stream, feed } = camera(context, [video, { ...sound.track, id: 1 }]);
  for (let index = 0; index < 53; index++) feed.write(picture(video, index));
  const fitter = fitterFor(context);
  const fitted = fitter.fit(stream, soundOnly('opus'));
  assert.notEqual(fitted, stream);
  assert.equal(fitter.fit(stream, soundOnly('opus')), fitted, 'shared');
  const { heard } = read(fitted, () => false);
  assert.ok(fitted.isLive);
  assert.deepEqual(
    heard.units.map(({ pts }) => pts / 3600),
    [50, 51, 52],
  );
  const live = picture(video, 53);
  feed.write(live);
  assert.equal(heard.units.at(-1)?.data, live.data, 'no byte is copied');
  assert.equal(heard.units.at(-1)?.wallClockMs, live.wallClockMs);
  assert.equal(fitted.wallClockAt(1000), stream.wallClockAt(1000));
});

test('what can be carried is the stream itself, and nothing is made', (context) => {
  const { stream } = camera(context, [videoTrack(0), createOpusTrack(1, 2)]);
  const fitter = fitterFor(context);
  assert.equal(fitter.fit(stream, soundOnly('opus')), stream);
  assert.equal(fitter.fit(stream, soundOnly('opus'), 'source'), stream);
  assert.throws(() => fitter.fit(stream, soundOnly('opus'), '900p'), { code: 'ERR_QUALITY_UNKNOWN' });
});

test('one transcoding serves all that is made, and ends with the last reader', async (context) => {
  const source = g711Beeps('pcmu', 8000, 1);
  assert.ok(source[0] !== undefined);
  const { stream, feed } = camera(context, [source[0].track]);
  const fitter = fitterFor(context);
  const one = fitter.fit(stream, soundOnly('opus'));
  const other = fitter.fit(stream, { ...soundOnly('opus'), reorders: true });
  assert.notEqual(one, other);
  const first = read(one, ({ units }) => units.length > 2);
  const second = read(other, ({ units }) => units.length > 2);
  assert.equal(stream.readerCount, 3, 'two streams and one transcoding');
  await feedUntil(feed, source, Promise.all([first.enough, second.enough]));
  one.removeReader(first.heard);
  await until(() => stream.readerCount === 2);
  other.removeReader(second.heard);
  await until(() => stream.readerCount === 0);
});

test('sound goes on when the worker dies', async (context) => {
  const source = g711Beeps('pcma', 8000, 1);
  assert.ok(source[0] !== undefined);
  const { stream, feed } = camera(context, [source[0].track]);
  const fitted = fitterFor(context).fit(stream, soundOnly('opus'));
  const before = read(fitted, ({ units }) => units.length > 2);
  await feedUntil(feed, source, before.enough);
  const [pid] = workers.pids;
  assert.ok(pid !== undefined);
  process.kill(pid, 'SIGKILL');
  await until(() => workers.pids[0] !== pid);
  const lastPts = before.heard.units.at(-1)?.pts ?? 0;
  const after = read(fitted, ({ units }) => units.length > 10);
  await feedUntil(feed, source, after.enough);
  assert.ok(lastPts >= 0 && fitted.isLive);
});

test('a source that comes back, with other sound, is followed', async (context) => {
  const g711 = g711Beeps('pcmu', 8000, 1);
  const aac = aacBeeps(16_000, 1);
  assert.ok(g711[0] !== undefined && aac[0] !== undefined);
  const { stream, feed } = camera(context, [g711[0].track]);
  const fitted = fitterFor(context).fit(stream, soundOnly('opus'));
  const { heard, enough } = read(fitted, ({ units }) => units.length > 2);
  await feedUntil(feed, g711, enough);
  feed.close();
  assert.equal(fitted.isLive, false, 'away with its source');
  const next = stream.open([aac[0].track]);
  assert.ok(fitted.isLive);
  const count = heard.units.length;
  const more = read(fitted, () => heard.units.length > count + 3);
  await feedUntil(next, aac, more.enough);
  const opus = createOpusTrack(0, 2);
  const last = stream.open([opus]);
  const [unit] = unitsOf(opus, [Uint8Array.of(0xfc, 1, 2)], 960, 0);
  assert.ok(unit !== undefined);
  last.write(unit);
  assert.equal(heard.units.at(-1)?.data, unit.data, 'Opus goes through');
});

test('sound that is rubbish is not heard, and hurts nobody', async (context) => {
  const track = createAacTrack(0, Uint8Array.of(0x12, 0x10));
  const frames = Array.from({ length: 300 }, (_, index) =>
    Uint8Array.from({ length: 200 }, (__, at) => (at * index * 37) & 0xff),
  );
  const { stream, feed } = camera(context, [track]);
  const fitter = fitterFor(context);
  const bad = read(fitter.fit(stream, soundOnly('opus')), () => false);
  const good = g711Beeps('pcmu', 8000, 1);
  assert.ok(good[0] !== undefined);
  const other = camera(context, [good[0].track]);
  const { enough } = read(fitter.fit(other.stream, soundOnly('opus')), ({ units }) => units.length > 50);
  for (const unit of unitsOf(track, frames, 1024, 0)) feed.write(unit);
  await feedUntil(other.feed, good, enough);
  assert.equal(bad.heard.tracks.length, 1);
});

test('the end of the source is the end of what is made of it', (context) => {
  const { stream } = camera(context, [createAacTrack(0, Uint8Array.of(0x12, 0x10))]);
  const fitted = fitterFor(context).fit(stream, soundOnly('opus'));
  const { heard } = read(fitted, () => false);
  stream.end('gone');
  assert.ok(fitted.isEnded);
  assert.equal(heard.units.length, 0);
});
