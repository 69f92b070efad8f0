import { ProtocolError } from '../errors.ts';

/** Limits on one coded picture of H.264 or H.265, whatever way it arrives. */
export const NAL_LIMITS = {
  /** NAL units in one picture. */
  count: 4096,
  /** Bytes in one picture. */
  pictureBytes: 8 * 1024 * 1024,
  /** Bytes in one parameter set. */
  parameterSetBytes: 4 * 1024,
} as const;

/**
 * Index of the first start code prefix (00 00 01) at or after `from`, or -1.
 *
 * Looks at every third byte: one above 1 rules out three places at once.
 */
export function findStartCode(bytes: Uint8Array, from: number, end = bytes.length): number {
  let at = from + 2;
  while (at < end) {
    const byte = bytes[at] ?? 0;
    if (byte > 1) at += 3;
    else if (byte === 0) at += 1;
    else if (bytes[at - 1] === 0 && bytes[at - 2] === 0) return at - 2;
    else at += 3;
  }
  return -1;
}

/** `bytes` from `start` to `end` without the zero bytes that may trail a NAL unit (H.264 §B.1). */
export function trimmedNal(bytes: Uint8Array, start: number, end: number): Uint8Array {
  let last = end;
  while (last > start && bytes[last - 1] === 0) last--;
  return bytes.subarray(start, last);
}

/**
 * Splits a byte stream of Annex B (H.264, H.265) into its NAL units, as views of `bytes`.
 * Empty NAL units are left out.
 *
 * @throws {ProtocolError} `ERR_ANNEX_B_NO_START_CODE`: something stands in front of the first start
 * code, or there is none. `ERR_NAL_COUNT`: more than {@link NAL_LIMITS}`.count` NAL units.
 */
export function splitAnnexB(bytes: Uint8Array): Uint8Array[] {
  const nals: Uint8Array[] = [];
  let start = findStartCode(bytes, 0);
  if (start === -1 || trimmedNal(bytes, 0, start).length > 0) {
    throw new ProtocolError('ERR_ANNEX_B_NO_START_CODE', 'Annex B data must begin with a start code');
  }
  while (start !== -1) {
    const next = findStartCode(bytes, start + 3);
    const nal = trimmedNal(bytes, start + 3, next === -1 ? bytes.length : next);
    if (nal.length > 0) addNal(nals, nal);
    start = next;
  }
  return nals;
}

/** Writes NAL units as an Annex B byte stream, each behind a 4-byte start code. */
export function joinAnnexB(nals: readonly Uint8Array[]): Uint8Array {
  return joinWithPrefix(nals, (view, offset) => {
    view.setUint32(offset, 1);
  });
}

/**
 * Splits the samples of ISO 14496-15 files (`avcC`, `hvcC`): NAL units behind a length of
 * `lengthSize` bytes (1, 2 or 4). The NAL units are views of `bytes`; empty ones are left out.
 *
 * @throws {ProtocolError} `ERR_NAL_LENGTH`: a length reaches beyond the data. `ERR_NAL_COUNT`: more
 * than {@link NAL_LIMITS}`.count` NAL units.
 */
export function splitLengthPrefixed(bytes: Uint8Array, lengthSize = 4): Uint8Array[] {
  const nals: Uint8Array[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    let length = 0;
    for (let i = 0; i < lengthSize; i++) length = length * 256 + (bytes[offset + i] ?? Number.NaN);
    offset += lengthSize;
    // Written so that the NaN of a truncated length fails too.
    if (!(offset + length <= bytes.length)) {
      throw new ProtocolError('ERR_NAL_LENGTH', 'The length of a NAL unit reaches beyond the data');
    }
    if (length > 0) addNal(nals, bytes.subarray(offset, offset + length));
    offset += length;
  }
  return nals;
}

/** Writes NAL units behind 4-byte lengths, as samples of ISO 14496-15 files hold them. */
export function joinLengthPrefixed(nals: readonly Uint8Array[]): Uint8Array {
  return joinWithPrefix(nals, (view, offset, nal) => {
    view.setUint32(offset, nal.length);
  });
}

/**
 * The payload of a NAL unit without its emulation prevention bytes (H.264 §7.4.1): a view where there
 * are none, else a copy. Only the first `limit` bytes are looked at.
 */
export function unescapeNal(nal: Uint8Array, limit = nal.length): Uint8Array {
  const head = nal.length > limit ? nal.subarray(0, limit) : nal;
  let escape = findEscape(head, 0);
  if (escape === -1) return head;
  const out = new Uint8Array(head.length);
  let length = 0;
  let from = 0;
  while (escape !== -1) {
    out.set(head.subarray(from, escape), length);
    length += escape - from;
    from = escape + 1;
    escape = findEscape(head, from);
  }
  out.set(head.subarray(from), length);
  return out.subarray(0, length + head.length - from);
}

/** Index of the next emulation prevention byte: the 03 of 00 00 03, both zeros at or after `from`. */
function findEscape(bytes: Uint8Array, from: number): number {
  let at = from + 2;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte > 3) at += 3;
    else if (byte === 3 && bytes[at - 1] === 0 && bytes[at - 2] === 0) return at;
    else at += 1;
  }
  return -1;
}

function addNal(nals: Uint8Array[], nal: Uint8Array): void {
  if (nals.length >= NAL_LIMITS.count) {
    throw new ProtocolError('ERR_NAL_COUNT', `More than ${NAL_LIMITS.count} NAL units in one picture`);
  }
  nals.push(nal);
}

function joinWithPrefix(
  nals: readonly Uint8Array[],
  prefix: (view: DataView, offset: number, nal: Uint8Array) => void,
): Uint8Array {
  let length = 0;
  for (const nal of nals) length += 4 + nal.length;
  const out = new Uint8Array(length);
  const view = new DataView(out.buffer);
  let offset = 0;
  for (const nal of nals) {
    prefix(view, offset, nal);
    out.set(nal, offset + 4);
    offset += 4 + nal.length;
  }
  return out;
}
