import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { AccessUnit } from '../../access-unit.ts';
import { adtsHeader } from '../../codecs/adts.ts';
import { parseAudioSpecificConfig } from '../../codecs/aac.ts';
import { joinAnnexB } from '../../codecs/nal-units.ts';
import { ffmpeg, ffprobe } from '../../testing/ffmpeg.ts';
import { frameHashes } from '../../testing/frame-hashes.ts';
import { attempt, fuzz } from '../../testing/fuzz.ts';
import { goFuzzInputs } from '../../testing/go-fuzz.ts';
import { sharedPath } from '../../testing/shared.ts';
import type { Track } from '../../track.ts';
import { TS_PACKET_BYTES } from './packet.ts';
import { TsDemuxer } from './ts-demuxer.ts';
import { TsMuxer } from './ts-muxer.ts';

/** What a demuxer told. */
interface Demuxed {
  readonly announcements: (readonly Track[])[];
  readonly units: AccessUnit[];
  readonly ignored: string[];
  lostPackets: number;
  damagedPictures: number;
}

function collector(): { readonly found: Demuxed; readonly demuxer: TsDemuxer } {
  const found: Demuxed = { announcements: [], units: [], ignored: [], lostPackets: 0, damagedPictures: 0 };
  const output = {
    onTracks: (tracks: readonly Track[]) => found.announcements.push(tracks),
    onUnit: (unit: AccessUnit) => found.units.push(unit),
  };
  const demuxer = new TsDemuxer(output, {
    onDamage: (event, amount) => (found[event] += amount),
    onIgnored: (what) => found.ignored.push(what),
  });
  return { found, demuxer };
}

function demux(bytes: Uint8Array, pieceBytes = 1000): Demuxed {
  const { found, demuxer } = collector();
  for (let at = 0; at < bytes.length; at += pieceBytes) demuxer.push(bytes.subarray(at, at + pieceBytes));
  demuxer.flush();
  return found;
}

const unitsOf = (units: readonly AccessUnit[], kind: Track['kind']): AccessUnit[] =>
  units.filter(({ track }) => track.kind === kind);

function annexB(units: readonly AccessUnit[]): Uint8Array {
  return new Uint8Array(Buffer.concat(unitsOf(units, 'video').map(({ data }) => joinAnnexB(data))));
}

function muxed(tracks: readonly Track[], units: readonly AccessUnit[]): Uint8Array {
  const muxer = new TsMuxer();
  const parts = [muxer.header(tracks)];
  for (const unit of units) parts.push(muxer.unit(unit) ?? new Uint8Array());
  return new Uint8Array(Buffer.concat(parts));
}

/** PID, PCR in milliseconds and random access of each packet. */
function packetsOf(bytes: Uint8Array): { pid: number; pcr: number | undefined; isRandomAccess: boolean }[] {
  const packets = [];
  for (let at = 0; at < bytes.length; at += TS_PACKET_BYTES) {
    const packet = Buffer.from(bytes.subarray(at, at + TS_PACKET_BYTES));
    const pid = packet.readUInt16BE(1) & 0x1fff;
    const hasFlags = (packet.readUInt8(3) & 0x20) !== 0 && packet.readUInt8(4) > 0;
    const flags = hasFlags ? packet.readUInt8(5) : 0;
    const pcr = (flags & 0x10) === 0 ? undefined : packet.readUInt32BE(6) / 45;
    packets.push({ pid, pcr, isRandomAccess: (flags & 0x40) !== 0 });
  }
  return packets;
}

/** Tests say what they feed: two seconds of picture and sound, made by ffmpeg. */
const SCENE = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=2'];
const TONE = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=2'];
const X264 = ['-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-preset', 'veryfast', '-g', '25'];
const X265 = ['-pix_fmt', 'yuv420p', '-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params'];

interface MadeStream {
  readonly name: string;
  readonly args: readonly string[];
  readonly format: 'h264' | 'hevc';
  readonly tracks: readonly Track['codec'][];
  readonly sound?: { readonly units: number; readonly ticks: number };
}

const STREAMS: readonly MadeStream[] = [
  {
    name: 'H.264 without B-frames and AAC',
    args: [...SCENE, ...TONE, ...X264, '-bf', '0', '-c:a', 'aac', '-ac', '2'],
    format: 'h264',
    tracks: ['h264', 'aac'],
    sound: { units: 95, ticks: 1024 },
  },
  {
    name: 'H.264 with B-frames and MP2',
    args: [...SCENE, ...TONE, ...X264, '-bf', '3', '-c:a', 'mp2'],
    format: 'h264',
    tracks: ['h264', 'mpa'],
    sound: { units: 84, ticks: 1152 },
  },
  {
    name: 'H.265 with B-frames and Opus',
    args: [...SCENE, ...TONE, ...X265, 'keyint=25:log-level=error', '-c:a', 'libopus', '-ac', '2'],
    format: 'hevc',
    tracks: ['h265', 'opus'],
    sound: { units: 101, ticks: 960 },
  },
  {
    name: 'H.264 and AAC in LATM',
    args: [...SCENE, ...TONE, ...X264, '-c:a', 'aac', '-ac', '1', '-mpegts_flags', 'latm'],
    format: 'h264',
    tracks: ['h264', 'aac'],
    sound: { units: 95, ticks: 1024 },
  },
  {
    name: 'H.264 in packets of 192 bytes',
    args: [...SCENE, ...X264, '-mpegts_m2ts_mode', '1'],
    format: 'h264',
    tracks: ['h264'],
  },
  {
    name: 'H.264 and MP3',
    args: [...SCENE, ...TONE, ...X264, '-c:a', 'libmp3lame'],
    format: 'h264',
    tracks: ['h264', 'mpa'],
  },
  { name: 'H.264 alone', args: [...SCENE, ...X264, '-bf', '2'], format: 'h264', tracks: ['h264'] },
];

describe('transport streams of ffmpeg', () => {
  let folder = '';
  const files = new Map<string, string>();
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'vedette-ts-'));
    STREAMS.forEach(({ name, args }, i) => {
      const file = path.join(folder, `${i}.ts`);
      ffmpeg([...args, '-f', 'mpegts', '-y', file]);
      files.set(name, file);
    });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  const fileOf = (name: string): string => files.get(name) ?? '';

  for (const { name, format, tracks, sound } of STREAMS) {
    test(`${name}: every picture and frame comes out, with the times that ffprobe sees`, () => {
      const file = fileOf(name);
      const found = demux(new Uint8Array(readFileSync(file)));
      assert.deepEqual(
        found.announcements.map((each) => each.map(({ codec }) => codec)),
        [tracks],
      );
      assert.deepEqual([found.lostPackets, found.damagedPictures], [0, 0]);
      assert.deepEqual(frameHashes(annexB(found.units), format), frameHashes(file, 'mpegts'));
      const probed = ffprobe(file, '-select_streams', 'v:0', '-show_entries', 'packet=pts,dts') as {
        packets: { pts: number; dts: number }[];
      };
      const video = unitsOf(found.units, 'video');
      const shift = (probed.packets[0]?.dts ?? 0) - (video[0]?.dts ?? 0);
      assert.deepEqual(
        video.map(({ pts, dts }) => [pts + shift, dts + shift]),
        probed.packets.map(({ pts, dts }) => [pts, dts]),
      );
      const audio = unitsOf(found.units, 'audio');
      if (sound === undefined) return;
      assert.ok(Math.abs(audio.length - sound.units) <= 1, `${audio.length} frames of sound`);
      audio.slice(1).forEach(({ pts }, i) => assert.equal(pts - (audio[i]?.pts ?? 0), sound.ticks));
    });

    test(`${name}: written again, ffmpeg and our demuxer read the same out of it`, () => {
      const file = fileOf(name);
      const first = demux(new Uint8Array(readFileSync(file)));
      const bytes = muxed(first.announcements[0] ?? [], first.units);
      assert.equal(bytes.length % TS_PACKET_BYTES, 0);
      const second = demux(bytes, 100_000);
      assert.deepEqual([second.lostPackets, second.damagedPictures], [0, 0]);
      assert.equal(second.units.length, first.units.length);
      second.units.forEach((unit, i) => {
        const want = first.units[i];
        assert.deepEqual(
          [unit.pts, unit.dts, unit.track.codec, unit.isRandomAccess],
          [want?.pts, want?.dts, want?.track.codec, want?.isRandomAccess],
        );
        assert.deepEqual(unit.data, want?.data);
      });
      const copy = path.join(folder, 'copy.ts');
      writeFileSync(copy, bytes);
      assert.equal(ffmpeg(['-i', copy, '-map', '0', '-f', 'null', '-']).stderr, '');
      assert.deepEqual(frameHashes(copy, 'mpegts'), frameHashes(file, 'mpegts'));
    });
  }

  test('the clock is told every 40 ms, the tables every 100 ms and in front of random access points', () => {
    const first = demux(new Uint8Array(readFileSync(fileOf('H.264 without B-frames and AAC'))));
    const bytes = muxed(first.announcements[0] ?? [], first.units);
    const clocks: number[] = [];
    const tables: number[] = [];
    packetsOf(bytes).forEach(({ pid, pcr, isRandomAccess }, i, all) => {
      if (pcr !== undefined) clocks.push(pcr);
      if (pid === 0) tables.push(clocks.at(-1) ?? 0);
      if (isRandomAccess) assert.ok(all.slice(i - 3, i).some((packet) => packet.pid === 0));
    });
    const gaps = (times: readonly number[]): number[] =>
      times.slice(1).map((time, i) => time - (times[i] ?? 0));
    for (const gap of gaps(clocks)) assert.ok(gap >= 0 && gap <= 41, `${gap} ms between two PCRs`);
    for (const gap of gaps(tables.slice(2))) assert.ok(gap <= 141, `${gap} ms between two PATs`);
  });

  test('joined in the middle it begins at the next random access point, near time zero', () => {
    const bytes = new Uint8Array(readFileSync(fileOf('H.264 with B-frames and MP2')));
    const { units, announcements } = demux(bytes.subarray(Math.floor(bytes.length / 3) + 77));
    assert.equal(announcements.length, 1);
    assert.equal(unitsOf(units, 'video')[0]?.isRandomAccess, true);
    assert.equal(Math.min(...units.map(({ dts, track }) => dts / track.clockRate)), 0);
  });

  test('a lost packet costs its picture only, and is counted', () => {
    const bytes = new Uint8Array(readFileSync(fileOf('H.264 alone')));
    const whole = demux(bytes);
    // A packet in the middle of a picture: of its PID, without a start.
    let middle = Math.floor(bytes.length / 2 / TS_PACKET_BYTES) * TS_PACKET_BYTES;
    while (bytes[middle + 1] !== 0x01 || bytes[middle + 2] !== 0x00) middle += TS_PACKET_BYTES;
    const cut = new Uint8Array(Buffer.concat([bytes.subarray(0, middle), bytes.subarray(middle + 188)]));
    const found = demux(cut);
    assert.equal(found.units.length, whole.units.length - 1);
    assert.deepEqual([found.lostPackets, found.damagedPictures], [1, 1]);
  });

  test('rubbish between packets is skipped', () => {
    const bytes = new Uint8Array(readFileSync(fileOf('H.264 alone')));
    const middle = Math.floor(bytes.length / 2 / TS_PACKET_BYTES) * TS_PACKET_BYTES;
    const rubbish = new Uint8Array(1000).fill(0x47, 100, 300);
    const joined = Buffer.concat([rubbish, bytes.subarray(0, middle), rubbish, bytes.subarray(middle)]);
    const found = demux(new Uint8Array(joined), 777);
    assert.equal(found.units.length, demux(bytes).units.length);
  });

  test('packets of 204 bytes', () => {
    const bytes = readFileSync(fileOf('H.264 alone'));
    const parts: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += TS_PACKET_BYTES) {
      parts.push(bytes.subarray(at, at + TS_PACKET_BYTES), Buffer.alloc(16, 0x47));
    }
    const found = demux(new Uint8Array(Buffer.concat(parts)));
    assert.equal(found.units.length, demux(new Uint8Array(bytes)).units.length);
  });

  test('a clock that wraps or begins anew goes on', () => {
    const wrapping = path.join(folder, 'wrap.ts');
    // 2^33 ticks are 95443.7 s.
    const late = ['-output_ts_offset', '95442.5', '-mpegts_copyts', '0'];
    ffmpeg(['-i', fileOf('H.264 without B-frames and AAC'), '-c', 'copy', ...late, '-y', wrapping]);
    const wrapped = new Uint8Array(readFileSync(wrapping));
    for (const bytes of [wrapped, new Uint8Array(Buffer.concat([wrapped, wrapped]))]) {
      const { units } = demux(bytes);
      for (const kind of ['video', 'audio'] as const) {
        const times = unitsOf(units, kind).map(({ dts, track }) => dts / track.clockRate);
        const steps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
        assert.ok(Math.max(...steps) < 0.2, `${kind}: a step of ${Math.max(...steps)} s`);
        assert.ok(Math.min(...steps) >= 0, `${kind}: a step of ${Math.min(...steps)} s`);
      }
    }
  });

  test('sound that cannot be carried is named', () => {
    const file = path.join(folder, 'ac3.ts');
    ffmpeg([...SCENE, ...TONE, ...X264, '-c:a', 'ac3', '-f', 'mpegts', '-y', file]);
    const found = demux(new Uint8Array(readFileSync(file)));
    assert.deepEqual(found.ignored, ['AC-3 sound']);
    assert.deepEqual(
      found.announcements.map((tracks) => tracks.map(({ codec }) => codec)),
      [['h264']],
    );
  });

  test('a picture is given out with its last packet once the muxer is known to end pictures by stuffing', () => {
    const bytes = new Uint8Array(readFileSync(fileOf('H.264 alone')));
    const { found, demuxer } = collector();
    // The starts of pictures: how many had come out before the next one began?
    let starts = 0;
    let late = 0;
    for (let at = 0; at < bytes.length; at += TS_PACKET_BYTES) {
      const packet = bytes.subarray(at, at + TS_PACKET_BYTES);
      const pid = (((packet[1] ?? 0) & 0x1f) << 8) | (packet[2] ?? 0);
      if (pid === 0x100 && ((packet[1] ?? 0) & 0x40) !== 0) {
        if (starts > 12 && found.units.length < starts) late += 1;
        starts += 1;
      }
      demuxer.push(packet);
    }
    assert.ok(starts === 50 && late <= 3, `${late} of ${starts} pictures were late`);
  });

  test('one program map for other streams replaces the first', () => {
    const one = new Uint8Array(readFileSync(fileOf('H.264 without B-frames and AAC')));
    const two = new Uint8Array(readFileSync(fileOf('H.265 with B-frames and Opus')));
    const { announcements, units } = demux(new Uint8Array(Buffer.concat([one, two])));
    assert.deepEqual(
      announcements.map((tracks) => tracks.map(({ codec }) => codec)),
      [
        ['h264', 'aac'],
        ['h265', 'opus'],
      ],
    );
    const announced = new Set(announcements.flat());
    for (const { track } of units) assert.ok(announced.has(track));
  });
});

describe('what is no transport stream, or a poor one', () => {
  const nulls = new Uint8Array(TS_PACKET_BYTES).fill(0xff);
  nulls.set([0x47, 0x1f, 0xff, 0x10]);
  const other = nulls.slice();
  other.set([0x47, 0x01, 0x00, 0x10]);
  const many = (packet: Uint8Array, count: number): Uint8Array =>
    new Uint8Array(Buffer.concat(new Array<Uint8Array>(count).fill(packet)));

  for (const { name, bytes, code } of [
    { name: 'zeros', bytes: new Uint8Array(70_000), code: 'ERR_TS_SYNC' },
    {
      name: 'sync bytes only at odd places',
      bytes: Uint8Array.from({ length: 70_000 }, (_, i) => (i % 7 === 0 ? 0x47 : i & 0xff)),
      code: 'ERR_TS_SYNC',
    },
    { name: 'no PAT', bytes: many(other, 45_000), code: 'ERR_TS_NO_PROGRAM' },
  ]) {
    test(`${name}: ${code}`, () => {
      assert.throws(() => demux(bytes, 65_536), { name: 'ProtocolError', code });
    });
  }

  test('padding alone is waited through', () => {
    assert.equal(demux(many(nulls, 45_000), 65_536).units.length, 0);
  });

  test('tracks that MPEG-TS cannot carry', () => {
    const track: Track = {
      kind: 'audio',
      codec: 'pcmu',
      id: 0,
      clockRate: 8000,
      sampleRate: 8000,
      channels: 1,
    };
    assert.throws(() => new TsMuxer().header([track]), { name: 'ProtocolError', code: 'ERR_TS_TRACKS' });
  });

  test('an ADTS header says what its frame is', () => {
    const config = parseAudioSpecificConfig(Uint8Array.of(0x11, 0x90));
    assert.deepEqual(adtsHeader(config, 100), Uint8Array.of(0xff, 0xf1, 0x4c, 0x80, 0x0d, 0x7f, 0xfc));
  });
});

const corpus = sharedPath('vectors', 'mediacommon-fuzz', 'pkg', 'formats', 'mpegts', 'testdata', 'fuzz');
const inputs = corpus === undefined ? [] : [...goFuzzInputs(corpus)].flatMap(({ args }) => [...args]);

test('the shared MPEG-TS corpora parse or throw ProtocolError', (t) => {
  if (corpus === undefined) t.diagnostic('shared/vectors/mediacommon-fuzz is missing: it is not tested');
  for (const input of inputs) attempt('TsDemuxer', input, (bytes) => demux(bytes));
});

const tiny = new Uint8Array(
  ffmpeg([
    ...['-f', 'lavfi', '-i', 'testsrc2=size=32x32:rate=25:duration=0.2'],
    ...['-f', 'lavfi', '-i', 'sine=duration=0.2', ...X264, '-c:a', 'mp2', '-f', 'mpegts', 'pipe:1'],
  ]).stdout,
);
fuzz('TsDemuxer', [tiny.subarray(0, 4 * 1024), ...inputs], (bytes) => demux(bytes, 600), 15_000);
