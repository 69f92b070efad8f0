import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProtocolError } from '../errors.ts';
import { writeExpGolomb, writeSignedExpGolomb } from '../testing/exp-golomb.ts';
import { BitReader } from './bit-reader.ts';
import { BitWriter } from './bit-writer.ts';

for (const { bits, ue, se } of [
  { bits: '1', ue: 0, se: 0 },
  { bits: '010', ue: 1, se: 1 },
  { bits: '011', ue: 2, se: -1 },
  { bits: '00100', ue: 3, se: 2 },
  { bits: '00111', ue: 6, se: -3 },
  { bits: `${'0'.repeat(31)}1${'1'.repeat(31)}`, ue: 2 ** 32 - 2, se: -(2 ** 31) + 1 },
]) {
  test(`Exp-Golomb ${bits}`, () => {
    const bytes = Uint8Array.from(
      (bits.padEnd(64, '0').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)),
    );
    const reader = new BitReader(bytes);
    assert.equal(reader.ue(), ue);
    assert.equal(reader.position, bits.length);
    assert.equal(new BitReader(bytes).se(), se);
  });
}

test('BitReader reads back whatever BitWriter wrote', () => {
  const field = fc
    .integer({ min: 0, max: 32 })
    .chain((count) => fc.tuple(fc.nat(2 ** count - 1), fc.constant(count)));
  fc.assert(
    fc.property(fc.array(field), fc.nat(2 ** 32 - 2), fc.integer(), (fields, unsigned, signed) => {
      const writer = new BitWriter();
      for (const [value, count] of fields) writer.bits(value, count);
      writeExpGolomb(writer, unsigned);
      writeSignedExpGolomb(writer, signed >> 1);
      const reader = new BitReader(writer.finish());
      for (const [value, count] of fields) assert.equal(reader.bits(count), value);
      assert.equal(reader.ue(), unsigned);
      assert.equal(reader.se(), signed >> 1);
      assert.ok(reader.bitsLeft < 8);
    }),
  );
});

for (const { name, read } of [
  { name: 'bit', read: (reader: BitReader) => reader.bit() },
  { name: 'bits', read: (reader: BitReader) => reader.bits(9) },
  { name: 'skip', read: (reader: BitReader) => reader.skip(9) },
  { name: 'ue', read: (reader: BitReader) => reader.ue() },
]) {
  test(`BitReader.${name} throws where the data ends`, () => {
    const reader = new BitReader(name === 'bit' ? new Uint8Array() : Uint8Array.of(0));
    assert.throws(
      () => read(reader),
      (error) => error instanceof ProtocolError && error.code === 'ERR_BITS_EXHAUSTED',
    );
  });
}

test('BitReader.ue throws on a code of more than 63 bits', () => {
  const reader = new BitReader(new Uint8Array(64));
  assert.throws(
    () => reader.ue(),
    (error) => error instanceof ProtocolError && error.code === 'ERR_BITS_EXP_GOLOMB',
  );
});
