import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { attempt, fuzz } from '../../testing/fuzz.ts';
import { goFuzzInputs } from '../../testing/go-fuzz.ts';
import {
  HIGH_720P,
  IDR_SLICE,
  writePps,
  writeRecoveryPoint,
  writeSlice,
  writeSps,
  type SliceFields,
  type SpsFields,
} from '../../testing/h264-writer.ts';
import { sharedPath } from '../../testing/shared.ts';
import { avcDecoderConfiguration, parseAvcDecoderConfiguration } from './avc-configuration.ts';
import { createH264Track } from './h264-track.ts';
import { h264LevelName, h264ProfileName } from './levels.ts';
import { parsePps } from './pps.ts';
import { findRecoveryPoint } from './sei.ts';
import { parseSliceHeader, parseSlicePpsId, startsNewPicture } from './slice-header.ts';
import { parseSps } from './sps.ts';

const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const PPS = fromHex('68ebe3cb22c0');

describe('parameter sets of real encoders', () => {
  for (const { name, hex, want } of [
    {
      name: 'CIF at 15 fps, High',
      hex: '6764000cac3b50b04b42000003000200000300 3d08',
      want: {
        codecString: 'avc1.64000c',
        profile: 'High',
        level: '1.2',
        width: 352,
        height: 288,
        frameRate: 15,
      },
    },
    {
      name: 'x264 720p at 30 fps',
      hex: '6764001facd9405005bb016c80000003008000001e078c18cb',
      want: {
        codecString: 'avc1.64001f',
        profile: 'High',
        level: '3.1',
        width: 1280,
        height: 720,
        frameRate: 30,
      },
    },
    {
      name: 'x264 1080p at 30 fps, Constrained Baseline: cropped to 1080 lines',
      hex: '6742c028d900780227e584000003000400000300f03c60c920',
      want: {
        codecString: 'avc1.42c028',
        profile: 'Constrained Baseline',
        level: '4.0',
        width: 1920,
        height: 1080,
        frameRate: 30,
      },
    },
  ]) {
    test(name, () => {
      const { reorderDepth, ...video } = createH264Track(0, 90_000, {
        sps: [fromHex(hex)],
        pps: [PPS],
      }).video;
      assert.deepEqual(video, want);
      assert.ok(reorderDepth <= 2);
    });
  }
});

describe('parseSps', () => {
  const fields: fc.Arbitrary<SpsFields> = fc.record({
    profileIdc: fc.constantFrom(66, 77, 88, 100, 110, 122, 244),
    constraintFlags: fc.constantFrom(0, 0x10, 0x40, 0xc0),
    levelIdc: fc.constantFrom(9, 10, 11, 30, 31, 40, 51, 62),
    id: fc.nat(31),
    chromaFormatIdc: fc.integer({ min: 1, max: 3 }),
    frameNumBits: fc.integer({ min: 4, max: 16 }),
    picOrderCntType: fc.constantFrom(0, 1, 2),
    picOrderCntLsbBits: fc.integer({ min: 4, max: 16 }),
    frameMbsOnly: fc.boolean(),
    widthMbs: fc.integer({ min: 2, max: 300 }),
    heightMapUnits: fc.integer({ min: 2, max: 300 }),
    crop: fc.option(fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2)), { nil: undefined }),
    timing: fc.option(
      fc.record({
        unitsInTick: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
        timeScale: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      }),
      { nil: undefined },
    ),
    maxReorderFrames: fc.option(fc.nat(16), { nil: undefined }),
  });

  test('reads back what was written', () => {
    fc.assert(
      fc.property(fields, (want) => {
        const sps = parseSps(writeSps(want));
        assert.equal(sps.id, want.id);
        assert.equal(sps.frameNumBits, want.frameNumBits);
        assert.equal(sps.picOrderCntType, want.picOrderCntType);
        assert.equal(sps.picOrderCntLsbBits, want.picOrderCntType === 0 ? want.picOrderCntLsbBits : 0);
        assert.equal(sps.frameMbsOnly, want.frameMbsOnly);
        assert.equal(sps.frameRate, want.timing && want.timing.timeScale / (2 * want.timing.unitsInTick));
        const chroma = want.profileIdc >= 100 ? want.chromaFormatIdc : 1;
        const fieldLines = want.frameMbsOnly ? 1 : 2;
        const [left, right, top, bottom] = want.crop ?? [0, 0, 0, 0];
        assert.equal(sps.width, want.widthMbs * 16 - (chroma === 3 ? 1 : 2) * (left + right));
        assert.equal(
          sps.height,
          fieldLines * (want.heightMapUnits * 16 - (chroma === 1 ? 2 : 1) * (top + bottom)),
        );
      }),
    );
  });

  for (const { name, changes, depth, isDeclared } of [
    { name: 'declared', changes: { maxReorderFrames: 2 }, depth: 2, isDeclared: true },
    { name: 'declared as none', changes: { maxReorderFrames: 0 }, depth: 0, isDeclared: true },
    {
      name: 'not declared, 720p at level 3.1: what the buffer holds',
      changes: {},
      depth: 5,
      isDeclared: false,
    },
    {
      name: 'not declared, QCIF at level 3.1: 16 at most',
      changes: { widthMbs: 11, heightMapUnits: 9 },
      depth: 16,
      isDeclared: false,
    },
    { name: 'Baseline', changes: { profileIdc: 66 }, depth: 0, isDeclared: true },
    {
      name: 'an intra profile',
      changes: { profileIdc: 110, constraintFlags: 0x10 },
      depth: 0,
      isDeclared: true,
    },
    {
      name: 'picture order count type 2',
      changes: { picOrderCntType: 2 as const },
      depth: 0,
      isDeclared: true,
    },
  ]) {
    test(`reordering: ${name}`, () => {
      const sps = parseSps(writeSps({ ...HIGH_720P, ...changes }));
      assert.equal(sps.maxReorderFrames, depth);
      assert.equal(sps.isReorderDeclared, isDeclared);
    });
  }

  test('a VUI that is cut off loses only what is behind the cut', () => {
    const whole = writeSps({ ...HIGH_720P, timing: { unitsInTick: 1, timeScale: 50 }, maxReorderFrames: 3 });
    const cut = parseSps(whole.subarray(0, whole.length - 4));
    assert.equal(cut.frameRate, 25);
    assert.equal(cut.width, 1280);
    assert.equal(cut.isReorderDeclared, false);
  });

  for (const { name, nal, code } of [
    { name: 'nothing', nal: new Uint8Array(), code: 'ERR_H264_SPS' },
    { name: 'another NAL unit', nal: PPS, code: 'ERR_H264_SPS' },
    { name: 'an SPS that ends early', nal: fromHex('6764001f'), code: 'ERR_BITS_EXHAUSTED' },
    { name: 'an id above 31', nal: writeSps({ ...HIGH_720P, id: 32 }), code: 'ERR_H264_SPS' },
    { name: 'a picture too wide', nal: writeSps({ ...HIGH_720P, widthMbs: 1056 }), code: 'ERR_H264_SPS' },
    {
      name: 'cropping that leaves nothing',
      nal: writeSps({ ...HIGH_720P, crop: [700, 0, 0, 0] }),
      code: 'ERR_H264_SPS',
    },
    { name: 'one of 5,000 bytes', nal: new Uint8Array(5000).fill(0x67), code: 'ERR_H264_SPS' },
  ]) {
    test(`refuses ${name}`, () => {
      assert.throws(() => parseSps(nal), { name: 'ProtocolError', code });
    });
  }
});

describe('names', () => {
  for (const { profileIdc, constraintFlags, levelIdc, profile, level } of [
    { profileIdc: 66, constraintFlags: 0xc0, levelIdc: 30, profile: 'Constrained Baseline', level: '3.0' },
    { profileIdc: 66, constraintFlags: 0x90, levelIdc: 11, profile: 'Baseline', level: '1b' },
    { profileIdc: 77, constraintFlags: 0x40, levelIdc: 40, profile: 'Main', level: '4.0' },
    { profileIdc: 100, constraintFlags: 0x0c, levelIdc: 9, profile: 'Constrained High', level: '1b' },
    { profileIdc: 110, constraintFlags: 0x10, levelIdc: 51, profile: 'High 10 Intra', level: '5.1' },
    { profileIdc: 99, constraintFlags: 0, levelIdc: 62, profile: 'Profile 99', level: '6.2' },
  ]) {
    test(`${profile} at level ${level}`, () => {
      const profileLevel = { profileIdc, constraintFlags, levelIdc };
      assert.equal(h264ProfileName(profileLevel), profile);
      assert.equal(h264LevelName(profileLevel), level);
    });
  }
});

test('parsePps reads back what was written', () => {
  fc.assert(
    fc.property(fc.nat(255), fc.nat(31), (id, spsId) => {
      assert.deepEqual(parsePps(writePps(id, spsId)), { id, spsId, bottomFieldPicOrderPresent: false });
    }),
  );
});

for (const { name, nal, code } of [
  { name: 'nothing', nal: new Uint8Array(), code: 'ERR_H264_PPS' },
  { name: 'a PPS that ends early', nal: Uint8Array.of(0x68), code: 'ERR_BITS_EXHAUSTED' },
  { name: 'an id above 255', nal: writePps(256, 0), code: 'ERR_H264_PPS' },
  { name: 'an SPS id above 31', nal: writePps(0, 32), code: 'ERR_H264_PPS' },
]) {
  test(`parsePps refuses ${name}`, () => {
    assert.throws(() => parsePps(nal), { name: 'ProtocolError', code });
  });
}

describe('slice headers', () => {
  const sets = { sps: parseSps(writeSps(HIGH_720P)), pps: parsePps(writePps(3, 0)) };
  const slice: fc.Arbitrary<SliceFields> = fc.record({
    isIdr: fc.boolean(),
    isReference: fc.constant(true),
    firstMb: fc.nat(3600),
    sliceType: fc.nat(9),
    ppsId: fc.nat(255),
    frameNum: fc.nat(15),
    picOrderCntLsb: fc.nat(63),
    idrPicId: fc.nat(65_535),
  });

  test('read back what was written', () => {
    fc.assert(
      fc.property(slice, (fields) => {
        const nal = writeSlice(HIGH_720P, fields);
        assert.equal(parseSlicePpsId(nal), fields.ppsId);
        assert.deepEqual(
          parseSliceHeader(nal, () => sets),
          {
            ...fields,
            sliceType: fields.sliceType % 5,
            idrPicId: fields.isIdr ? fields.idrPicId : 0,
            isField: false,
            isBottomField: false,
            deltaPicOrderCntBottom: 0,
            deltaPicOrderCnt0: 0,
            deltaPicOrderCnt1: 0,
          },
        );
      }),
    );
  });

  test('are unknown without parameter sets', () => {
    assert.equal(
      parseSliceHeader(writeSlice(HIGH_720P, IDR_SLICE), () => undefined),
      undefined,
    );
  });

  test('refuse a slice_type above 9', () => {
    const nal = writeSlice(HIGH_720P, { ...IDR_SLICE, sliceType: 10 });
    assert.throws(() => parseSliceHeader(nal, () => sets), { name: 'ProtocolError', code: 'ERR_H264_SLICE' });
  });

  for (const { name, changes, isNew } of [
    { name: 'another first macroblock', changes: { firstMb: 40 }, isNew: false },
    { name: 'another slice type', changes: { sliceType: 5 }, isNew: false },
    { name: 'another frame_num', changes: { frameNum: 1 }, isNew: true },
    { name: 'another PPS', changes: { ppsId: 1 }, isNew: true },
    { name: 'another nal_ref_idc, which becomes 0', changes: { isReference: false }, isNew: true },
    { name: 'another picture order count', changes: { picOrderCntLsb: 2 }, isNew: true },
    { name: 'another IDR picture', changes: { idrPicId: 1 }, isNew: true },
    { name: 'no IDR picture any more', changes: { isIdr: false }, isNew: true },
  ]) {
    test(`with ${name} ${isNew ? 'begin another picture' : 'belong to the same picture'}`, () => {
      const first = parseSliceHeader(writeSlice(HIGH_720P, IDR_SLICE), () => sets);
      const second = parseSliceHeader(writeSlice(HIGH_720P, { ...IDR_SLICE, ...changes }), () => sets);
      assert.ok(first && second);
      assert.equal(startsNewPicture(first, second), isNew);
    });
  }
});

for (const { name, nal, want } of [
  { name: 'behind user data', nal: writeRecoveryPoint(0), want: { frameCount: 0 } },
  { name: 'of intra refresh', nal: writeRecoveryPoint(24), want: { frameCount: 24 } },
  { name: 'absent', nal: fromHex('06 0403b50031 80'), want: undefined },
  { name: 'of no bytes', nal: fromHex('06 0600 80'), want: undefined },
  { name: 'behind a size that reaches beyond', nal: fromHex('06 05ff10 aa80'), want: undefined },
]) {
  test(`recovery point SEI ${name}`, () => {
    assert.deepEqual(findRecoveryPoint(nal), want);
  });
}

test('avcC reads back, with the format bytes of High', () => {
  const sps = writeSps(HIGH_720P);
  const track = createH264Track(0, 90_000, { sps: [sps], pps: [PPS, writePps(1, 0)] });
  const bytes = avcDecoderConfiguration(track);
  assert.deepEqual([...bytes.subarray(0, 6)], [1, 100, 0, 31, 0xff, 0xe1]);
  assert.deepEqual([...bytes.subarray(-4)], [0xfd, 0xf8, 0xf8, 0]);
  assert.deepEqual(parseAvcDecoderConfiguration(bytes), {
    lengthSize: 4,
    sps: [sps],
    pps: [PPS, writePps(1, 0)],
  });
});

for (const { name, hex } of [
  { name: 'nothing', hex: '' },
  { name: 'another version', hex: '0064001fffe10000 00' },
  { name: '3-byte lengths', hex: '0164001ffee1000000' },
  { name: 'an SPS that ends early', hex: '0164001fffe1000967' },
  { name: 'no count of PPS', hex: '0164001fffe1000167' },
]) {
  test(`avcC: refuses ${name}`, () => {
    assert.throws(() => parseAvcDecoderConfiguration(fromHex(hex)), {
      name: 'ProtocolError',
      code: 'ERR_AVCC',
    });
  });
}

const corpora = sharedPath('vectors', 'mediacommon-fuzz', 'pkg', 'codecs', 'h264', 'testdata', 'fuzz');
const spsCorpus: Uint8Array[] = [];
test('the shared H.264 corpora parse or throw ProtocolError', (t) => {
  if (corpora === undefined) {
    t.diagnostic('shared/vectors/mediacommon-fuzz is missing: it is not tested');
    return;
  }
  for (const { args } of goFuzzInputs(corpora))
    for (const input of args) attempt('H.264', input, parseAnything);
});
if (corpora !== undefined) {
  for (const { args } of goFuzzInputs(`${corpora}/FuzzSPSUnmarshal`)) spsCorpus.push(...args);
}

const anySets = {
  sps: parseSps(writeSps({ ...HIGH_720P, frameMbsOnly: false })),
  pps: parsePps(writePps(0, 0)),
};

function parseAnything(input: Uint8Array): void {
  for (const parse of [
    parseSps,
    parsePps,
    parseSlicePpsId,
    findRecoveryPoint,
    parseAvcDecoderConfiguration,
  ]) {
    attempt(parse.name, input, parse);
  }
  attempt('parseSliceHeader', input, (nal) => parseSliceHeader(nal, () => anySets));
}

const spsSeeds = [
  writeSps(HIGH_720P),
  writeSps({ ...HIGH_720P, picOrderCntType: 1, frameMbsOnly: false, crop: [1, 1, 1, 1] }),
  writeSps({ ...HIGH_720P, timing: { unitsInTick: 1, timeScale: 50 }, maxReorderFrames: 2 }),
];
fuzz('parseSps', [...spsSeeds, ...spsCorpus], parseSps);
fuzz('parsePps', [PPS, writePps(255, 31)], parsePps);
fuzz('parseSliceHeader', [writeSlice(HIGH_720P, IDR_SLICE)], (nal) => parseSliceHeader(nal, () => anySets));
fuzz('findRecoveryPoint', [writeRecoveryPoint(0), writeRecoveryPoint(24)], findRecoveryPoint);
fuzz(
  'parseAvcDecoderConfiguration',
  [avcDecoderConfiguration(createH264Track(0, 90_000, { sps: spsSeeds.slice(0, 1), pps: [PPS] }))],
  parseAvcDecoderConfiguration,
);
