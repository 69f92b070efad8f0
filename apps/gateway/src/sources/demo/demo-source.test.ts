import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeDemoClock, DEMO_CLOCK } from '@vedette/contract/demo-clock';
import { type AccessUnit, joinAnnexB, type Track } from '@vedette/media';
import { ffmpeg } from '../../../../../packages/media/src/testing/ffmpeg.ts';
import { silentLogger } from '../../observability/logger.ts';
import { Stream } from '../../stream/stream.ts';
import { decodeOpus, onsetsMs } from '../../testing/sound.ts';
import { MediaWorkers } from '../../workers/media/media-workers.ts';
import { DemoSource } from './demo-source.ts';

const { pictureWidth: width, pictureHeight: height } = DEMO_CLOCK;

const workers = new MediaWorkers({ logger: silentLogger });

before(() => workers.start());
after(() => workers.close());

/** Runs the demo and collects what it gives until `isEnough` says so. */
async function film(isEnough: (units: readonly AccessUnit[]) => boolean): Promise<Filmed> {
  const stream = new Stream({ id: 'demo' });
  const stop = new AbortController();
  const units: AccessUnit[] = [];
  const tracks: (readonly Track[])[] = [];
  stream.addReader({
    name: 'test',
    onTracks: (list) => tracks.push(list),
    onUnit: (unit) => {
      units.push(unit);
      if (isEnough(units)) stop.abort();
    },
    onEnd: () => undefined,
  });
  await new DemoSource(workers, 'demo').run({
    signal: stop.signal,
    open: (list) => stream.open(list),
    log: () => undefined,
    count: () => undefined,
  });
  return { units, tracks };
}

interface Filmed {
  readonly units: readonly AccessUnit[];
  readonly tracks: readonly (readonly Track[])[];
}

const videoOf = ({ units }: Filmed): AccessUnit[] => units.filter(({ track }) => track.kind === 'video');

/** The brightness of each picture, decoded by the ffmpeg command. */
function* decodeLuma(video: readonly AccessUnit[]): Generator<Uint8Array> {
  const annexB = Buffer.concat(video.map(({ data }) => joinAnnexB(data)));
  const raw = ['-pix_fmt', 'gray', '-f', 'rawvideo', 'pipe:1'];
  const { stdout } = ffmpeg(['-f', 'h264', '-i', 'pipe:0', '-fps_mode', 'passthrough', ...raw], annexB);
  for (let start = 0; start < stdout.length; start += width * height) {
    yield stdout.subarray(start, start + width * height);
  }
}

test('the demo is what it says: H.264 and Opus, and each picture shows when it was taken', async () => {
  const startedMs = Date.now();
  const filmed = await film(
    (units) =>
      units.filter(({ isRandomAccess, track }) => isRandomAccess && track.kind === 'video').length === 3,
  );
  const endedMs = Date.now();

  assert.equal(filmed.tracks.length, 1);
  const [video, audio] = filmed.tracks[0] ?? [];
  assert.ok(video?.kind === 'video');
  assert.equal(video.video.codecString, 'avc1.42c01f');
  assert.deepEqual(
    [video.video.width, video.video.height, video.video.frameRate, video.video.reorderDepth],
    [1280, 720, 25, 0],
  );
  assert.deepEqual([audio?.codec, audio?.clockRate], ['opus', 48_000]);

  const pictures = videoOf(filmed);
  const shown = [...decodeLuma(pictures)].map((luma) =>
    decodeDemoClock((x, y) => luma[Math.floor(y * height) * width + Math.floor(x * width)] ?? 0),
  );
  assert.deepEqual(
    shown,
    pictures.map(({ wallClockMs }) => Math.round(wallClockMs)),
  );
  for (const [index, { wallClockMs, pts }] of pictures.entries()) {
    assert.ok(wallClockMs >= startedMs - 1 && wallClockMs <= endedMs + 1);
    const previous = pictures[index - 1];
    if (previous === undefined) continue;
    // A machine that is too busy may leave out pictures, but never moves them.
    assert.equal((pts - previous.pts) % 3600, 0);
    assert.ok(pts > previous.pts);
    assert.ok(Math.abs(wallClockMs - previous.wallClockMs - (pts - previous.pts) / 90) < 0.01);
  }
  const keys = pictures.flatMap(({ isRandomAccess }, index) => (isRandomAccess ? [index] : []));
  assert.deepEqual(keys, [0, 50, 100]);
  const bytes = pictures.slice(0, 100).reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.ok(bytes > 500_000 && bytes < 1_300_000, `${bytes} bytes in 4 s`);
});

test('the beep sounds at each full second of the wall clock', async () => {
  const filmed = await film((units) => units.filter(({ track }) => track.kind === 'audio').length === 120);
  const sound = filmed.units.filter(({ track }) => track.kind === 'audio');
  const [first] = videoOf(filmed);
  assert.ok(first !== undefined);
  const zeroMs = first.wallClockMs - first.pts / 90;
  const onsets = onsetsMs(decodeOpus(sound)).map((ms) => zeroMs + ms);
  assert.ok(onsets.length >= 1);
  for (const onset of onsets) {
    const offMs = onset - Math.round(onset / 1000) * 1000;
    assert.ok(Math.abs(offMs) < 5, `beep at ${onset}`);
  }
});

test('the scene goes on when the worker dies, in the same time and without new tracks', async () => {
  let keys = 0;
  const filmed = await film((units) => {
    const last = units.at(-1);
    if (last?.track.kind === 'video' && last.isRandomAccess) keys += 1;
    const [pid] = workers.pids;
    if (units.length === 10 && pid !== undefined) process.kill(pid, 'SIGKILL');
    return keys === 2;
  });
  assert.equal(filmed.tracks.length, 1);
  const pictures = videoOf(filmed);
  for (const [index, { wallClockMs, pts }] of pictures.entries()) {
    const previous = pictures[index - 1];
    if (previous === undefined) continue;
    assert.ok(pts > previous.pts);
    assert.ok(Math.abs(wallClockMs - previous.wallClockMs - (pts - previous.pts) / 90) < 0.01);
  }
  assert.equal(workers.reports[0]?.crashesByKind.signal, 1);
});

test('a source that is no longer wanted at its start makes nothing', async () => {
  await new DemoSource(workers, 'demo').run({
    signal: AbortSignal.abort(),
    open: () => assert.fail('opened'),
    log: () => undefined,
    count: () => undefined,
  });
});
