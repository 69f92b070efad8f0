/** Ticks per second of PTS and DTS (ISO 13818-1 §2.4.3.7). */
export const PES_CLOCK_RATE = 90_000;
/** `stream_id`s whose packets have no further header (§2.4.3.7): padding, private 2, ECM, EMM and the like. */
const HEADERLESS: readonly number[] = [0xbc, 0xbe, 0xbf, 0xf0, 0xf1, 0xf2, 0xf8, 0xff];
const FIXED_BYTES = 6;

/** The header of a PES packet. */
export interface PesHeader {
  /** Bytes of the whole packet, header included; 0 where it is not told (video only). */
  readonly packetLength: number;
  /** Where the payload begins. */
  readonly headerLength: number;
  /** 33 bits, as they are. */
  readonly pts: number | undefined;
  readonly dts: number | undefined;
}

/**
 * Parses the beginning of a PES packet; `undefined` where it is none or has nothing to play.
 *
 * @param bytes the whole packet, or all that came of it
 */
export function parsePesHeader(bytes: Uint8Array): PesHeader | undefined {
  if (bytes.length < FIXED_BYTES + 3) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isPacket = view.getUint32(0) >>> 8 === 1 && !HEADERLESS.includes(view.getUint8(3));
  const length = view.getUint16(4);
  const headerLength = FIXED_BYTES + 3 + view.getUint8(8);
  const packetLength = length === 0 ? 0 : FIXED_BYTES + length;
  const hasRoom = headerLength <= bytes.length && (length === 0 || headerLength <= packetLength);
  if (!isPacket || !hasRoom) return undefined;
  const flags = view.getUint8(7) >>> 6;
  const hasPts = flags >= 2 && headerLength >= 14;
  const hasDts = flags === 3 && headerLength >= 19;
  return {
    packetLength,
    headerLength,
    pts: hasPts ? readTimestamp(view, 9) : undefined,
    dts: hasDts ? readTimestamp(view, 14) : undefined,
  };
}

/** 33 bits in three groups, each with a marker bit behind it. */
function readTimestamp(view: DataView, offset: number): number {
  const high = (view.getUint8(offset) >>> 1) & 7;
  const middle = view.getUint16(offset + 1) >>> 1;
  const low = view.getUint16(offset + 3) >>> 1;
  return high * 2 ** 30 + middle * 2 ** 15 + low;
}

/** Writes a timestamp in the five bytes of a PES header; `prefix` is the four bits in front. */
export function writeTimestamp(out: Uint8Array, offset: number, prefix: number, ticks: number): void {
  const high = Math.floor(ticks / 2 ** 30) & 7;
  const low = ticks % 2 ** 30;
  out[offset] = (prefix << 4) | (high << 1) | 1;
  out[offset + 1] = low >>> 22;
  out[offset + 2] = ((low >>> 14) & 0xfe) | 1;
  out[offset + 3] = (low >>> 7) & 0xff;
  out[offset + 4] = ((low << 1) & 0xfe) | 1;
}
