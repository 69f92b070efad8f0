/** Bytes of a transport packet (ISO 13818-1 §2.4.3). */
export const TS_PACKET_BYTES = 188;
export const SYNC_BYTE = 0x47;
export const NULL_PID = 0x1fff;
export const PAT_PID = 0;

/** What a transport packet says of itself, without its payload. */
export interface PacketHeader {
  readonly pid: number;
  /** A PES packet or a table section begins in it. */
  readonly isStart: boolean;
  /** Damaged on its way (`transport_error_indicator`). */
  readonly isErroneous: boolean;
  readonly isScrambled: boolean;
  readonly continuityCounter: number;
  /** First byte of the payload; the length of the packet where there is none. */
  readonly payloadStart: number;
  /** `discontinuity_indicator`: the continuity counter and, on the PCR's PID, the clock may jump here. */
  readonly isDiscontinuity: boolean;
  /** The adaptation field holds bytes that only fill: where a PES packet ends (§2.4.3.5). */
  readonly hasStuffing: boolean;
}

/** Lengths of the optional fields of an adaptation field that are fixed, by their flag. */
const PCR_FLAG = 0x10;
const OPCR_FLAG = 0x08;
const SPLICE_FLAG = 0x04;
const PRIVATE_FLAG = 0x02;
const EXTENSION_FLAG = 0x01;

/** Reads the header of the packet in the 188 bytes of `bytes`. */
export function readPacketHeader(bytes: Uint8Array): PacketHeader {
  const second = bytes[1] ?? 0;
  const fourth = bytes[3] ?? 0;
  const hasAdaptation = (fourth & 0x20) !== 0;
  const hasPayload = (fourth & 0x10) !== 0;
  const adaptationLength = hasAdaptation ? (bytes[4] ?? 0) : 0;
  const afterAdaptation = hasAdaptation ? 5 + adaptationLength : 4;
  return {
    pid: ((second & 0x1f) << 8) | (bytes[2] ?? 0),
    isStart: (second & 0x40) !== 0,
    isErroneous: (second & 0x80) !== 0,
    isScrambled: (fourth & 0xc0) !== 0,
    continuityCounter: fourth & 0x0f,
    payloadStart: hasPayload ? Math.min(afterAdaptation, TS_PACKET_BYTES) : TS_PACKET_BYTES,
    isDiscontinuity: adaptationLength > 0 && ((bytes[5] ?? 0) & 0x80) !== 0,
    hasStuffing: hasAdaptation && hasStuffing(bytes, adaptationLength),
  };
}

function hasStuffing(bytes: Uint8Array, adaptationLength: number): boolean {
  if (adaptationLength === 0) return true; // a single byte
  const flags = bytes[5] ?? 0;
  let used = 1;
  if ((flags & PCR_FLAG) !== 0) used += 6;
  if ((flags & OPCR_FLAG) !== 0) used += 6;
  if ((flags & SPLICE_FLAG) !== 0) used += 1;
  if ((flags & PRIVATE_FLAG) !== 0) used += 1 + (bytes[5 + used] ?? 0);
  if ((flags & EXTENSION_FLAG) !== 0) used += 1 + (bytes[5 + used] ?? 0);
  return used < adaptationLength;
}
