import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProtocolError } from '../errors.ts';
import { attempt, fuzz } from '../testing/fuzz.ts';
import { goFuzzInputs } from '../testing/go-fuzz.ts';
import { sharedPath } from '../testing/shared.ts';
import {
  joinAnnexB,
  joinLengthPrefixed,
  NAL_LIMITS,
  splitAnnexB,
  splitLengthPrefixed,
  unescapeNal,
} from './nal-units.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

for (const { name, stream, want } of [
  { name: 'one NAL unit', stream: bytes(0, 0, 1, 0x65, 7), want: [bytes(0x65, 7)] },
  {
    name: '4-byte start codes',
    stream: bytes(0, 0, 0, 1, 9, 0xf0, 0, 0, 0, 1, 0x65),
    want: [bytes(9, 0xf0), bytes(0x65)],
  },
  { name: 'zeros in front and behind', stream: bytes(0, 0, 0, 0, 0, 1, 0x65, 0, 0), want: [bytes(0x65)] },
  { name: 'an empty NAL unit', stream: bytes(0, 0, 1, 0, 0, 1, 0x65), want: [bytes(0x65)] },
  {
    name: 'an emulation prevention byte',
    stream: bytes(0, 0, 1, 0x65, 0, 0, 3, 1),
    want: [bytes(0x65, 0, 0, 3, 1)],
  },
]) {
  test(`splitAnnexB: ${name}`, () => {
    assert.deepEqual(splitAnnexB(stream), want);
    for (const nal of splitAnnexB(stream)) assert.equal(nal.buffer, stream.buffer, 'a view');
  });
}

for (const { name, stream } of [
  { name: 'nothing', stream: bytes() },
  { name: 'no start code', stream: bytes(1, 2, 3) },
  { name: 'rubbish in front', stream: bytes(5, 0, 0, 1, 0x65) },
]) {
  test(`splitAnnexB refuses ${name}`, () => {
    assert.throws(() => splitAnnexB(stream), { name: 'ProtocolError', code: 'ERR_ANNEX_B_NO_START_CODE' });
  });
}

test('both splitters refuse more NAL units than the limit', () => {
  const nals = Array.from({ length: NAL_LIMITS.count + 1 }, () => bytes(0x65));
  assert.throws(() => splitAnnexB(joinAnnexB(nals)), { code: 'ERR_NAL_COUNT' });
  assert.throws(() => splitLengthPrefixed(joinLengthPrefixed(nals)), { code: 'ERR_NAL_COUNT' });
});

for (const { name, stream, lengthSize } of [
  { name: 'a length that ends early', stream: bytes(0, 0, 0), lengthSize: 4 },
  { name: 'a NAL unit that ends early', stream: bytes(0, 0, 0, 2, 0x65), lengthSize: 4 },
  { name: 'a short length that reaches beyond', stream: bytes(9, 0x65), lengthSize: 1 },
]) {
  test(`splitLengthPrefixed refuses ${name}`, () => {
    assert.throws(() => splitLengthPrefixed(stream, lengthSize), { code: 'ERR_NAL_LENGTH' });
  });
}

/** A NAL unit as an encoder writes it: three bytes below 4 in a row only with the escape, no zero at the end. */
const nalUnit = fc
  .array(fc.oneof(fc.nat(3), fc.nat(255)), { minLength: 1, maxLength: 40 })
  .map((payload) => escaped([0x65, ...payload, 0x80]));

function escaped(payload: readonly number[]): Uint8Array {
  const out: number[] = [];
  for (const byte of payload) {
    if (byte <= 3 && out.at(-1) === 0 && out.at(-2) === 0) out.push(3);
    out.push(byte);
  }
  return Uint8Array.from(out);
}

test('splitting undoes joining', () => {
  fc.assert(
    fc.property(fc.array(nalUnit, { minLength: 1 }), (nals) => {
      assert.deepEqual(splitAnnexB(joinAnnexB(nals)), nals);
      assert.deepEqual(splitLengthPrefixed(joinLengthPrefixed(nals)), nals);
    }),
  );
});

test('unescapeNal undoes escaping', () => {
  const payload = fc.array(fc.oneof(fc.nat(3), fc.nat(255)));
  fc.assert(
    fc.property(payload, (plain) => {
      const nal = escaped(plain);
      const copy = nal.slice();
      assert.deepEqual([...unescapeNal(nal)], plain);
      assert.deepEqual(nal, copy, 'input is left untouched');
    }),
  );
});

const corpora = sharedPath('vectors', 'mediacommon-fuzz', 'pkg', 'codecs', 'h264', 'testdata', 'fuzz');
test('the shared corpora split or throw ProtocolError', (t) => {
  if (corpora === undefined) {
    t.diagnostic('shared/vectors/mediacommon-fuzz is missing: it is not tested');
    return;
  }
  for (const { args } of goFuzzInputs(corpora)) {
    for (const input of args) {
      attempt('splitAnnexB', input, splitAnnexB);
      attempt('splitLengthPrefixed', input, splitLengthPrefixed);
      attempt('unescapeNal', input, unescapeNal);
    }
  }
});

const seeds = [
  joinAnnexB([bytes(0x67, 1), bytes(0x68, 2), bytes(0x65, 0, 0, 3, 1)]),
  joinLengthPrefixed([bytes(9, 0xf0), bytes(0x65)]),
];
fuzz('splitAnnexB', seeds, splitAnnexB);
fuzz('splitLengthPrefixed', seeds, (input) => [1, 2, 4].map((size) => split(input, size)));

function split(input: Uint8Array, lengthSize: number): Uint8Array[] | ProtocolError {
  try {
    return splitLengthPrefixed(input, lengthSize);
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
}
