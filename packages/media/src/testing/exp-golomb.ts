import type { BitWriter } from '../codecs/bit-writer.ts';

/** Writes ue(v) (H.264 §9.1): `value` is 0 to 2^32 - 2. */
export function writeExpGolomb(writer: BitWriter, value: number): void {
  const length = Math.floor(Math.log2(value + 1));
  writer.bits(0, length);
  writer.bits(1, 1);
  writer.bits(value + 1 - 2 ** length, length);
}

/** Writes se(v) (H.264 §9.1.1). */
export function writeSignedExpGolomb(writer: BitWriter, value: number): void {
  writeExpGolomb(writer, value > 0 ? 2 * value - 1 : -2 * value);
}
