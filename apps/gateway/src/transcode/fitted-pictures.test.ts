import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test, type TestContext } from 'node:test';
import { type AccessUnit, joinAnnexB, type Track, type VideoCodec } from '@vedette/media';
import { ffmpeg } from '../../../../packages/media/src/testing/ffmpeg.ts';
import { silentLogger } from '../observability/logger.ts';
import { type Feed, Stream } from '../stream/stream.ts';
import { MediaWorkers } from '../workers/media/media-workers.ts';
import type { Carriage } from './carriage.ts';
import { FittedStreams } from './fitted-streams.ts';
import type { RenditionConfig } from './ladder.ts';
import { pictures, type PictureOptions } from './testing/pictures.ts';

const workers = new MediaWorkers({ logger: silentLogger });
after(() => workers.close());

const H264: Carriage = { video: ['h264'], reorders: false, audio: ['opus'] };
const LADDER: readonly RenditionConfig[] = [
  { height: 120, bitrate: 200_000 },
  { name: 'tiny', height: 64, bitrate: 100_000 },
  { height: 720, bitrate: 2_000_000 },
];

function fitterFor(context: TestContext, renditions = LADDER): FittedStreams {
  const fitter = new FittedStreams({
    studio: workers,
    logger: silentLogger,
    isEnabled: true,
    encoder: () => Promise.resolve('libx264'),
    bitrate: () => 0,
    renditions: () => renditions,
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

interface Seen {
  readonly units: AccessUnit[];
  leave(): void;
}

function watch(stream: Stream): Seen {
  const units: AccessUnit[] = [];
  const reader = {
    name: 'test',
    onTracks: () => undefined,
    onUnit: (unit: AccessUnit) => void units.push(unit),
    onEnd: () => undefined,
  };
  stream.addReader(reader);
  return { units, leave: () => stream.removeReader(reader) };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await nextTurn();
}

const ptsOf = (units: readonly AccessUnit[]): number[] => units.map(({ pts }) => pts);
const keysOf = (units: readonly AccessUnit[]): number[] =>
  ptsOf(units.filter(({ isRandomAccess }) => isRandomAccess));
const lastPts = ({ units }: Seen): number => Math.max(-1, ...ptsOf(units.slice(-8)));

/** Feeds at the pace at which all that watch see it, some pictures ahead: encoders are never overrun. */
async function play(feed: Feed, units: readonly AccessUnit[], watchers: readonly Seen[]): Promise<void> {
  const firstPts = units[0]?.pts ?? 0;
  for (const unit of units) {
    await until(
      () => unit.pts - 4 * 3600 <= firstPts || watchers.every((seen) => lastPts(seen) >= unit.pts - 5 * 3600),
    );
    feed.write({ ...unit });
  }
}

/** Pictures that the ffmpeg command finds; fails where it complains. */
function decode(units: readonly AccessUnit[]): number {
  const annexB = joinAnnexB(units.flatMap(({ data }) => data));
  const { stdout, stderr } = ffmpeg(['-f', 'h264', '-i', 'pipe:0', '-f', 'framecrc', 'pipe:1'], annexB);
  assert.equal(stderr, '');
  return stdout
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('0,')).length;
}

for (const { name, codec, options } of [
  { name: 'H.264 with B-frames', codec: 'h264', options: { bFrames: 2 } },
  { name: 'H.265', codec: 'h265', options: {} },
  { name: 'VP8', codec: 'vp8', options: {} },
  { name: 'VP9', codec: 'vp9', options: {} },
  { name: 'AV1', codec: 'av1', options: {} },
  { name: 'Motion JPEG', codec: 'mjpeg', options: {} },
] satisfies { name: string; codec: VideoCodec; options: PictureOptions }[]) {
  test(`${name} becomes H.264, picture by picture, in the same time`, async (context) => {
    const units = pictures(codec, options);
    const [first] = units;
    assert.ok(first !== undefined);
    const last = units.at(-1);
    const { stream, feed } = camera(context, [last?.track ?? first.track]);
    const fitted = fitterFor(context).fit(stream, H264);
    assert.notEqual(fitted, stream);
    const seen = watch(fitted);
    await workers.start();
    await nextTurn();
    await play(feed, units, [seen]);
    // Decoders hold back what may have to be shown later.
    const enough = units.length - 4;
    await until(() => seen.units.length >= enough);

    const sorted = ptsOf(units).sort((one, other) => one - other);
    assert.deepEqual(ptsOf(seen.units), sorted.slice(0, seen.units.length));
    const [track] = fitted.tracks;
    assert.ok(track?.codec === 'h264');
    assert.equal(track.video.reorderDepth, 0);
    assert.match(track.video.codecString, /^avc1\.42c01e$/);
    assert.deepEqual([track.video.width, track.video.height], [320, 180]);
    assert.equal(decode(seen.units), seen.units.length);
    assert.ok(seen.units.every(({ pts, dts }) => pts === dts));
    if (codec === 'h264' || codec === 'h265') assert.deepEqual(keysOf(seen.units), keysOf(units));
    else assert.equal(keysOf(seen.units)[0], 0);
  });
}

test('rungs have the pictures of the source, key pictures together; a long group has more of them', async (context) => {
  const units = pictures('h264', { seconds: 5, gop: 75 });
  const { stream, feed } = camera(
    context,
    [units[0]?.track].filter((track) => track !== undefined),
  );
  const fitter = fitterFor(context);
  assert.deepEqual(
    fitter.ladder(stream).map(({ name, width, height }) => [name, width, height]),
    [
      ['source', 320, 180],
      ['120p', 214, 120],
      ['tiny', 114, 64],
    ],
    'nothing above the source',
  );
  const [source, middle, small] = ['source', '120p', 'tiny'].map((quality) =>
    fitter.fit(stream, H264, quality),
  );
  assert.ok(source === stream && middle !== undefined && small !== undefined);
  const seen = [watch(middle), watch(small)];
  await workers.start();
  await nextTurn();
  await play(feed, units, seen);
  await until(() => seen.every((one) => lastPts(one) === units.at(-1)?.pts));
  for (const { units: rung } of seen) {
    assert.deepEqual(ptsOf(rung), ptsOf(units));
    assert.deepEqual(
      keysOf(rung).map((pts) => pts / 3600),
      [0, 50, 75],
    );
    assert.equal(decode(rung), rung.length);
  }
  const [track] = small.tracks;
  assert.ok(track?.kind === 'video');
  assert.deepEqual([track.video.width, track.video.height, track.video.frameRate], [114, 64, 25]);
  assert.equal(track.video.codecString, fitter.ladder(stream)[2]?.codec, 'as the ladder said');
  assert.equal(stream.readerCount, 3, 'two renditions, and one decoder for both');
});

test('a rung that comes or goes does not disturb the other; with the last the encoder goes', async (context) => {
  const units = pictures('h264', { seconds: 4, gop: 25 });
  const { stream, feed } = camera(
    context,
    [units[0]?.track].filter((track) => track !== undefined),
  );
  const fitter = fitterFor(context);
  const steady = watch(fitter.fit(stream, H264, '120p'));
  await workers.start();
  await nextTurn();
  await play(feed, units.slice(0, 30), [steady]);
  const guest = watch(fitter.fit(stream, H264, 'tiny'));
  await play(feed, units.slice(30, 60), [steady]);
  await until(() => guest.units.length > 10);
  guest.leave();
  await play(feed, units.slice(60), [steady]);
  await until(() => lastPts(steady) === units.at(-1)?.pts);
  assert.deepEqual(ptsOf(steady.units), ptsOf(units));
  assert.ok(guest.units[0]?.isRandomAccess);
  assert.equal(decode(steady.units), steady.units.length);
  steady.leave();
  await until(() => stream.readerCount === 0);
});

test('a newcomer sees the newest picture at once, in the middle of a long group', async (context) => {
  const units = pictures('h264', { seconds: 4, gop: 100 });
  const { stream, feed } = camera(
    context,
    [units[0]?.track].filter((track) => track !== undefined),
  );
  for (const unit of units.slice(0, 40)) feed.write({ ...unit });
  const fitted = fitterFor(context).fit(stream, H264, '120p');
  const seen = watch(fitted);
  await until(() => seen.units.length > 0);
  assert.equal(seen.units[0]?.pts, 39 * 3600, 'and none of the past');
  assert.ok(seen.units[0].isRandomAccess);
});

test('pictures of another size in mid-stream go on', async (context) => {
  const before = pictures('h264', { seconds: 1 });
  const larger = pictures('h264', { seconds: 1, width: 640, height: 360 }).map((unit) => ({
    ...unit,
    pts: unit.pts + 90_000,
    dts: unit.dts + 90_000,
  }));
  const { stream, feed } = camera(
    context,
    [before[0]?.track].filter((track) => track !== undefined),
  );
  const fitter = fitterFor(context, [
    { height: 120, bitrate: 200_000 },
    { height: 240, bitrate: 300_000 },
  ]);
  const fitted = fitter.fit(stream, H264, '120p');
  const seen = watch(fitted);
  await workers.start();
  await nextTurn();
  await play(feed, [...before, ...larger], [seen]);
  await until(() => lastPts(seen) === larger.at(-1)?.pts);
  assert.deepEqual(
    fitter.ladder(stream).map(({ name }) => name),
    ['source', '240p', '120p'],
  );
  const [track] = fitted.tracks;
  assert.ok(track?.kind === 'video');
  assert.equal(track.video.height, 120);
});

test('pictures go on when the worker dies', async (context) => {
  const units = pictures('h264', { seconds: 6, gop: 25 });
  const { stream, feed } = camera(
    context,
    [units[0]?.track].filter((track) => track !== undefined),
  );
  const fitted = fitterFor(context).fit(stream, H264, 'tiny');
  const seen = watch(fitted);
  const state = { index: 0 };
  const next = async (): Promise<void> => {
    const unit = units[state.index++ % units.length];
    const pts = (state.index - 1) * 3600;
    if (unit !== undefined) feed.write({ ...unit, pts, dts: pts });
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  while (seen.units.length < 20) await next();
  const [pid] = workers.pids;
  assert.ok(pid !== undefined);
  const readersBefore = stream.readerCount;
  process.kill(pid, 'SIGKILL');
  const count = seen.units.length;
  while (seen.units.length < count + 40) await next();
  assert.equal(stream.readerCount, readersBefore);
  assert.ok(ptsOf(seen.units).every((pts, index, all) => index === 0 || pts > (all[index - 1] ?? 0)));
  const restart = seen.units.findIndex(({ isRandomAccess }, index) => index > count && isRandomAccess);
  assert.ok(decode(seen.units.slice(restart)) > 0);
});

test('an encoder that cannot keep up leaves pictures out, and what is left is whole', async (context) => {
  const units = pictures('h264', { seconds: 2, gop: 25, width: 1280, height: 720 });
  const { stream, feed } = camera(
    context,
    [units[0]?.track].filter((track) => track !== undefined),
  );
  const fitter = fitterFor(context, [{ height: 700, bitrate: 4_000_000 }]);
  const seen = watch(fitter.fit(stream, H264, '700p'));
  await workers.start();
  const skippedBefore = workers.skippedPictures;
  // Many times faster than life.
  for (let index = 0; seen.units.length < 40 || workers.skippedPictures === skippedBefore; index++) {
    const unit = units[index % units.length];
    if (unit !== undefined) feed.write({ ...unit, pts: index * 3600, dts: index * 3600 });
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.ok(ptsOf(seen.units).every((pts, index, all) => index === 0 || pts > (all[index - 1] ?? 0)));
  assert.equal(decode(seen.units), seen.units.length);
});

test('pictures a second are capped evenly', async (context) => {
  const units = pictures('h264', { seconds: 2 });
  const { stream, feed } = camera(
    context,
    [units[0]?.track].filter((track) => track !== undefined),
  );
  const fitter = fitterFor(context, [{ height: 120, bitrate: 200_000, frameRate: 5 }]);
  const seen = watch(fitter.fit(stream, H264, '120p'));
  await workers.start();
  await nextTurn();
  await play(feed, units, []);
  await until(() => seen.units.length >= 10);
  assert.deepEqual(
    ptsOf(seen.units.slice(0, 10)).map((pts) => pts / 3600),
    [0, 5, 10, 15, 20, 25, 30, 35, 40, 45],
  );
});

test('rubbish kills nothing', async (context) => {
  const units = pictures('h264', { seconds: 2 });
  const spoilt = units.map((unit) => ({
    ...unit,
    data: unit.data.map((nal) => nal.map((byte, index) => (index < 3 ? byte : (index * 131) & 0xff))),
  }));
  const { stream, feed } = camera(
    context,
    [units[0]?.track].filter((track) => track !== undefined),
  );
  const seen = watch(fitterFor(context).fit(stream, H264, '120p'));
  await workers.start();
  const [pid] = workers.pids;
  for (const unit of spoilt) feed.write({ ...unit });
  const later = units.map((unit) => ({ ...unit, pts: unit.pts + 180_000, dts: unit.dts + 180_000 }));
  for (const unit of later) {
    feed.write({ ...unit });
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await until(() => lastPts(seen) > 200_000);
  assert.equal(workers.pids[0], pid);
  assert.ok(readFileSync(`/proc/${pid ?? 0}/status`, 'latin1').length > 0);
});
