import { ProtocolError } from '@vedette/media';

/** Bytes of an RTP header without CSRCs and extension (RFC 3550 §5.1). */
export const RTP_FIXED_HEADER_LENGTH = 12;

/** Largest RTP packet accepted: what an interleaved frame's 16-bit length or a UDP datagram can hold. */
export const RTP_MAX_PACKET_LENGTH = 65_535;

/** The header extension of a packet, as it stands on the wire (RFC 3550 §5.3.1). */
export interface RtpHeaderExtension {
  /** `0xbede` for one-byte elements, `0x1000`-`0x100f` for two-byte ones (RFC 8285). */
  readonly profile: number;
  /** What follows the 4-byte extension header; a multiple of 4 bytes. */
  readonly data: Uint8Array;
}

/** RTP header (RFC 3550 §5.1). */
export interface RtpHeader {
  readonly marker: boolean;
  /** 0-127. */
  readonly payloadType: number;
  /** 16 bits, wraps. */
  readonly sequenceNumber: number;
  /** 32 bits, wraps, in ticks of the payload's clock. */
  readonly timestamp: number;
  /** 32 bits, unsigned. */
  readonly ssrc: number;
  readonly csrcs: readonly number[];
  readonly extension: RtpHeaderExtension | undefined;
}

/** One RTP packet; `payload` and `extension.data` are views of the bytes it was parsed from. */
export interface RtpPacket extends RtpHeader {
  /** Without padding; may be empty (keep-alives, probing). */
  readonly payload: Uint8Array;
}

const NO_CSRCS: readonly number[] = [];

/** Whether `bytes` is RTCP rather than RTP where both share a port (RFC 5761 §4). */
export function isRtcp(bytes: Uint8Array): boolean {
  const type = bytes[1];
  return type !== undefined && type >= 192 && type <= 223;
}

/**
 * Parses one RTP packet (RFC 3550 §5.1). Nothing is copied.
 *
 * @throws {ProtocolError} `ERR_RTP_TOO_SHORT`, `ERR_RTP_TOO_LONG`, `ERR_RTP_VERSION`, `ERR_RTP_PADDING`.
 */
export function parseRtpPacket(bytes: Uint8Array): RtpPacket {
  const { length } = bytes;
  const [flags, second] = bytes;
  if (length < RTP_FIXED_HEADER_LENGTH || flags === undefined || second === undefined) {
    throw new ProtocolError('ERR_RTP_TOO_SHORT', `An RTP packet has at least 12 bytes, got ${length}`);
  }
  if (length > RTP_MAX_PACKET_LENGTH) {
    throw new ProtocolError('ERR_RTP_TOO_LONG', `An RTP packet has at most 65535 bytes, got ${length}`);
  }
  if (flags >> 6 !== 2) {
    throw new ProtocolError('ERR_RTP_VERSION', `RTP version is 2, got ${flags >> 6}`);
  }
  const csrcCount = flags & 0x0f;
  let payloadStart = RTP_FIXED_HEADER_LENGTH + csrcCount * 4;
  let extension: RtpHeaderExtension | undefined;
  if ((flags & 0x10) !== 0) {
    const dataStart = payloadStart + 4;
    const dataLength = dataStart <= length ? readUint16(bytes, payloadStart + 2) * 4 : 0;
    const profile = dataStart <= length ? readUint16(bytes, payloadStart) : 0;
    payloadStart = dataStart + dataLength;
    extension = { profile, data: bytes.subarray(dataStart, payloadStart) };
  }
  if (payloadStart > length) {
    throw new ProtocolError(
      'ERR_RTP_TOO_SHORT',
      `The RTP header says it has ${payloadStart} bytes, the packet has ${length}`,
    );
  }
  return {
    marker: (second & 0x80) !== 0,
    payloadType: second & 0x7f,
    sequenceNumber: readUint16(bytes, 2),
    timestamp: readUint32(bytes, 4),
    ssrc: readUint32(bytes, 8),
    csrcs: csrcCount === 0 ? NO_CSRCS : readCsrcs(bytes, csrcCount),
    extension,
    payload: bytes.subarray(payloadStart, length - paddingLength(bytes, flags, payloadStart)),
  };
}

/** Number of padding bytes at the end; the last byte counts itself (RFC 3550 §5.1). */
function paddingLength(bytes: Uint8Array, flags: number, payloadStart: number): number {
  if ((flags & 0x20) === 0) return 0;
  const padding = bytes[bytes.length - 1] ?? 0;
  // A count of 0 breaks the RFC, but names no byte to take away: some encoders set the bit and never pad.
  if (padding > bytes.length - payloadStart) {
    throw new ProtocolError(
      'ERR_RTP_PADDING',
      `RTP padding of ${padding} bytes in a payload of ${bytes.length - payloadStart}`,
    );
  }
  return padding;
}

function readCsrcs(bytes: Uint8Array, count: number): number[] {
  const end = Math.min(bytes.length, RTP_FIXED_HEADER_LENGTH + count * 4);
  const csrcs: number[] = [];
  for (let at = RTP_FIXED_HEADER_LENGTH; at + 4 <= end; at += 4) csrcs.push(readUint32(bytes, at));
  return csrcs;
}

/**
 * Serializes one packet, without padding. For streams use a packetizer, which writes a whole access
 * unit's packets at once.
 *
 * @throws {RangeError} More than 15 CSRCs, or extension data that is no multiple of 4 bytes.
 */
export function serializeRtpPacket(packet: RtpPacket): Uint8Array<ArrayBuffer> {
  const { csrcs, extension, payload } = packet;
  if (csrcs.length > 15) throw new RangeError(`An RTP packet has at most 15 CSRCs, got ${csrcs.length}`);
  const extensionLength = extension === undefined ? 0 : 4 + extension.data.length;
  if (extensionLength % 4 !== 0) throw new RangeError('RTP header extensions are multiples of 4 bytes');
  const headerLength = RTP_FIXED_HEADER_LENGTH + csrcs.length * 4 + extensionLength;
  const bytes = new Uint8Array(headerLength + payload.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x80 | (extension === undefined ? 0 : 0x10) | csrcs.length;
  bytes[1] = (packet.marker ? 0x80 : 0) | (packet.payloadType & 0x7f);
  view.setUint16(2, packet.sequenceNumber);
  view.setUint32(4, packet.timestamp);
  view.setUint32(8, packet.ssrc);
  let at = RTP_FIXED_HEADER_LENGTH;
  for (const csrc of csrcs) {
    view.setUint32(at, csrc);
    at += 4;
  }
  if (extension !== undefined) {
    view.setUint16(at, extension.profile);
    view.setUint16(at + 2, extension.data.length / 4);
    bytes.set(extension.data, at + 4);
  }
  bytes.set(payload, headerLength);
  return bytes;
}

function readUint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function readUint32(bytes: Uint8Array, at: number): number {
  return (readUint16(bytes, at) * 0x1_0000 + readUint16(bytes, at + 2)) >>> 0;
}
