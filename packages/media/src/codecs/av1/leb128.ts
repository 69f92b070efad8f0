import { ProtocolError } from '../../errors.ts';

/** Most bytes of a size: four carry 2^28, far above every limit (AV1 §4.10.5 allows eight). */
const MAX_LENGTH = 8;

export interface Leb128 {
  readonly value: number;
  /** Bytes that it took. */
  readonly length: number;
}

/**
 * Reads an unsigned LEB128 number (AV1 §4.10.5).
 *
 * @throws {ProtocolError} `ERR_AV1_LEB128`: it runs over the end, or above 2^32 − 1.
 */
export function readLeb128(bytes: Uint8Array, at: number): Leb128 {
  let value = 0;
  for (let index = 0; index < MAX_LENGTH; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (value > 0xffff_ffff) break;
    if ((byte & 0x80) === 0) return { value, length: index + 1 };
  }
  throw new ProtocolError('ERR_AV1_LEB128', 'An AV1 length field runs over its end or its range');
}

/** Bytes that `value` takes in LEB128. */
export function leb128Length(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}

/** Writes `value` at `at`; returns where it ends. */
export function writeLeb128(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  let end = at;
  while (rest >= 0x80) {
    bytes[end++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  bytes[end++] = rest;
  return end;
}
