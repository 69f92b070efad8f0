import { ProtocolError } from '@vedette/media';
import { SRT_HEADER_LENGTH } from './limits.ts';
import { readUint32, SRT_CONTROL, writeControlHeader, writeUint32 } from './packet.ts';
import {
  extensionFlags,
  parseExtensions,
  serializeExtensions,
  type SrtExtensions,
} from './handshake-extensions.ts';

/** Handshake types (§3.2.1, table 4); numbers of 1000 and more refuse. */
export const SRT_HANDSHAKE_TYPE = {
  induction: 1,
  waveAHand: 0,
  conclusion: 0xffff_ffff,
  agreement: 0xffff_fffe,
} as const;

/** Extension field of a listener's induction: "I speak version 5". */
export const SRT_MAGIC = 0x4a17;
/** Extension field of a caller's induction: UDT's datagram socket. */
const UDT_DATAGRAM = 2;

const BODY_LENGTH = 48;

/** A handshake packet (§3.2.1) of either version. */
export interface SrtHandshake {
  readonly version: number;
  /** Key length in units of 8 bytes: 0, 2, 3 or 4. */
  readonly encryption: number;
  /** What stands there: flags of the extensions, or the magic number of an induction. */
  readonly extensionField: number;
  readonly initialSequence: number;
  readonly mtu: number;
  readonly flowWindow: number;
  /** One of `SRT_HANDSHAKE_TYPE`, or a refusal. */
  readonly type: number;
  /** The sender's own socket. */
  readonly socketId: number;
  readonly cookie: number;
  /** 16 bytes; as the peer sees the other's address. Nobody relies on it. */
  readonly peerAddress: Uint8Array;
  readonly extensions: SrtExtensions;
}

/**
 * Parses a handshake with its extensions; `packet` begins with the SRT header.
 *
 * @throws {ProtocolError} `ERR_SRT_HANDSHAKE`: too short, or an extension that is cut off or makes no sense.
 */
export function parseHandshake(packet: Uint8Array): SrtHandshake {
  if (packet.length < SRT_HEADER_LENGTH + BODY_LENGTH) {
    throw new ProtocolError('ERR_SRT_HANDSHAKE', `a handshake needs 64 bytes, got ${packet.length}`);
  }
  const word = (index: number): number => readUint32(packet, SRT_HEADER_LENGTH + 4 * index);
  const version = word(0);
  const type = word(5);
  // Behind an induction or a refusal nothing is expected, and whatever stands there is not looked at.
  const isConclusion = version === 5 && type === SRT_HANDSHAKE_TYPE.conclusion;
  return {
    version,
    encryption: word(1) >>> 16,
    extensionField: word(1) & 0xffff,
    initialSequence: word(2) & 0x7fff_ffff,
    mtu: word(3),
    flowWindow: word(4),
    type,
    socketId: word(6),
    cookie: word(7),
    peerAddress: packet.slice(SRT_HEADER_LENGTH + 32, SRT_HEADER_LENGTH + BODY_LENGTH),
    extensions: isConclusion ? parseExtensions(packet.subarray(SRT_HEADER_LENGTH + BODY_LENGTH)) : {},
  };
}

export interface SrtHandshakeEnvelope {
  readonly timestamp: number;
  /** Socket of the peer; 0 for a listener. */
  readonly destination: number;
}

/** Serializes a handshake; the extension field is what `handshake` says, or the flags of its extensions. */
export function serializeHandshake(
  handshake: SrtHandshake,
  { timestamp, destination }: SrtHandshakeEnvelope,
): Uint8Array {
  const extensions = serializeExtensions(handshake.extensions);
  const packet = new Uint8Array(SRT_HEADER_LENGTH + BODY_LENGTH + extensions.length);
  writeControlHeader(packet, SRT_CONTROL.handshake, 0, timestamp, destination);
  const field = extensions.length > 0 ? extensionFlags(handshake.extensions) : handshake.extensionField;
  const words = [
    handshake.version,
    ((handshake.encryption << 16) | field) >>> 0,
    handshake.initialSequence,
    handshake.mtu,
    handshake.flowWindow,
    handshake.type,
    handshake.socketId,
    handshake.cookie,
  ];
  words.forEach((value, index) => writeUint32(packet, SRT_HEADER_LENGTH + 4 * index, value));
  packet.set(handshake.peerAddress.subarray(0, 16), SRT_HEADER_LENGTH + 32);
  packet.set(extensions, SRT_HEADER_LENGTH + BODY_LENGTH);
  return packet;
}

/** A caller's first handshake: version 4, as UDT had it, so that old listeners understand it. */
export function inductionRequest(
  parts: Pick<SrtHandshake, 'initialSequence' | 'mtu' | 'flowWindow' | 'socketId' | 'peerAddress'>,
): SrtHandshake {
  return {
    ...parts,
    version: 4,
    encryption: 0,
    extensionField: UDT_DATAGRAM,
    type: SRT_HANDSHAKE_TYPE.induction,
    cookie: 0,
    extensions: {},
  };
}

/** A listener's answer to that: version 5, and the cookie that the caller is to show. */
export function inductionAnswer(request: SrtHandshake, cookie: number, encryption: number): SrtHandshake {
  return { ...request, version: 5, encryption, extensionField: SRT_MAGIC, cookie, extensions: {} };
}

/**
 * An IPv4 or IPv6 address as handshakes hold it: words of the host's order (§3.2.1), so that IPv4 stands
 * backwards. Anything else is all zeros.
 */
export function addressBytes(address: string): Uint8Array {
  const bytes = new Uint8Array(16);
  const mapped = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/i.exec(address);
  if (mapped !== null) {
    mapped.slice(1).forEach((part, index) => (bytes[3 - index] = Number(part)));
    return bytes;
  }
  const [head = '', tail = ''] = address.split('%', 1)[0]?.split('::') ?? [];
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16) || 0);
  const [front, back] = [groups(head), groups(tail)];
  const all = [...front, ...Array<number>(Math.max(0, 8 - front.length - back.length)).fill(0), ...back];
  all.slice(0, 8).forEach((group, index) => {
    const word = (index >> 1) * 4;
    const isLow = index % 2 === 1;
    bytes[word + (isLow ? 1 : 3)] = group >> 8;
    bytes[word + (isLow ? 0 : 2)] = group & 0xff;
  });
  return bytes;
}
