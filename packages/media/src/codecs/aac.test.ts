import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { audioCodecString } from '../audio-codec-string.ts';
import { attempt, fuzz } from '../testing/fuzz.ts';
import { goFuzzInputs } from '../testing/go-fuzz.ts';
import { sharedPath } from '../testing/shared.ts';
import {
  aacCodecString,
  createAacTrack,
  parseAudioSpecificConfig,
  serializeAudioSpecificConfig,
  type AudioSpecificConfig,
} from './aac.ts';
import { serializeAdts, splitAdts } from './adts.ts';

const LC: AudioSpecificConfig = {
  objectType: 2,
  sampleRate: 48_000,
  channelConfiguration: 2,
  channels: 2,
  samplesPerFrame: 1024,
  sbr: undefined,
};

const CONFIGS: readonly {
  readonly name: string;
  readonly hex: string;
  readonly want: AudioSpecificConfig;
  readonly codecString: string;
  readonly isCanonical: boolean;
}[] = [
  { name: 'AAC-LC 48 kHz stereo', hex: '1190', want: LC, codecString: 'mp4a.40.2', isCanonical: true },
  {
    name: 'AAC-LC 16 kHz mono',
    hex: '1408',
    want: { ...LC, sampleRate: 16_000, channelConfiguration: 1, channels: 1 },
    codecString: 'mp4a.40.2',
    isCanonical: true,
  },
  {
    name: 'AAC-LC 5.1 with 960 samples a frame',
    hex: '11b4',
    want: { ...LC, channelConfiguration: 6, channels: 6, samplesPerFrame: 960 },
    codecString: 'mp4a.40.2',
    isCanonical: true,
  },
  {
    name: 'AAC-LC with a rate of its own, 53 kHz',
    hex: '178067841 0'.replace(' ', ''),
    want: { ...LC, sampleRate: 53_000 },
    codecString: 'mp4a.40.2',
    isCanonical: true,
  },
  {
    name: 'HE-AAC, hierarchical',
    hex: '2b920800',
    want: { ...LC, sampleRate: 22_050, sbr: { sampleRate: 44_100, hasParametricStereo: false } },
    codecString: 'mp4a.40.5',
    isCanonical: true,
  },
  {
    name: 'HE-AAC v2, hierarchical',
    hex: 'eb8a0800',
    want: {
      ...LC,
      sampleRate: 22_050,
      channelConfiguration: 1,
      channels: 1,
      sbr: { sampleRate: 44_100, hasParametricStereo: true },
    },
    codecString: 'mp4a.40.29',
    isCanonical: true,
  },
  {
    name: 'HE-AAC, backward compatible',
    hex: '139056e5a0',
    want: { ...LC, sampleRate: 22_050, sbr: { sampleRate: 44_100, hasParametricStereo: false } },
    codecString: 'mp4a.40.5',
    isCanonical: false,
  },
  {
    name: 'AAC-LC with an extension that says no SBR',
    hex: '119056e500',
    want: LC,
    codecString: 'mp4a.40.2',
    isCanonical: false,
  },
  {
    name: 'channels by a program config element: one front pair',
    hex: '118004c400002000',
    want: { ...LC, channelConfiguration: 0, channels: 2 },
    codecString: 'mp4a.40.2',
    isCanonical: false,
  },
];

const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

for (const { name, hex, want, codecString, isCanonical } of CONFIGS) {
  test(`AudioSpecificConfig: ${name}`, () => {
    const bytes = fromHex(hex);
    const config = parseAudioSpecificConfig(bytes);
    assert.deepEqual(config, want);
    assert.equal(aacCodecString(config), codecString);
    if (isCanonical) assert.deepEqual(serializeAudioSpecificConfig(config), bytes);
    const track = createAacTrack(1, bytes);
    assert.equal(audioCodecString(track), codecString);
    assert.equal(track.clockRate, want.sampleRate);
  });
}

for (const { name, hex, code } of [
  { name: 'nothing', hex: '', code: 'ERR_BITS_EXHAUSTED' },
  { name: 'USAC', hex: 'f94400', code: 'ERR_AAC_CONFIG' },
  { name: 'a reserved sample rate', hex: '1690', code: 'ERR_AAC_CONFIG' },
  { name: 'a reserved channel configuration', hex: '11c8', code: 'ERR_AAC_CONFIG' },
  { name: 'a program config element that ends early', hex: '118004', code: 'ERR_BITS_EXHAUSTED' },
  { name: 'more bytes than any config has', hex: `1190${'00'.repeat(600)}`, code: 'ERR_AAC_CONFIG' },
]) {
  test(`AudioSpecificConfig: refuses ${name}`, () => {
    assert.throws(() => parseAudioSpecificConfig(fromHex(hex)), { name: 'ProtocolError', code });
  });
}

test('a program config element is not serialized', () => {
  assert.throws(() => serializeAudioSpecificConfig({ ...LC, channelConfiguration: 0 }), RangeError);
});

const plainConfig = fc.record({
  objectType: fc.integer({ min: 1, max: 4 }),
  sampleRate: fc.constantFrom(8000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000),
  channelConfiguration: fc.integer({ min: 1, max: 7 }),
});

test('ADTS: splitting undoes serializing', () => {
  const frame = fc.uint8Array({ minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(plainConfig, fc.array(frame, { minLength: 1, maxLength: 5 }), (plain, frames) => {
      const channels = plain.channelConfiguration === 7 ? 8 : plain.channelConfiguration;
      const config: AudioSpecificConfig = { ...plain, channels, samplesPerFrame: 1024, sbr: undefined };
      const stream = new Uint8Array(Buffer.concat(frames.map((each) => serializeAdts(config, each))));
      const want = frames.map((data) => ({ config, data, byteLength: data.length + 7 }));
      assert.deepEqual(splitAdts(stream), want);
    }),
  );
});

test('ADTS with a CRC', () => {
  const [frame] = splitAdts(fromHex('fff04c80015ffc' + 'beef' + 'aa'));
  assert.deepEqual(frame?.data, Uint8Array.of(0xaa));
  assert.equal(frame.config.sampleRate, 48_000);
});

for (const { name, hex } of [
  { name: 'lost sync', hex: 'ffe14c80013ffcaa' },
  { name: 'a header that ends early', hex: 'fff14c8001' },
  { name: 'a frame that ends early', hex: 'fff14c80015ffcaa' },
  { name: 'a frame shorter than its header', hex: 'fff14c80003ffcaa' },
  { name: 'several raw data blocks', hex: 'fff14c80011ffdaa' },
  { name: 'channels by a program config element', hex: 'fff14c00011ffcaa' },
  { name: 'a reserved sample rate', hex: 'fff17480011ffcaa' },
]) {
  test(`ADTS: refuses ${name}`, () => {
    assert.throws(() => splitAdts(fromHex(hex)), { name: 'ProtocolError', code: 'ERR_ADTS' });
  });
}

test('ADTS: what its header has no bits for is refused', () => {
  assert.throws(() => serializeAdts({ ...LC, sampleRate: 53_000 }, Uint8Array.of(1)), RangeError);
  assert.throws(() => serializeAdts({ ...LC, channelConfiguration: 11 }, Uint8Array.of(1)), RangeError);
  assert.throws(() => serializeAdts(LC, new Uint8Array(8185)), RangeError);
});

const corpora = sharedPath('vectors', 'mediacommon-fuzz', 'pkg', 'codecs', 'mpeg4audio', 'testdata', 'fuzz');
test('the shared MPEG-4 audio corpora parse or throw ProtocolError', (t) => {
  if (corpora === undefined) {
    t.diagnostic('shared/vectors/mediacommon-fuzz is missing: it is not tested');
    return;
  }
  for (const { args } of goFuzzInputs(corpora)) {
    for (const input of args) {
      attempt('parseAudioSpecificConfig', input, parseAudioSpecificConfig);
      attempt('splitAdts', input, splitAdts);
    }
  }
});

const configSeeds = CONFIGS.map(({ hex }) => fromHex(hex));
fuzz('parseAudioSpecificConfig', configSeeds, parseAudioSpecificConfig);
fuzz('splitAdts', [serializeAdts(LC, Uint8Array.of(1, 2, 3)), fromHex('fff04c80015ffcbeefaa')], splitAdts);
