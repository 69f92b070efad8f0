import { totalLength } from '../../access-unit.ts';

/** The pieces one behind the other: one of them itself where the others are empty. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const byteLength = totalLength(pieces);
  const whole = pieces.find(({ length }) => length === byteLength);
  if (whole !== undefined) return whole;
  const out = new Uint8Array(byteLength);
  let offset = 0;
  for (const piece of pieces) {
    out.set(piece, offset);
    offset += piece.length;
  }
  return out;
}
