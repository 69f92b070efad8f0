import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import {
  type AccessUnit,
  createH264Track,
  createH265Track,
  H264NalType,
  h264NalType,
  splitAnnexB,
  totalLength,
  type VideoTrack,
} from '@vedette/media';
import { ffmpeg, ffprobe } from '../../../../packages/media/src/testing/ffmpeg.ts';
import { silentLogger } from '../observability/logger.ts';
import { Stream } from '../stream/stream.ts';
import { MediaWorkers } from '../workers/media/media-workers.ts';
import { pictures } from './testing/pictures.ts';
import { Snapshots } from './snapshots.ts';

const workers = new MediaWorkers({ logger: silentLogger });
before(() => workers.start());
after(() => workers.close());

/** The colour of the test's pictures, as red, green and blue. */
const COLOUR = [48, 112, 192] as const;
const [RED, GREEN, BLUE] = COLOUR;

interface Format {
  readonly codec: VideoTrack['codec'];
  readonly width: number;
  readonly height: number;
  readonly filter?: string;
}

/** A key picture of one colour, encoded by the ffmpeg command; BT.709 and limited range by default. */
function keyPicture({
  codec,
  width,
  height,
  filter = 'scale=out_color_matrix=bt709,format=yuv420p',
}: Format): AccessUnit {
  const hex = COLOUR.map((value) => value.toString(16).padStart(2, '0')).join('');
  const input = ['-f', 'lavfi', '-i', `color=c=0x${hex}:size=${width}x${height}:rate=25`, '-frames:v', '1'];
  const encoder =
    codec === 'h264' ? ['-c:v', 'libx264'] : ['-c:v', 'libx265', '-x265-params', 'log-level=none'];
  const format = codec === 'h264' ? 'h264' : 'hevc';
  const colours = ['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709'];
  const { stdout } = ffmpeg([...input, '-vf', filter, ...encoder, ...colours, '-f', format, 'pipe:1']);
  const data = splitAnnexB(stdout);
  const track = codec === 'h264' ? h264Track(data) : h265Track(data);
  return unitOf(track, data, 0);
}

function unitOf(track: VideoTrack, data: readonly Uint8Array[], pts: number): AccessUnit {
  return {
    track,
    pts,
    dts: pts,
    isRandomAccess: true,
    data,
    byteLength: totalLength(data),
    wallClockMs: Number.NaN,
  };
}

function h264Track(nals: readonly Uint8Array[]): VideoTrack {
  return createH264Track(0, 90_000, {
    sps: nals.filter((nal) => h264NalType(nal) === H264NalType.sps),
    pps: nals.filter((nal) => h264NalType(nal) === H264NalType.pps),
  });
}

function h265Track(nals: readonly Uint8Array[]): VideoTrack {
  const ofType = (type: number): Uint8Array[] => nals.filter(([head = 0]) => ((head >> 1) & 0x3f) === type);
  return createH265Track(0, 90_000, { vps: ofType(32), sps: ofType(33), pps: ofType(34) });
}

function camera(context: TestContext, unit?: AccessUnit, id = 'gate'): Stream {
  const stream = new Stream({ id });
  context.after(() => stream.end('test over'));
  if (unit !== undefined) stream.open([unit.track]).write({ ...unit });
  return stream;
}

/** What a viewer of the JPEG sees. */
function look(jpeg: Buffer): { width: number; height: number; colour: readonly number[] } {
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'];
  const { stdout } = ffmpeg(['-f', 'mjpeg', '-i', 'pipe:0', ...raw], jpeg);
  const [, height = 0, width = 0] = sizeInHeader(jpeg);
  assert.equal(stdout.length, width * height * 3);
  const middle = 3 * (Math.floor(height / 2) * width + Math.floor(width / 2));
  return { width, height, colour: [...stdout.subarray(middle, middle + 3)] };
}

/** Precision, height and width in the frame header (ITU-T T.81 §B.2.2). */
function sizeInHeader(jpeg: Buffer): number[] {
  const header = jpeg.indexOf(Buffer.of(0xff, 0xc0));
  assert.ok(header > 0, 'no baseline JPEG');
  return [jpeg.readUInt8(header + 4), jpeg.readUInt16BE(header + 5), jpeg.readUInt16BE(header + 7)];
}

for (const { name, format, width, want } of [
  { name: 'H.264', format: { codec: 'h264', width: 1280, height: 720 }, want: [1280, 720] },
  {
    name: 'H.264, smaller',
    format: { codec: 'h264', width: 1280, height: 720 },
    width: 320,
    want: [320, 180],
  },
  {
    name: 'H.264, larger',
    format: { codec: 'h264', width: 640, height: 360 },
    width: 1920,
    want: [1920, 1080],
  },
  { name: 'H.264, cropped', format: { codec: 'h264', width: 1920, height: 1080 }, want: [1920, 1080] },
  {
    name: 'H.264, narrow pixels',
    format: { codec: 'h264', width: 704, height: 576, filter: 'setsar=16/11,format=yuv420p' },
    want: [1024, 576],
  },
  { name: 'H.265', format: { codec: 'h265', width: 1280, height: 720 }, width: 640, want: [640, 360] },
  {
    name: 'H.265, ten bits',
    format: {
      codec: 'h265',
      width: 640,
      height: 360,
      filter: 'scale=out_color_matrix=bt709,format=yuv420p10',
    },
    want: [640, 360],
  },
  {
    name: 'H.264, full range',
    format: {
      codec: 'h264',
      width: 640,
      height: 360,
      filter: 'scale=out_color_matrix=bt709:out_range=pc,format=yuvj420p',
    },
    want: [640, 360],
  },
] satisfies { name: string; format: Format; width?: number; want: number[] }[]) {
  test(`a snapshot has the size and the colours of the picture: ${name}`, async (context) => {
    const stream = camera(context, keyPicture(format));
    const snapshots = new Snapshots({ studio: workers });
    const { jpeg, isLive, takenAtMs } = await snapshots.jpeg(stream, { width });
    const seen = look(jpeg);
    assert.deepEqual([seen.width, seen.height], want);
    if (name !== 'H.264, narrow pixels') {
      for (const [index, value] of [RED, GREEN, BLUE].entries()) {
        assert.ok(
          Math.abs((seen.colour[index] ?? 0) - value) <= 8,
          `${String(seen.colour)} for ${String(COLOUR)}`,
        );
      }
    }
    assert.ok(isLive);
    assert.ok(Math.abs(takenAtMs - Date.now()) < 60_000);
  });
}

for (const codec of ['mjpeg', 'vp8', 'vp9', 'av1'] as const) {
  test(`a snapshot of ${codec}`, async (context) => {
    const stream = camera(context, pictures(codec)[0]);
    const { jpeg } = await new Snapshots({ studio: workers }).jpeg(stream, { width: 160 });
    const { width, height } = look(jpeg);
    assert.deepEqual([width, height], [160, 90]);
  });
}

test('who asks at the same time, or again, gets the same; another width is another', async (context) => {
  const stream = camera(context, keyPicture({ codec: 'h264', width: 640, height: 360 }));
  let nowMs = 0;
  const asked: string[] = [];
  const snapshots = new Snapshots({
    studio: { use: (id, work) => (asked.push(id), workers.use(id, work)) },
    now: () => nowMs,
  });
  const [first, second] = await Promise.all([snapshots.jpeg(stream), snapshots.jpeg(stream)]);
  assert.equal(first.jpeg, second.jpeg);
  await snapshots.jpeg(stream, { width: 320 });
  assert.equal(asked.length, 2);

  const feed = stream.open(stream.tracks);
  const newer = keyPicture({ codec: 'h264', width: 640, height: 360 });
  feed.write(unitOf(newer.track as VideoTrack, newer.data, 90_000));
  nowMs += 900;
  assert.equal((await snapshots.jpeg(stream)).jpeg, first.jpeg, 'less than a second old');
  nowMs += 200;
  const third = await snapshots.jpeg(stream);
  assert.ok(third.takenAtMs > first.takenAtMs);
  assert.equal(asked.length, 3);
});

test('a camera made on demand is waited for', async (context) => {
  const unit = keyPicture({ codec: 'h264', width: 640, height: 360 });
  const stream: Stream = new Stream({
    id: 'lazy',
    onDemand: (isWanted) => {
      if (isWanted) setImmediate(() => stream.open([unit.track]).write({ ...unit }));
    },
  });
  context.after(() => stream.end('test over'));
  const { isLive } = await new Snapshots({ studio: workers }).jpeg(stream);
  assert.ok(isLive);
  assert.equal(stream.readerCount, 0);
});

test('the last picture of a camera stays when it goes away, until it is forgotten', async (context) => {
  const unit = keyPicture({ codec: 'h264', width: 640, height: 360 });
  const stream = new Stream({ id: 'away' });
  context.after(() => stream.end('test over'));
  const feed = stream.open([unit.track]);
  feed.write({ ...unit });
  const snapshots = new Snapshots({ studio: workers });
  const live = await snapshots.jpeg(stream);
  feed.close();
  const last = await snapshots.jpeg(stream, { waitMs: 0 });
  assert.deepEqual([last.isLive, last.takenAtMs], [false, live.takenAtMs]);
  const small = await snapshots.jpeg(stream, { waitMs: 0, width: 64 });
  assert.equal(look(small.jpeg).width, 64);
  snapshots.forget('away');
  await assert.rejects(snapshots.jpeg(stream, { waitMs: 0 }), { code: 'ERR_SNAPSHOT_NO_PICTURE' });
});

test('a camera without a picture, and widths that are none, are refused', async (context) => {
  const snapshots = new Snapshots({ studio: workers });
  const stream = camera(context);
  await assert.rejects(snapshots.jpeg(stream, { waitMs: 1 }), { code: 'ERR_SNAPSHOT_NO_PICTURE' });
  for (const width of [0, 15, 3841, 100.5, Number.NaN]) {
    await assert.rejects(snapshots.jpeg(stream, { width }), { code: 'ERR_SNAPSHOT_WIDTH' });
  }
});

const noise = (nal: Uint8Array): Uint8Array =>
  nal.map((byte, index) => (index === 0 ? byte : (index * 131) & 0xff));
const third = (nal: Uint8Array): Uint8Array => nal.subarray(0, Math.floor(nal.length / 3));
const head = (nal: Uint8Array): Uint8Array => nal.subarray(0, 1);

for (const { name, codec, spoil } of [
  { name: 'H.264, noise', codec: 'h264', spoil: noise },
  { name: 'H.264, cut short', codec: 'h264', spoil: third },
  { name: 'H.264, nothing but its head', codec: 'h264', spoil: head },
  { name: 'H.265, noise', codec: 'h265', spoil: noise },
  { name: 'H.265, nothing but its head', codec: 'h265', spoil: head },
] as const) {
  test(`a poisoned picture is an error, and the next one is whole: ${name}`, async (context) => {
    const whole = keyPicture({ codec, width: 640, height: 360, filter: 'noise=alls=60,format=yuv420p' });
    const last = whole.data.at(-1);
    assert.ok(last !== undefined);
    const data = [...whole.data.slice(0, -1), spoil(last)];
    const snapshots = new Snapshots({ studio: workers });
    const bad = camera(context, { ...whole, data, byteLength: totalLength(data) }, 'bad');
    await assert.rejects(snapshots.jpeg(bad), { code: 'ERR_SNAPSHOT_DECODE' });
    const { jpeg } = await snapshots.jpeg(camera(context, whole, 'good'));
    assert.equal(look(jpeg).width, 640);
  });
}

test('a snapshot can be read as a file', async (context) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'vedette-'));
  context.after(() => rm(folder, { recursive: true }));
  const stream = camera(context, keyPicture({ codec: 'h264', width: 640, height: 360 }));
  await writeFile(`${folder}/snapshot.jpg`, (await new Snapshots({ studio: workers }).jpeg(stream)).jpeg);
  const probed = ffprobe(
    `${folder}/snapshot.jpg`,
    '-show_entries',
    'stream=codec_name,width,height,color_range',
  );
  assert.deepEqual((probed as { streams: unknown[] }).streams, [
    { codec_name: 'mjpeg', width: 640, height: 360, color_range: 'pc' },
  ]);
});
