import { ProtocolError } from '@vedette/media';
import { SRT_HEADER_LENGTH, SRT_LIMITS } from './limits.ts';

/** Types of control packets (draft-sharabayko-srt §3.2, table 1). */
export const SRT_CONTROL = {
  handshake: 0,
  keepAlive: 1,
  ack: 2,
  nak: 3,
  congestionWarning: 4,
  shutdown: 5,
  ackAck: 6,
  dropRequest: 7,
  peerError: 8,
  userDefined: 0x7fff,
} as const;

/** KK of a data packet: not encrypted, or by which key. 3 is for control packets only. */
export const SRT_KEY_FLAGS = { none: 0, even: 1, odd: 2, both: 3 } as const;

/** A whole message in one packet (PP), as live mode sends it. */
const SOLO = 0b11 << 30;
const RETRANSMITTED = 1 << 26;
const MESSAGE_NUMBER_MASK = 0x03ff_ffff;

export function readUint32(bytes: Uint8Array, offset: number): number {
  return (
    (((bytes[offset] ?? 0) << 24) |
      ((bytes[offset + 1] ?? 0) << 16) |
      ((bytes[offset + 2] ?? 0) << 8) |
      (bytes[offset + 3] ?? 0)) >>>
    0
  );
}

export function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}

/** Whether the packet (of at least a header) is a control packet. */
export function isControlPacket(packet: Uint8Array): boolean {
  return ((packet[0] ?? 0) & 0x80) !== 0;
}

/** @throws {ProtocolError} `ERR_SRT_PACKET`: shorter than a header, or longer than any SRT packet. */
export function checkPacketLength(packet: Uint8Array): void {
  if (packet.length < SRT_HEADER_LENGTH || packet.length > SRT_LIMITS.datagramBytes) {
    throw new ProtocolError(
      'ERR_SRT_PACKET',
      `an SRT packet has ${SRT_HEADER_LENGTH} to ${SRT_LIMITS.datagramBytes} bytes, got ${packet.length}`,
    );
  }
}

export const controlType = (packet: Uint8Array): number =>
  (((packet[0] ?? 0) & 0x7f) << 8) | (packet[1] ?? 0);
export const controlSubtype = (packet: Uint8Array): number => ((packet[2] ?? 0) << 8) | (packet[3] ?? 0);
/** The second word of a control packet: number of an ACK, message of a drop request. */
export const controlInfo = (packet: Uint8Array): number => readUint32(packet, 4);
export const packetTimestamp = (packet: Uint8Array): number => readUint32(packet, 8);
export const packetSocketId = (packet: Uint8Array): number => readUint32(packet, 12);
export const dataSequence = (packet: Uint8Array): number => readUint32(packet, 0) & 0x7fff_ffff;
/** KK: one of `SRT_KEY_FLAGS`. */
export const dataKeyFlags = (packet: Uint8Array): number => ((packet[4] ?? 0) >> 3) & 0b11;
const isRetransmitted = (packet: Uint8Array): boolean => ((packet[4] ?? 0) & 0b100) !== 0;

export interface SrtDataHeader {
  readonly sequence: number;
  readonly messageNumber: number;
  readonly keyFlags: number;
  readonly isRetransmitted: boolean;
  /** Microseconds since the connection began, 32 bits. */
  readonly timestamp: number;
  readonly socketId: number;
}

/** Parses a data packet's header, as a whole; the media path reads the fields it needs in place. */
export function parseDataHeader(packet: Uint8Array): SrtDataHeader {
  checkPacketLength(packet);
  return {
    sequence: dataSequence(packet),
    messageNumber: readUint32(packet, 4) & MESSAGE_NUMBER_MASK,
    keyFlags: dataKeyFlags(packet),
    isRetransmitted: isRetransmitted(packet),
    timestamp: packetTimestamp(packet),
    socketId: packetSocketId(packet),
  };
}

/** Writes a data packet's header (§3.1): a whole message, not bound to order, as live mode has it. */
export function writeDataHeader(
  target: Uint8Array,
  sequence: number,
  messageNumber: number,
  keyFlags: number,
  isAgain: boolean,
  timestamp: number,
  socketId: number,
): void {
  writeUint32(target, 0, sequence & 0x7fff_ffff);
  writeUint32(
    target,
    4,
    SOLO | (keyFlags << 27) | (isAgain ? RETRANSMITTED : 0) | (messageNumber & MESSAGE_NUMBER_MASK),
  );
  writeUint32(target, 8, timestamp);
  writeUint32(target, 12, socketId);
}

/** Writes a control packet's header (§3.2). */
export function writeControlHeader(
  target: Uint8Array,
  type: number,
  info: number,
  timestamp: number,
  socketId: number,
  subtype = 0,
): void {
  writeUint32(target, 0, ((0x8000 | type) << 16) | subtype);
  writeUint32(target, 4, info);
  writeUint32(target, 8, timestamp);
  writeUint32(target, 12, socketId);
}
