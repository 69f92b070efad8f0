/** Bytes of a box's payload: numbers are single bytes. */
export type BoxPart = Uint8Array | readonly number[];

/** A box (ISO 14496-12 §4.2): size, four-letter type, payload. For the small boxes of an init segment. */
export function box(type: string, ...parts: readonly BoxPart[]): Uint8Array {
  let size = 8;
  for (const part of parts) size += part.length;
  const out = new Uint8Array(size);
  out.set([...u32(size), ...fourCc(type)]);
  let offset = 8;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/** A box with version and flags in front of its payload (ISO 14496-12 §4.2). */
export function fullBox(
  type: string,
  version: number,
  flags: number,
  ...parts: readonly BoxPart[]
): Uint8Array {
  return box(type, [version, ...u32(flags).slice(1)], ...parts);
}

export function u16(value: number): number[] {
  return [(value >>> 8) & 0xff, value & 0xff];
}

export function u32(value: number): number[] {
  return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

export function zeros(count: number): number[] {
  return new Array<number>(count).fill(0);
}

export function fourCc(type: string): number[] {
  return [type.charCodeAt(0), type.charCodeAt(1), type.charCodeAt(2), type.charCodeAt(3)];
}
