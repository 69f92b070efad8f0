import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { av1SequenceHeaderOf, av1TrackFromConfig, createAv1Track } from './codecs/av1/av1-track.ts';
import { leb128Length, readLeb128, writeLeb128 } from './codecs/av1/leb128.ts';
import { ObuType, parseObu, splitObus } from './codecs/av1/obu.ts';
import { parseAv1SequenceHeader } from './codecs/av1/sequence-header.ts';
import { parseVp8FrameHeader } from './codecs/vp8/frame-header.ts';
import { parseVp9FrameHeader, splitSuperframe } from './codecs/vp9/frame-header.ts';
import { vpConfiguration } from './codecs/vp9/vp9-track.ts';
import type { AccessUnit } from './access-unit.ts';
import { ProtocolError } from './errors.ts';
import { FrameAssembler } from './frame-assembler.ts';
import { ffprobe } from './testing/ffmpeg.ts';
import { decodeFrames, frameHashes } from './testing/frame-hashes.ts';
import { fragmentedMp4 } from './testing/fragmented-mp4.ts';
import { fuzz } from './testing/fuzz.ts';
import { encodedVideo } from './testing/ivf.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const CODECS = ['vp8', 'vp9', 'av1'] as const;
const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const hasCode = (code: string) => (error: unknown) => error instanceof ProtocolError && error.code === code;

function assemble(codec: (typeof CODECS)[number], frames: readonly Uint8Array[]): AccessUnit[] {
  const assembler = new FrameAssembler(codec, 0, 90_000);
  return frames
    .map((frame, index) => assembler.push([frame], index * 3600))
    .filter((unit) => unit !== undefined);
}

for (const codec of CODECS) {
  test(`${codec}: what an encoder made becomes access units that decode to the same pictures from MP4`, () => {
    const { ivf, frames } = encodedVideo(codec);
    const units = assemble(codec, frames);
    assert.equal(units.length, frames.length);
    const [first] = units;
    assert.ok(first?.track.kind === 'video');
    assert.deepEqual([first.track.video.width, first.track.video.height], [320, 180]);
    assert.equal(units.filter(({ isRandomAccess }) => isRandomAccess).length, 3);
    assert.ok(
      units.every(({ track }) => track === first.track),
      'one track object throughout',
    );
    const mp4 = fragmentedMp4(units, 3600);
    assert.deepEqual(frameHashes(mp4, 'mp4'), frameHashes(ivf, 'ivf'));
  });

  test(`${codec}: decoding starts at a key frame`, () => {
    const { frames } = encodedVideo(codec);
    const units = assemble(codec, frames.slice(3));
    assert.equal(units.length, frames.length - 10);
    assert.equal(units[0]?.isRandomAccess, true);
    assert.equal(decodeFrames(fragmentedMp4(units, 3600), 'mp4').length, units.length);
  });
}

for (const { codec, tag, want } of [
  { codec: 'vp9', tag: 'vp09', want: 'vp09.00.11.08' },
  { codec: 'av1', tag: 'av01', want: /^av01\.0\.0[0-9]M\.08$/ },
  { codec: 'vp8', tag: 'vp08', want: 'vp08.00.41.08' },
] as const) {
  test(`${codec}: MP4 and codec string name it so that players take it`, (context) => {
    const units = assemble(codec, encodedVideo(codec).frames);
    const [unit] = units;
    assert.ok(unit?.track.kind === 'video');
    const { codecString } = unit.track.video;
    if (typeof want === 'string') assert.equal(codecString, want);
    else assert.match(codecString, want);
    const folder = mkdtempSync(path.join(tmpdir(), 'vedette-codec-'));
    context.after(() => rmSync(folder, { recursive: true }));
    const file = path.join(folder, 'a.mp4');
    writeFileSync(file, fragmentedMp4(units, 3600));
    const { streams } = ffprobe(file, '-show_streams') as { streams: Record<string, unknown>[] };
    assert.equal(streams[0]?.['codec_name'], codec);
    assert.equal(streams[0]['codec_tag_string'], tag);
  });
}

describe('AV1', () => {
  test('the configuration record gives its track back', () => {
    const [unit] = assemble('av1', encodedVideo('av1').frames);
    assert.ok(unit?.track.codec === 'av1');
    assert.deepEqual(av1TrackFromConfig(0, 90_000, unit.track.config), unit.track);
    assert.deepEqual(unit.data[0], av1SequenceHeaderOf(unit.track));
  });

  test('temporal delimiters and padding are taken out, OBUs without a size get one', () => {
    const [frame] = encodedVideo('av1').frames;
    assert.ok(frame);
    const bare = splitObus(frame).map(({ bytes, headerLength, payload }) => {
      const obu = new Uint8Array(headerLength + payload.length);
      obu.set(bytes.subarray(0, headerLength));
      obu[0] = (obu[0] ?? 0) & ~0x02;
      obu.set(payload, headerLength);
      return obu;
    });
    const padding = fromHex('7a03010203');
    const unit = new FrameAssembler('av1', 0, 90_000).push([...bare, padding], 0);
    const [whole] = assemble('av1', [frame]);
    assert.deepEqual(unit, whole);
    const types = (unit as AccessUnit).data.map((obu) => parseObu(obu).type);
    assert.equal(types[0], ObuType.sequenceHeader);
    assert.ok(!types.includes(ObuType.temporalDelimiter) && !types.includes(ObuType.padding));
  });

  for (const { name, hex, code } of [
    { name: 'the forbidden bit', hex: '92 00', code: 'ERR_AV1_OBU' },
    { name: 'a size beyond the end', hex: '12 05 00', code: 'ERR_AV1_OBU' },
    { name: 'a size that never ends', hex: '12 ff ff ff ff ff', code: 'ERR_AV1_LEB128' },
  ]) {
    test(`refuses an OBU with ${name}`, () => assert.throws(() => splitObus(fromHex(hex)), hasCode(code)));
  }

  test('a record of something else is refused', () => {
    assert.throws(() => av1TrackFromConfig(0, 90_000, fromHex('01640028')), hasCode('ERR_AV1_CONFIG'));
    assert.throws(() => av1TrackFromConfig(0, 90_000, fromHex('81000c00')), hasCode('ERR_AV1_CONFIG'));
  });

  for (const [value, hex] of [
    [0, '00'],
    [127, '7f'],
    [128, '8001'],
    [300, 'ac02'],
    [0xffff_ffff, 'ffffffff0f'],
  ] as const) {
    test(`LEB128 of ${value}`, () => {
      const bytes = new Uint8Array(leb128Length(value));
      assert.equal(writeLeb128(bytes, 0, value), bytes.length);
      assert.equal(Buffer.from(bytes).toString('hex'), hex);
      assert.deepEqual(readLeb128(bytes, 0), { value, length: bytes.length });
    });
  }
});

describe('VP8 and VP9', () => {
  test('a VP8 key frame says its size', () => {
    assert.deepEqual(parseVp8FrameHeader(fromHex('50 01 02 9d012a 8002 e001')), {
      isKeyFrame: true,
      version: 0,
      isShown: true,
      width: 640,
      height: 480,
    });
    assert.equal(parseVp8FrameHeader(fromHex('310102')).isKeyFrame, false);
  });

  for (const { name, hex } of [
    { name: 'two bytes', hex: '5001' },
    { name: 'a key frame without its start code', hex: '500102 000000 80020001' },
    { name: 'no width', hex: '500102 9d012a 0000e001' },
  ]) {
    test(`VP8 refuses ${name}`, () =>
      assert.throws(() => parseVp8FrameHeader(fromHex(hex)), hasCode('ERR_VP8_FRAME')));
  }

  test('a VP9 key frame says profile and size', () => {
    const header = parseVp9FrameHeader(fromHex('82 498342 00 27f0 1df0 00'));
    assert.deepEqual(header, {
      isKeyFrame: true,
      isShown: true,
      profile: 0,
      key: { bitDepth: 8, subsamplingX: 1, subsamplingY: 1, width: 640, height: 480 },
    });
  });

  test('a superframe is split by its index, and anything else left whole', () => {
    const superframe = fromHex('aabb cc c9 0200 0100 c9');
    assert.deepEqual(splitSuperframe(superframe), [fromHex('aabb'), fromHex('cc')]);
    for (const hex of ['aabb', 'c9', 'aa c9 ff00 ff00 c9', '00 c8'])
      assert.deepEqual(splitSuperframe(fromHex(hex)), [fromHex(hex)]);
  });

  test('vpcC has profile, level, depth and chroma of the codec string', () => {
    assert.equal(Buffer.from(vpConfiguration('vp09.00.31.08')).toString('hex'), '001f820202020000');
    assert.equal(Buffer.from(vpConfiguration('vp09.03.40.10.03')).toString('hex'), '0328a60202020000');
  });
});

const seeds = (codec: (typeof CODECS)[number]): Uint8Array[] =>
  encodedVideo(codec)
    .frames.slice(0, 12)
    .map((frame) => frame.slice(0, 200));

for (const codec of CODECS) {
  fuzz(
    `${codec} frames`,
    seeds(codec),
    (bytes) => {
      const assembler = new FrameAssembler(codec, 0, 90_000);
      assembler.push([bytes], 0);
      assembler.push([bytes.subarray(1), bytes], 1);
    },
    20_000,
  );
}
const SEQUENCE = av1SequenceHeaderOf(
  assemble('av1', encodedVideo('av1').frames)[0]?.track as Parameters<typeof av1SequenceHeaderOf>[0],
);
fuzz('createAv1Track', [SEQUENCE], (bytes) => createAv1Track(0, 90_000, bytes), 20_000);
fuzz('parseAv1SequenceHeader', [SEQUENCE.subarray(2)], parseAv1SequenceHeader, 20_000);
fuzz('splitSuperframe', [fromHex('aabbccc902000100c9')], splitSuperframe, 20_000);
