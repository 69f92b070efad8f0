import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { writeExpGolomb } from '../../testing/exp-golomb.ts';
import { attempt, fuzz } from '../../testing/fuzz.ts';
import { goFuzzInputs } from '../../testing/go-fuzz.ts';
import { sharedPath } from '../../testing/shared.ts';
import { BitWriter } from '../bit-writer.ts';
import { createH265Track } from './h265-track.ts';
import { hevcDecoderConfiguration } from './hevc-configuration.ts';
import { isH265Irap, isH265Rasl, isH265Vcl } from './nal-unit-type.ts';
import { parseH265Pps, parseH265SlicePpsId } from './pps.ts';
import { h265CodecString } from './profile-tier-level.ts';
import { parseH265Sps } from './sps.ts';
import { parseH265Vps } from './vps.ts';

const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

// A camera of 1080p at 30 fps
const VPS = fromHex('40010c01ffff016000000300900000030000030078999809');
const SPS = fromHex('420101016000000300900000030000030078a003c08010e596666924cae010000003001000000301e080');
const PPS = fromHex('4401c172b46240');

test('an SPS of 1080p at 30 fps', () => {
  const { profileTierLevel, ...sps } = parseH265Sps(SPS);
  assert.deepEqual(sps, {
    id: 0,
    vpsId: 0,
    subLayers: 1,
    isTemporalIdNested: true,
    chromaFormatIdc: 1,
    bitDepthLuma: 8,
    bitDepthChroma: 8,
    width: 1920,
    height: 1080,
    maxReorderPics: 2,
    frameRate: 30,
  });
  assert.deepEqual(profileTierLevel, {
    profileSpace: 0,
    isHighTier: false,
    profileIdc: 1,
    compatibilityFlags: 0x6000_0000,
    constraintBytes: [0x90, 0, 0, 0, 0, 0],
    levelIdc: 120,
  });
});

test('a track names its profile, level and codec', () => {
  assert.deepEqual(createH265Track(0, 90_000, { vps: [VPS], sps: [SPS], pps: [PPS] }).video, {
    codecString: 'hvc1.1.6.L120.90',
    profile: 'Main',
    level: '4.0',
    width: 1920,
    height: 1080,
    frameRate: 30,
    reorderDepth: 2,
  });
});

for (const { name, changes, want } of [
  { name: 'Main 10', changes: { profileIdc: 2, compatibilityFlags: 0x2000_0000 }, want: 'hvc1.2.4.L120.B0' },
  { name: 'high tier', changes: { isHighTier: true }, want: 'hvc1.1.6.H120.B0' },
  { name: 'a profile space', changes: { profileSpace: 1 }, want: 'hvc1.A1.6.L120.B0' },
  { name: 'no constraints', changes: { constraintBytes: [0, 0, 0, 0, 0, 0] }, want: 'hvc1.1.6.L120' },
  {
    name: 'constraints with a hole',
    changes: { constraintBytes: [0xb0, 0, 0x23, 0, 0, 0] },
    want: 'hvc1.1.6.L120.B0.0.23',
  },
]) {
  test(`codec string: ${name}`, () => {
    const plain = {
      profileSpace: 0,
      isHighTier: false,
      profileIdc: 1,
      compatibilityFlags: 0x6000_0000,
      constraintBytes: [0xb0, 0, 0, 0, 0, 0],
      levelIdc: 120,
    };
    assert.equal(h265CodecString({ ...plain, ...changes }), want);
  });
}

test('VPS and PPS', () => {
  assert.deepEqual(parseH265Vps(VPS), { id: 0, frameRate: undefined });
  assert.deepEqual(parseH265Pps(PPS), { id: 0, spsId: 0 });
  assert.equal(parseH265SlicePpsId(fromHex('2601 af80')), 0);
  assert.equal(parseH265SlicePpsId(fromHex('0201 a880')), 1);
});

test('the frame rate of a VPS is used where the SPS has none', () => {
  const writer = new BitWriter();
  writer.bits(0x4001, 16);
  writer.bits(0x0c01ffff, 32); // id 0, one layer, one sub-layer
  for (let i = 0; i < 12; i++) writer.bits(0xff, 8); // profile_tier_level, without runs to escape
  writer.bits(0b0111, 4); // one ordering info of three zeros
  writer.bits(0, 6);
  writeExpGolomb(writer, 0);
  writer.bits(1, 1);
  writer.bits(0x0101_0101, 32);
  writer.bits(0x3232_3232, 32);
  const vps = writer.finish();
  assert.deepEqual(parseH265Vps(vps), { id: 0, frameRate: 50 });
  const withoutVui = SPS.subarray(0, 29);
  assert.equal(createH265Track(0, 90_000, { vps: [vps], sps: [withoutVui], pps: [PPS] }).video.frameRate, 50);
});

test('a VPS whose timing cannot be read still has its id', () => {
  assert.deepEqual(parseH265Vps(fromHex('40015c')), { id: 5, frameRate: undefined });
});

test('hvcC has the sets in arrays of their own, marked complete', () => {
  const track = createH265Track(0, 90_000, { vps: [VPS], sps: [SPS], pps: [PPS] });
  const bytes = hevcDecoderConfiguration(track);
  const head = '01 01 60000000 900000000000 78 f000 fc fd f8 f8 0000 0f 03';
  const array = (type: string, nal: Uint8Array): Uint8Array =>
    new Uint8Array(Buffer.concat([fromHex(`${type} 0001 00`), Uint8Array.of(nal.length), nal]));
  const want = [fromHex(head), array('a0', VPS), array('a1', SPS), array('a2', PPS)];
  assert.deepEqual(bytes, new Uint8Array(Buffer.concat(want)));
});

describe('refused', () => {
  for (const { name, parse, nal, code } of [
    { name: 'no SPS', parse: parseH265Sps, nal: PPS, code: 'ERR_H265_SPS' },
    {
      name: 'an SPS that ends early',
      parse: parseH265Sps,
      nal: SPS.subarray(0, 20),
      code: 'ERR_BITS_EXHAUSTED',
    },
    {
      name: 'an SPS of 5,000 bytes',
      parse: parseH265Sps,
      nal: new Uint8Array(5000).fill(0x42),
      code: 'ERR_H265_SPS',
    },
    { name: 'no VPS', parse: parseH265Vps, nal: SPS, code: 'ERR_H265_VPS' },
    {
      name: 'a VPS that ends early',
      parse: parseH265Vps,
      nal: VPS.subarray(0, 2),
      code: 'ERR_BITS_EXHAUSTED',
    },
    { name: 'no PPS', parse: parseH265Pps, nal: VPS, code: 'ERR_H265_PPS' },
    {
      name: 'a PPS with an id above 63',
      parse: parseH265Pps,
      nal: fromHex('4401 020c 80'),
      code: 'ERR_H265_PPS',
    },
    {
      name: 'a slice that ends early',
      parse: parseH265SlicePpsId,
      nal: fromHex('2601'),
      code: 'ERR_BITS_EXHAUSTED',
    },
  ]) {
    test(name, () => {
      assert.throws(() => parse(nal), { name: 'ProtocolError', code });
    });
  }
});

test('NAL unit types', () => {
  const all = Array.from({ length: 64 }, (_, type) => type);
  assert.deepEqual(all.filter(isH265Irap), [16, 17, 18, 19, 20, 21, 22, 23]);
  assert.deepEqual(all.filter(isH265Rasl), [8, 9]);
  assert.equal(all.filter(isH265Vcl).length, 32);
});

const corpora = sharedPath('vectors', 'mediacommon-fuzz', 'pkg', 'codecs', 'h265', 'testdata', 'fuzz');
const PARSERS = [parseH265Vps, parseH265Sps, parseH265Pps, parseH265SlicePpsId];
const spsCorpus: Uint8Array[] = [];
if (corpora !== undefined) {
  for (const { args } of goFuzzInputs(`${corpora}/FuzzSPSUnmarshal`)) spsCorpus.push(...args);
}
test('the shared H.265 corpora parse or throw ProtocolError', (t) => {
  if (corpora === undefined) {
    t.diagnostic('shared/vectors/mediacommon-fuzz is missing: it is not tested');
    return;
  }
  for (const { args } of goFuzzInputs(corpora)) {
    for (const input of args) for (const parse of PARSERS) attempt(parse.name, input, parse);
  }
});

fuzz('parseH265Vps', [VPS], parseH265Vps);
fuzz('parseH265Sps', [SPS, ...spsCorpus], parseH265Sps);
fuzz('parseH265Pps', [PPS], parseH265Pps);
fuzz('parseH265SlicePpsId', [fromHex('2601af80'), fromHex('0201a880')], parseH265SlicePpsId);
