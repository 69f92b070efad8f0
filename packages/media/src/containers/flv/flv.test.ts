import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import type { AccessUnit } from '../../access-unit.ts';
import { createG711Track } from '../../codecs/g711.ts';
import { createOpusTrack } from '../../codecs/opus.ts';
import { joinAnnexB } from '../../codecs/nal-units.ts';
import { ProtocolError } from '../../errors.ts';
import { ffmpeg } from '../../testing/ffmpeg.ts';
import { decodeFrames, frameHashes } from '../../testing/frame-hashes.ts';
import { fuzz } from '../../testing/fuzz.ts';
import { assembleUnits, mp4VideoStream } from '../../testing/video-stream.ts';
import type { Track } from '../../track.ts';
import { Amf0EcmaArray, serializeAmf0 } from './amf0.ts';
import { FlvDemuxer } from './flv-demuxer.ts';
import { FlvReader } from './flv-reader.ts';
import { FlvTagType, serializeFlvFileHeader, serializeFlvTag } from './flv-tag.ts';
import { FlvWriter, type FlvCodecs, type FlvMessage } from './flv-writer.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'vedette-flv-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function clip(name: string, args: readonly string[]): string {
  const file = path.join(folder, name);
  ffmpeg([
    ...['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=2'],
    ...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=2', '-ac', '2'],
    ...['-pix_fmt', 'yuv420p', '-g', '25', '-threads', '1', ...args, file],
  ]);
  return file;
}

class Sink {
  readonly tracks: (readonly Track[])[] = [];
  readonly units: AccessUnit[] = [];

  onTracks(tracks: readonly Track[]): void {
    this.tracks.push(tracks);
  }

  onUnit(unit: AccessUnit): void {
    assert.ok(this.tracks.length > 0, 'the tracks come first');
    this.units.push(unit);
  }

  of(kind: Track['kind']): AccessUnit[] {
    return this.units.filter(({ track }) => track.kind === kind);
  }

  annexB(): Buffer {
    return Buffer.concat(this.of('video').map(({ data }) => joinAnnexB(data)));
  }
}

function demux(bytes: Uint8Array, pieceBytes = bytes.length): Sink {
  const sink = new Sink();
  const demuxer = new FlvDemuxer(sink);
  for (let at = 0; at < bytes.length; at += pieceBytes) demuxer.push(bytes.subarray(at, at + pieceBytes));
  demuxer.flush();
  return sink;
}

const ENHANCED: FlvCodecs = { video: ['h264', 'h265', 'av1'], audio: ['aac', 'mpa', 'pcma', 'pcmu', 'opus'] };

function mux(tracks: readonly Track[], units: readonly AccessUnit[]): Uint8Array {
  const writer = new FlvWriter(ENHANCED);
  const tag = ({ type, timestamp, body, length }: FlvMessage): Uint8Array =>
    serializeFlvTag(type, timestamp, body, length);
  const has = (kind: Track['kind']): boolean => tracks.some((track) => track.kind === kind);
  const parts = [
    serializeFlvFileHeader(has('video'), has('audio')),
    ...writer.header(tracks).map(tag),
    ...units.flatMap((unit) => writer.unit(unit) ?? []).map(tag),
  ];
  return new Uint8Array(Buffer.concat(parts));
}

const BFRAMES = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-x264-params', 'b-adapt=0'];
const h264File = clip('h264.flv', [...BFRAMES, '-c:a', 'aac']);
const h264Bytes = new Uint8Array(readFileSync(h264File));
const h264 = demux(h264Bytes);

test("what ffmpeg wrote is read whole: tracks, every picture, B-frames' times, sound without gaps", () => {
  const [tracks = assert.fail()] = h264.tracks;
  assert.equal(h264.tracks.length, 1);
  assert.deepEqual(
    tracks.map(({ id, codec, clockRate }) => [id, codec, clockRate]),
    [
      [0, 'h264', 90_000],
      [1, 'aac', 48_000],
    ],
  );
  const hashes = frameHashes(h264File, 'flv');
  assert.equal(hashes.length, 50);
  assert.deepEqual(frameHashes(h264.annexB(), 'h264'), hashes);
  const times = h264.of('video').map(({ pts }) => pts);
  const first = Math.min(...times);
  assert.deepEqual(
    times.toSorted((a, b) => a - b).map((pts) => pts - first),
    times.map((_, index) => index * 3600),
  );
  assert.ok(h264.of('video').some(({ pts, dts }) => pts > dts));
  const sound = h264.of('audio');
  assert.ok(sound.length > 90);
  sound.forEach(({ pts }, index) => assert.equal(pts - (sound[0]?.pts ?? 0), index * 1024));
});

for (const pieceBytes of [1, 7, 1000]) {
  test(`pieces of ${pieceBytes} bytes give the same`, () => {
    const sink = demux(h264Bytes, pieceBytes);
    const facts = ({ units }: Sink): unknown =>
      units.map(({ pts, dts, byteLength, track }) => [track.id, pts, dts, byteLength]);
    assert.deepEqual(facts(sink), facts(h264));
    assert.deepEqual(frameHashes(sink.annexB(), 'h264'), frameHashes(h264.annexB(), 'h264'));
  });
}

test('what is written, ffmpeg plays: the same pictures at the same distances', () => {
  const written = mux(h264.tracks[0] ?? [], h264.units);
  const before = decodeFrames(h264File, 'flv');
  const after = decodeFrames(written, 'flv');
  assert.deepEqual(
    after.map(({ hash }) => hash),
    before.map(({ hash }) => hash),
  );
  const steps = (frames: typeof after): number[] => frames.map(({ pts }) => pts - (frames[0]?.pts ?? 0));
  assert.deepEqual(steps(after), steps(before));
});

for (const { name, args, codec } of [
  { name: 'MP3', args: ['-c:a', 'libmp3lame', '-ar', '44100'], codec: 'mpa' },
  { name: 'A-law', args: ['-c:a', 'pcm_alaw', '-ar', '8000', '-ac', '1'], codec: 'pcma' },
  { name: 'mu-law', args: ['-c:a', 'pcm_mulaw', '-ar', '8000', '-ac', '1'], codec: 'pcmu' },
]) {
  test(`${name}: read and written, ffmpeg hears the same bytes`, () => {
    const file = clip(`${codec}.flv`, [...BFRAMES, ...args]);
    const sink = demux(new Uint8Array(readFileSync(file)));
    assert.deepEqual(
      sink.tracks.at(-1)?.map((track) => track.codec),
      ['h264', codec],
    );
    const written = path.join(folder, `${codec}-again.flv`);
    const copy = (source: string | Uint8Array): string => {
      const input = typeof source === 'string' ? source : 'pipe:0';
      const args = ['-f', 'flv', '-i', input, '-map', '0:a', '-c', 'copy', '-f', 'md5', 'pipe:1'];
      return ffmpeg(args, typeof source === 'string' ? undefined : source).stdout.toString();
    };
    assert.notEqual(written, file);
    assert.equal(copy(mux(sink.tracks.at(-1) ?? [], sink.units)), copy(file));
  });
}

test('H.265 and Opus go by their FourCC, as the tables of Enhanced RTMP have it, and come back the same', () => {
  const file = path.join(folder, 'h265.mp4');
  ffmpeg([
    ...['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=1', '-c:v', 'libx265', '-tag:v', 'hvc1'],
    ...['-preset', 'ultrafast', '-x265-params', 'log-level=error:bframes=2:keyint=25:frame-threads=1', file],
  ]);
  const stream = mp4VideoStream(file, 'h265');
  const units = assembleUnits(stream);
  const opus = createOpusTrack(1, 2);
  const sound: AccessUnit = {
    ...{ track: opus, pts: 960, dts: 960, isRandomAccess: true, wallClockMs: Number.NaN },
    ...{ data: [Uint8Array.of(0xfc, 1, 2)], byteLength: 3 },
  };
  const [video = assert.fail()] = units;
  const writer = new FlvWriter(ENHANCED);
  const [, hvc1, opusHead] = writer.header([video.track, opus]);
  const ascii = (message: FlvMessage | undefined): string =>
    Buffer.concat(message?.body ?? []).toString('latin1', 0, 5);
  assert.equal(ascii(hvc1), '\x90hvc1');
  assert.equal(ascii(opusHead), '\x90Opus');
  assert.equal(ascii(writer.unit(video)), '\x91hvc1');
  assert.equal(ascii(writer.unit(sound)), '\x91Opus');

  const sink = demux(mux([video.track, opus], [...units.slice(0, 3), sound, ...units.slice(3)]));
  assert.deepEqual(
    sink.tracks[0]?.map(({ codec }) => codec),
    ['h265', 'opus'],
  );
  assert.deepEqual(frameHashes(sink.annexB(), 'hevc'), frameHashes(stream.annexB, 'hevc'));
  assert.deepEqual(sink.of('audio')[0]?.data, sound.data);
});

test('tracks that the reader does not take are left out; pictures that no longer can be written are said', () => {
  const [video, sound] = h264.tracks[0] ?? [];
  assert.ok(video?.codec === 'h264' && sound?.codec === 'aac');
  const opus = createOpusTrack(1, 2);
  const writer = new FlvWriter();
  assert.equal(writer.header([video, opus]).length, 2);
  const data = [Uint8Array.of(0xfc)];
  const packet = {
    track: opus,
    pts: 0,
    dts: 0,
    isRandomAccess: true,
    data,
    byteLength: 1,
    wallClockMs: Number.NaN,
  };
  assert.equal(writer.unit(packet), undefined);
  const isCodec = (error: unknown): boolean =>
    error instanceof ProtocolError && error.code === 'ERR_FLV_CODEC' && /vp8/.test(error.message);
  const vp8: Track = { kind: 'video', codec: 'vp8', id: 0, clockRate: 90_000, video: video.video };
  assert.throws(() => writer.header([vp8, sound]), isCodec);
  assert.equal(
    new FlvWriter().header([vp8, sound]).length,
    2,
    'a player that begins with it hears the sound',
  );
  assert.throws(() => new FlvWriter().header([vp8]), isCodec);
});

test('AV1 goes by its FourCC and comes back the same', () => {
  const file = path.join(folder, 'av1.ivf');
  ffmpeg([
    ...['-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=25:duration=0.4', '-c:v', 'libaom-av1'],
    ...['-cpu-used', '8', '-pix_fmt', 'yuv420p', file],
  ]);
  const ivf = readFileSync(file);
  const frames: Uint8Array[] = [];
  for (let at = 32; at < ivf.length; at += 12 + ivf.readUInt32LE(at)) {
    frames.push(new Uint8Array(ivf.subarray(at + 12, at + 12 + ivf.readUInt32LE(at))));
  }
  const sink = new Sink();
  const reader = new FlvReader(sink);
  reader.expect({ hasAudio: false });
  frames.forEach((frame, index) => {
    const head = [index === 0 ? 0x91 : 0xa1, ...Buffer.from('av01')];
    reader.video(index * 40, Uint8Array.of(...head, ...frame));
  });
  reader.flush();
  const [track = assert.fail()] = sink.tracks[0] ?? [];
  assert.equal(track.codec, 'av1');
  assert.equal(sink.units.length, frames.length);
  const again = demux(mux([track], sink.units));
  assert.deepEqual(again.tracks, sink.tracks);
  assert.deepEqual(
    again.units.map(({ data }) => Buffer.concat(data)),
    sink.units.map(({ data }) => Buffer.concat(data)),
  );
});

test('G.711 of another rate than 8 kHz is left out', () => {
  const track = createG711Track(0, 'pcmu', 16_000, 1);
  const data = [new Uint8Array(320)];
  const unit = {
    track,
    pts: 0,
    dts: 0,
    isRandomAccess: true,
    data,
    byteLength: 320,
    wallClockMs: Number.NaN,
  };
  assert.equal(new FlvWriter().unit(unit), undefined);
});

/** The tags of the clip, to be sent in another way. */
const tags = (() => {
  const list: { type: number; timestamp: number; body: Uint8Array }[] = [];
  const view = new DataView(h264Bytes.buffer, h264Bytes.byteOffset);
  for (let at = 13; at < h264Bytes.length;) {
    const size = view.getUint32(at) & 0xff_ffff;
    const timestamp = view.getUint32(at + 4) >>> 8;
    list.push({ type: view.getUint8(at), timestamp, body: h264Bytes.subarray(at + 11, at + 11 + size) });
    at += 15 + size;
  }
  return list;
})();

function read(chosen: typeof tags, metadata?: Record<string, number | boolean>): Sink {
  const sink = new Sink();
  const reader = new FlvReader(sink);
  if (metadata !== undefined) reader.script(serializeAmf0(['onMetaData', new Amf0EcmaArray(metadata)]));
  for (const { type, timestamp, body } of chosen) {
    if (type === FlvTagType.video) reader.video(timestamp, body);
    if (type === FlvTagType.audio) reader.audio(timestamp, body);
  }
  return sink;
}

const video = tags.filter(({ type }) => type === FlvTagType.video);
const audio = tags.filter(({ type }) => type === FlvTagType.audio);

test('a lone track whose metadata says so is announced with its first unit', () => {
  assert.equal(read(video.slice(0, 2), { videocodecid: 7 }).units.length, 1);
  assert.equal(read(audio.slice(0, 2), { hasVideo: false, hasAudio: true }).units.length, 1);
});

test('a lone track that nobody described is announced after a second, nothing lost', () => {
  const sink = read(video.slice(0, 20));
  assert.equal(sink.units.length, 0);
  const later = read(video.slice(0, 40));
  assert.deepEqual(
    later.tracks.map((tracks) => tracks.length),
    [1],
  );
  assert.equal(later.units.length, 39);
});

test('a track that appears late is announced anew; ids stay', () => {
  const sink = read([...audio.slice(0, 60), ...video]);
  assert.deepEqual(
    sink.tracks.map((tracks) => tracks.map(({ id, codec }) => `${id} ${codec}`)),
    [['0 aac'], ['0 aac', '1 h264']],
  );
});

test('the clock wraps after 49 days, and the pictures go on', () => {
  const shifted = tags.map((tag) => ({ ...tag, timestamp: (tag.timestamp + 2 ** 32 - 1000) % 2 ** 32 }));
  const times = ({ units }: Sink): number[] => units.map(({ dts }) => dts);
  assert.deepEqual(times(read(shifted)), times(read(tags)));
});

test('a tag that claims 16 MiB costs nothing until its bytes come', () => {
  const demuxer = new FlvDemuxer(new Sink());
  demuxer.push(serializeFlvFileHeader(true, true));
  const before = process.memoryUsage().arrayBuffers;
  demuxer.push(Uint8Array.of(9, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3));
  assert.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024);
});

for (const { name, bytes, code } of [
  { name: 'no FLV', bytes: Buffer.from('<html><body>404'), code: 'ERR_FLV_HEADER' },
  {
    name: 'a header without end',
    bytes: Uint8Array.of(0x46, 0x4c, 0x56, 1, 5, 0xff, 0, 0, 9),
    code: 'ERR_FLV_HEADER',
  },
  {
    name: 'encrypted',
    bytes: Uint8Array.of(...serializeFlvFileHeader(true, true), 0x29, ...new Uint8Array(20)),
    code: 'ERR_FLV_TAG',
  },
]) {
  test(`FlvDemuxer refuses: ${name}`, () => {
    assert.throws(
      () => new FlvDemuxer(new Sink()).push(bytes),
      (error) => error instanceof ProtocolError && error.code === code,
    );
  });
}

fuzz(
  'FlvDemuxer',
  [h264Bytes.subarray(0, 4000), mux(h264.tracks[0] ?? [], h264.of('audio').slice(0, 8))],
  (bytes) => {
    const demuxer = new FlvDemuxer({ onTracks: () => undefined, onUnit: () => undefined });
    demuxer.push(bytes.subarray(0, 500));
    demuxer.push(bytes.subarray(500));
    demuxer.flush();
  },
  10_000,
);
