import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { AccessUnit } from '../../access-unit.ts';
import { joinAnnexB } from '../../codecs/nal-units.ts';
import { ProtocolError } from '../../errors.ts';
import { ffmpeg, ffprobe } from '../../testing/ffmpeg.ts';
import { frameHashes } from '../../testing/frame-hashes.ts';
import { attempt, fuzz } from '../../testing/fuzz.ts';
import { goFuzzInputs } from '../../testing/go-fuzz.ts';
import { sharedPath } from '../../testing/shared.ts';
import type { Track } from '../../track.ts';
import type { DemuxerOutput } from '../demuxer.ts';
import { fullBox, u32 } from './box.ts';
import { parseBoxes } from './box-reader.ts';
import { Fmp4Demuxer } from './fmp4-demuxer.ts';
import { Mp4File } from './mp4-file.ts';
import { readSampleTable } from './sample-table.ts';

interface Found {
  readonly announcements: (readonly Track[])[];
  readonly units: AccessUnit[];
  readonly ignored: string[];
  damaged: number;
}

function collector(): { found: Found; output: DemuxerOutput; options: object } {
  const found: Found = { announcements: [], units: [], ignored: [], damaged: 0 };
  const output = {
    onTracks: (tracks: readonly Track[]) => found.announcements.push(tracks),
    onUnit: (unit: AccessUnit) => found.units.push(unit),
  };
  const options = {
    onIgnored: (what: string) => found.ignored.push(what),
    onDamage: (_event: string, amount: number) => (found.damaged += amount),
  };
  return { found, output, options };
}

function demux(bytes: Uint8Array, pieceBytes = 5000): Found {
  const { found, output, options } = collector();
  const demuxer = new Fmp4Demuxer(output, options);
  for (let at = 0; at < bytes.length; at += pieceBytes) demuxer.push(bytes.subarray(at, at + pieceBytes));
  demuxer.flush();
  return found;
}

async function play(bytes: Uint8Array): Promise<Found> {
  const { found, output, options } = collector();
  const file = await Mp4File.open(
    (at, length) => Promise.resolve(bytes.slice(at, at + length)),
    bytes.length,
  );
  assert.ok(file, 'a file without fragments');
  const playing = file.play(output, options);
  while ((await playing.next()).done !== true);
  return found;
}

const SCENE = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=2'];
const TONE = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100:duration=2'];
const X264 = ['-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-preset', 'veryfast', '-g', '25'];
const X265 = ['-pix_fmt', 'yuv420p', '-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params'];

const STREAMS: readonly { name: string; args: readonly string[]; tracks: readonly string[]; raw?: string }[] =
  [
    { name: 'H.264, AAC', args: [...X264, '-bf', '0', '-c:a', 'aac'], tracks: ['h264', 'aac'], raw: 'h264' },
    {
      name: 'H.264 with B-frames, MP3',
      args: [...X264, '-bf', '3', '-c:a', 'libmp3lame'],
      tracks: ['h264', 'mpa'],
      raw: 'h264',
    },
    {
      name: 'H.265 (hev1) with B-frames, Opus',
      args: [...X265, 'keyint=25:log-level=error', '-tag:v', 'hev1', '-c:a', 'libopus', '-ar', '48000'],
      tracks: ['h265', 'opus'],
      raw: 'hevc',
    },
    {
      name: 'H.265 (hvc1)',
      args: [...X265, 'keyint=25:log-level=error', '-tag:v', 'hvc1', '-an'],
      tracks: ['h265'],
      raw: 'hevc',
    },
    {
      name: 'AV1',
      args: [
        '-pix_fmt',
        'yuv420p',
        '-c:v',
        'libaom-av1',
        '-cpu-used',
        '8',
        '-usage',
        'realtime',
        '-g',
        '25',
        '-an',
      ],
      tracks: ['av1'],
    },
    {
      name: 'VP9, Opus',
      args: [
        '-pix_fmt',
        'yuv420p',
        '-c:v',
        'libvpx-vp9',
        '-deadline',
        'realtime',
        '-cpu-used',
        '8',
        '-g',
        '25',
        '-c:a',
        'libopus',
        '-ar',
        '48000',
      ],
      tracks: ['vp9', 'opus'],
    },
  ];
const FRAGMENTS: readonly { name: string; flags: readonly string[] }[] = [
  { name: 'default base is moof', flags: ['-movflags', '+frag_keyframe+empty_moov+default_base_moof'] },
  {
    name: 'base data offsets, several runs',
    flags: ['-movflags', '+frag_keyframe+empty_moov', '-frag_duration', '300000'],
  },
  {
    name: 'one track a fragment',
    flags: ['-movflags', '+frag_keyframe+empty_moov+separate_moof+omit_tfhd_offset'],
  },
  {
    name: 'negative offsets, delayed moov',
    flags: ['-movflags', '+frag_keyframe+delay_moov+negative_cts_offsets+default_base_moof'],
  },
];

/** Times of the packets of one kind, in seconds, as ffprobe sees them. */
function probedTimes(file: string, stream: string): { pts: number; dts: number }[] {
  const probed = ffprobe(file, '-select_streams', stream, '-show_entries', 'packet=pts_time,dts_time') as {
    packets: { pts_time: string; dts_time: string }[];
  };
  return probed.packets.map((packet) => ({ pts: Number(packet.pts_time), dts: Number(packet.dts_time) }));
}

function assertTimes(found: Found, file: string, hasDts = true): void {
  const moves: number[] = [];
  for (const [kind, stream] of [
    ['video', 'v:0'],
    ['audio', 'a:0'],
  ] as const) {
    const units = found.units.filter(({ track }) => track.kind === kind);
    const want = probedTimes(file, stream);
    if (units.length === 0) continue;
    assert.equal(units.length, want.length, `${kind}: all samples`);
    const seconds = units.map(({ pts, dts, track }) => ({
      pts: pts / track.clockRate,
      dts: dts / track.clockRate,
    }));
    const move = (want[0]?.pts ?? 0) - (seconds[0]?.pts ?? 0);
    moves.push(move);
    seconds.forEach(({ pts, dts }, i) => {
      assert.ok(Math.abs(pts + move - (want[i]?.pts ?? NaN)) < 0.001, `${kind} ${i}: PTS`);
      if (hasDts) assert.ok(Math.abs(dts + move - (want[i]?.dts ?? NaN)) < 0.001, `${kind} ${i}: DTS`);
    });
  }
  // ffmpeg itself delays such pictures against the sound (mov.c, dts_shift).
  if (hasDts) assert.ok(Math.max(...moves) - Math.min(...moves) < 0.001, 'picture and sound are moved alike');
}

describe('MP4 of ffmpeg', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'vedette-mp4-'));
    STREAMS.forEach(({ name, args }) => ffmpeg([...SCENE, ...TONE, ...args, '-y', source(name)]));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  const source = (name: string): string => path.join(folder, `${name.replaceAll(/\W/g, '')}.mp4`);

  for (const { name, tracks, raw } of STREAMS) {
    test(`${name}: a progressive file, sample by sample`, async () => {
      const found = await play(new Uint8Array(readFileSync(source(name))));
      assert.deepEqual(
        found.announcements.map((each) => each.map(({ codec }) => codec)),
        [tracks],
      );
      assert.equal(found.damaged, 0);
      assertTimes(found, source(name));
      if (raw === undefined) return;
      const video = found.units.filter(({ track }) => track.kind === 'video');
      const annexB = new Uint8Array(Buffer.concat(video.map(({ data }) => joinAnnexB(data))));
      assert.deepEqual(frameHashes(annexB, raw), frameHashes(source(name), 'mp4'));
    });

    for (const fragments of FRAGMENTS) {
      test(`${name}: fragments, ${fragments.name}`, async () => {
        const whole = await play(new Uint8Array(readFileSync(source(name))));
        const file = path.join(folder, 'fragments.mp4');
        ffmpeg(['-i', source(name), '-c', 'copy', ...fragments.flags, '-y', file]);
        const bytes = new Uint8Array(readFileSync(file));
        const found = demux(bytes);
        assert.deepEqual(
          found.announcements.map((each) => each.map(({ codec }) => codec)),
          [tracks],
        );
        const dataOf = (kind: string, { units }: Found): Uint8Array[][] =>
          units.filter(({ track }) => track.kind === kind).map(({ data }) => [...data]);
        for (const kind of ['video', 'audio']) assert.deepEqual(dataOf(kind, found), dataOf(kind, whole));
        assertTimes(found, file, !fragments.name.startsWith('negative'));
        assert.equal(
          await Mp4File.open((at, length) => Promise.resolve(bytes.slice(at, at + length)), bytes.length),
          undefined,
        );
      });
    }
  }

  test('moov behind the media, and in front of it', async () => {
    const [first] = STREAMS;
    const file = path.join(folder, 'fast.mp4');
    ffmpeg(['-i', source(first?.name ?? ''), '-c', 'copy', '-movflags', '+faststart', '-y', file]);
    const fast = await play(new Uint8Array(readFileSync(file)));
    const slow = await play(new Uint8Array(readFileSync(source(first?.name ?? ''))));
    assert.equal(fast.units.length, slow.units.length);
    fast.units.forEach(({ data }, i) => assert.deepEqual(data, slow.units[i]?.data));
  });

  test('what cannot be carried is named; a file of nothing else is refused', async () => {
    const file = path.join(folder, 'mpeg4.mp4');
    ffmpeg([...SCENE, ...TONE, '-c:v', 'mpeg4', '-c:a', 'aac', '-y', file]);
    const found = await play(new Uint8Array(readFileSync(file)));
    assert.deepEqual(found.ignored, ['video "mp4v"']);
    ffmpeg([...SCENE, '-c:v', 'mpeg4', '-y', file]);
    await assert.rejects(play(new Uint8Array(readFileSync(file))), { code: 'ERR_MP4_NO_TRACKS' });
  });

  test('a file that is cut off is refused with what is wrong', async () => {
    const [first] = STREAMS;
    const bytes = new Uint8Array(readFileSync(source(first?.name ?? '')));
    await assert.rejects(play(bytes.subarray(0, 10_000)), { code: 'ERR_MP4_MOVIE' });
    await assert.rejects(play(new Uint8Array(5000)), ProtocolError);
    const fast = path.join(folder, 'cut.mp4');
    ffmpeg(['-i', source(first?.name ?? ''), '-c', 'copy', '-movflags', '+faststart', '-y', fast]);
    await assert.rejects(play(new Uint8Array(readFileSync(fast)).subarray(0, -5000)), {
      code: 'ERR_MP4_SAMPLES',
    });
  });

  test('a progressive file is no stream of fragments', () => {
    const [first] = STREAMS;
    assert.throws(() => demux(new Uint8Array(readFileSync(source(first?.name ?? '')))), {
      code: 'ERR_MP4_NOT_FRAGMENTED',
    });
  });
});

test('a sample table that claims more than it has is refused before memory is taken', () => {
  const table = (type: string, ...fields: number[]): Uint8Array => fullBox(type, 0, 0, fields.flatMap(u32));
  for (const sizes of [table('stsz', 0, 1_000_000), table('stsz', 7, 0xffff_ffff)]) {
    const stbl = Buffer.concat([
      sizes,
      table('stts', 1, 1, 1),
      table('stsc', 1, 1, 1, 1),
      table('stco', 1, 0),
    ]);
    const [box] = parseBoxes(
      new Uint8Array(Buffer.concat([Uint8Array.from(u32(8 + stbl.length)), Buffer.from('stbl'), stbl])),
    );
    assert.ok(box);
    assert.throws(() => readSampleTable(box, 4_000_000), { code: 'ERR_MP4_SAMPLES' });
  }
});

const corpora = sharedPath('vectors', 'mediacommon-fuzz', 'pkg', 'formats');
const inputs = ['fmp4', 'pmp4'].flatMap((format) =>
  corpora === undefined
    ? []
    : [...goFuzzInputs(`${corpora}/${format}/testdata/fuzz`)].flatMap(({ args }) => [...args]),
);
test('the shared MP4 corpora demultiplex or throw ProtocolError', async (t) => {
  if (corpora === undefined) t.diagnostic('shared/vectors/mediacommon-fuzz is missing: it is not tested');
  for (const input of inputs) {
    attempt('Fmp4Demuxer', input, (bytes) => demux(bytes, 300));
    await play(input).catch((error: unknown) => {
      assert.ok(error instanceof ProtocolError || error instanceof assert.AssertionError, String(error));
    });
  }
});

const tiny = (flags: string): Uint8Array =>
  new Uint8Array(
    ffmpeg([
      ...[
        '-f',
        'lavfi',
        '-i',
        'testsrc2=size=32x32:rate=25:duration=0.2',
        '-f',
        'lavfi',
        '-i',
        'sine=duration=0.2',
      ],
      ...[...X264, '-c:a', 'aac', '-movflags', flags, '-f', 'mp4', 'pipe:1'],
    ]).stdout,
  );
fuzz('Fmp4Demuxer', [tiny('+frag_keyframe+empty_moov'), ...inputs], (bytes) => demux(bytes, 600), 15_000);
