import { ProtocolError } from '@vedette/media';
import { SRT_LIMITS } from './limits.ts';
import { readUint32, writeUint32 } from './packet.ts';

/** Types of extensions (§3.2.1, table 5); the subtypes of user-defined control packets as well. */
export const SRT_EXTENSION = {
  handshakeRequest: 1,
  handshakeResponse: 2,
  keyRequest: 3,
  keyResponse: 4,
  streamId: 5,
  congestion: 6,
  filter: 7,
  group: 8,
} as const;

/** Flags of the handshake extension (§3.2.1.1.1). */
export const SRT_FLAGS = {
  timedSender: 0x01,
  timedReceiver: 0x02,
  crypt: 0x04,
  tooLateDrop: 0x08,
  periodicNak: 0x10,
  retransmitFlag: 0x20,
  stream: 0x40,
  packetFilter: 0x80,
} as const;

/** What HSREQ and HSRSP say (§3.2.1.1). */
export interface SrtCapabilities {
  /** 0xMMmmpp: 0x010501 is 1.5.1. */
  readonly version: number;
  readonly flags: number;
  /** Latency that the one who says this has as a receiver, in milliseconds. */
  readonly receiverLatencyMs: number;
  /** Least latency that it asks of the other as a receiver. */
  readonly senderLatencyMs: number;
}

/** The extensions of a conclusion. */
export interface SrtExtensions {
  readonly handshakeRequest?: SrtCapabilities;
  readonly handshakeResponse?: SrtCapabilities;
  /** A key material message, or its refusal: 4 bytes. */
  readonly keyRequest?: Uint8Array;
  readonly keyResponse?: Uint8Array;
  readonly streamId?: string;
  /** `live` or `file`. */
  readonly congestion?: string;
  readonly filter?: string;
  readonly hasGroup?: boolean;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

const KEY_FLAG = 2;
const CONFIG_FLAG = 4;
const HANDSHAKE_FLAG = 1;

/** The extension field of a conclusion: which kinds follow (§3.2.1, table 3). */
export function extensionFlags(extensions: SrtExtensions): number {
  const hasHandshake = (extensions.handshakeRequest ?? extensions.handshakeResponse) !== undefined;
  const hasKeys = (extensions.keyRequest ?? extensions.keyResponse) !== undefined;
  const hasConfig = (extensions.streamId ?? extensions.congestion ?? extensions.filter) !== undefined;
  return (hasHandshake ? HANDSHAKE_FLAG : 0) | (hasKeys ? KEY_FLAG : 0) | (hasConfig ? CONFIG_FLAG : 0);
}

/** @throws {ProtocolError} `ERR_SRT_HANDSHAKE`. */
export function parseExtensions(bytes: Uint8Array): SrtExtensions {
  const found: Writable<SrtExtensions> = {};
  let offset = 0;
  for (let count = 0; offset + 4 <= bytes.length; count += 1) {
    if (count === SRT_LIMITS.extensions) throw bad(`more than ${SRT_LIMITS.extensions} extensions`);
    const head = readUint32(bytes, offset);
    const end = offset + 4 + 4 * (head & 0xffff);
    if (end > bytes.length) throw bad(`an extension of ${(head & 0xffff) * 4} bytes is cut off`);
    parseExtension(head >>> 16, bytes.subarray(offset + 4, end), found);
    offset = end;
  }
  return found;
}

function parseExtension(type: number, content: Uint8Array, found: Writable<SrtExtensions>): void {
  switch (type) {
    case SRT_EXTENSION.handshakeRequest:
      found.handshakeRequest = parseCapabilities(content);
      break;
    case SRT_EXTENSION.handshakeResponse:
      found.handshakeResponse = parseCapabilities(content);
      break;
    case SRT_EXTENSION.keyRequest:
      found.keyRequest = content.slice();
      break;
    case SRT_EXTENSION.keyResponse:
      found.keyResponse = content.slice();
      break;
    case SRT_EXTENSION.streamId:
      found.streamId = parseText(content);
      break;
    case SRT_EXTENSION.congestion:
      found.congestion = parseText(content);
      break;
    case SRT_EXTENSION.filter:
      found.filter = parseText(content);
      break;
    case SRT_EXTENSION.group:
      found.hasGroup = true;
      break;
    default: // of a later version: left alone
  }
}

function parseCapabilities(content: Uint8Array): SrtCapabilities {
  if (content.length < 12) throw bad(`a handshake extension has 12 bytes, got ${content.length}`);
  const latencies = readUint32(content, 8);
  return {
    version: readUint32(content, 0),
    flags: readUint32(content, 4),
    receiverLatencyMs: latencies >>> 16,
    senderLatencyMs: latencies & 0xffff,
  };
}

/** Text stands in words of the other byte order, padded with zeros (§3.2.1.3). */
function parseText(content: Uint8Array): string {
  if (content.length > SRT_LIMITS.streamIdBytes) {
    throw bad(`a stream id has at most ${SRT_LIMITS.streamIdBytes} bytes, got ${content.length}`);
  }
  const text = new TextDecoder().decode(swapWords(content));
  const end = text.indexOf('\0');
  return end === -1 ? text : text.slice(0, end);
}

export function serializeExtensions(extensions: SrtExtensions): Uint8Array {
  const { handshakeRequest, handshakeResponse, keyRequest, keyResponse } = extensions;
  const { streamId, congestion, filter } = extensions;
  const parts: (readonly [type: number, content: Uint8Array | undefined])[] = [
    [SRT_EXTENSION.handshakeRequest, serializeCapabilities(handshakeRequest)],
    [SRT_EXTENSION.handshakeResponse, serializeCapabilities(handshakeResponse)],
    [SRT_EXTENSION.keyRequest, keyRequest],
    [SRT_EXTENSION.keyResponse, keyResponse],
    [SRT_EXTENSION.streamId, serializeText(streamId)],
    [SRT_EXTENSION.congestion, serializeText(congestion)],
    [SRT_EXTENSION.filter, serializeText(filter)],
  ];
  const present = parts.filter((part): part is [number, Uint8Array] => part[1] !== undefined);
  const bytes = new Uint8Array(present.reduce((sum, [, content]) => sum + 4 + content.length, 0));
  let offset = 0;
  for (const [type, content] of present) {
    writeUint32(bytes, offset, (type << 16) | (content.length / 4));
    bytes.set(content, offset + 4);
    offset += 4 + content.length;
  }
  return bytes;
}

function serializeCapabilities(capabilities: SrtCapabilities | undefined): Uint8Array | undefined {
  if (capabilities === undefined) return undefined;
  const content = new Uint8Array(12);
  writeUint32(content, 0, capabilities.version);
  writeUint32(content, 4, capabilities.flags);
  writeUint32(content, 8, (capabilities.receiverLatencyMs << 16) | capabilities.senderLatencyMs);
  return content;
}

function serializeText(text: string | undefined): Uint8Array | undefined {
  if (text === undefined) return undefined;
  const bytes = new TextEncoder().encode(text);
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  return swapWords(padded);
}

function swapWords(bytes: Uint8Array): Uint8Array {
  const swapped = new Uint8Array(bytes.length);
  for (let index = 0; index < bytes.length; index += 1) swapped[index] = bytes[index ^ 3] ?? 0;
  return swapped;
}

function bad(sentence: string): ProtocolError {
  return new ProtocolError('ERR_SRT_HANDSHAKE', sentence);
}
