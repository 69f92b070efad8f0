import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createG711Track, decodeG711, encodeG711 } from './g711.ts';

for (const { codec, byte, linear } of [
  // ITU-T G.711 tables 1 and 2, scaled to 16 bits
  { codec: 'pcmu', byte: 0xff, linear: 0 },
  { codec: 'pcmu', byte: 0x80, linear: 32_124 },
  { codec: 'pcmu', byte: 0x00, linear: -32_124 },
  { codec: 'pcmu', byte: 0xfe, linear: 8 },
  { codec: 'pcma', byte: 0xd5, linear: 8 },
  { codec: 'pcma', byte: 0x55, linear: -8 },
  { codec: 'pcma', byte: 0xaa, linear: 32_256 },
  { codec: 'pcma', byte: 0x2a, linear: -32_256 },
] as const) {
  test(`${codec} ${byte.toString(16)} is ${linear}`, () => {
    assert.deepEqual(decodeG711(codec, Uint8Array.of(byte)), Int16Array.of(linear));
    assert.deepEqual(encodeG711(codec, Int16Array.of(linear)), Uint8Array.of(byte));
  });
}

for (const codec of ['pcmu', 'pcma'] as const) {
  test(`${codec}: every byte survives decoding and encoding`, () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    // mu-law has two zeros: the negative one encodes as the positive one.
    const want = bytes.map((byte) => (codec === 'pcmu' && byte === 0x7f ? 0xff : byte));
    assert.deepEqual(encodeG711(codec, decodeG711(codec, bytes)), want);
  });

  test(`${codec}: a sample is off by at most a 16th, and never on the other side of its neighbours`, () => {
    const sample = fc.integer({ min: -32_768, max: 32_767 });
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const [first = 0, second = 0] = decodeG711(codec, encodeG711(codec, Int16Array.of(a, b)));
        assert.ok(Math.abs(first - a) <= Math.max(16, Math.abs(a) / 16), `${a} became ${first}`);
        if (a < b) assert.ok(first <= second);
      }),
    );
  });
}

test('createG711Track: the clock rate is the sample rate', () => {
  assert.deepEqual(createG711Track(1, 'pcma', 8000, 1), {
    kind: 'audio',
    codec: 'pcma',
    id: 1,
    clockRate: 8000,
    sampleRate: 8000,
    channels: 1,
  });
  assert.throws(() => createG711Track(1, 'pcma', 0, 1), RangeError);
});
