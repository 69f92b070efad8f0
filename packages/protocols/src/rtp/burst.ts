import { totalLength } from '@vedette/media';
import { RTP_FIXED_HEADER_LENGTH, RTP_MAX_PACKET_LENGTH } from './packet.ts';
import type { RtpHeaderExtension } from './packet.ts';

/**
 * Largest RTP packet that RTSP viewers are sent, over UDP and TCP alike: an IPv4 datagram that
 * passes a WireGuard tunnel (1420 − 20 − 8) and so nearly every path.
 *
 * TCP would take 64 KB frames, yet it gets the same packets: packetizing happens once per stream,
 * where small packets cost a few microseconds a picture and 1.3 % more bytes, and in return one
 * buffer serves TCP and UDP viewers, and players with small receive buffers (those built on
 * live555, many NVRs) take it.
 */
export const RTSP_MAX_PACKET_LENGTH = 1392;

/** Largest RTP packet that WebRTC viewers are sent; browsers themselves assume this path MTU. */
export const WEBRTC_MAX_PACKET_LENGTH = 1200;

/** Bytes in front of each packet in an interleaved RTSP connection: `$`, channel, length (RFC 2326 §10.12). */
export const INTERLEAVED_PREFIX_LENGTH = 4;

/**
 * The RTP packets of one access unit, back to back in one buffer.
 *
 * A record is one packet with its prefix. To a TCP viewer `bytes` is written as it is; for UDP and
 * WebRTC `burstPacket` gives the packets as views.
 */
export interface RtpBurst {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each record starts, and at the end the length of `bytes`: one more entry than records. */
  readonly offsets: readonly number[];
  /** Bytes in front of each packet: 4 in an interleaved burst, else 0. */
  readonly prefixLength: number;
  readonly firstSequenceNumber: number;
  /** RTP timestamp of the access unit. */
  readonly timestamp: number;
  /** Payload bytes in all packets, as sender reports count them. */
  readonly payloadLength: number;
}

export function burstPacketCount(burst: RtpBurst): number {
  return burst.offsets.length - 1;
}

/** Packet `index` of `burst` without its prefix, as a view; empty when there is no such packet. */
export function burstPacket(burst: RtpBurst, index: number): Uint8Array<ArrayBuffer> {
  const start = burst.offsets[index];
  const end = burst.offsets[index + 1];
  if (start === undefined || end === undefined) return burst.bytes.subarray(0, 0);
  return burst.bytes.subarray(start + burst.prefixLength, end);
}

/** What all packets of one RTP stream share. */
export interface BurstOptions {
  /** 0-127. */
  readonly payloadType: number;
  readonly ssrc: number;
  /** Sequence number of the first packet, 16 bits; should be random (RFC 3550 §5.1). */
  readonly firstSequenceNumber: number;
  /** Bytes of the largest packet, header included and prefix not. */
  readonly maxPacketLength: number;
  /** When set, every packet is an interleaved frame on this channel (0-255). */
  readonly interleavedChannel?: number | undefined;
  /**
   * When set, every packet carries it, at offset 12: what differs by viewer (element ids) is patched there.
   */
  readonly extension?: RtpHeaderExtension | undefined;
}

/** No payload format here puts more than this in front of its share of a packet. */
const MAX_PAYLOAD_HEADER_LENGTH = 4;

/**
 * Writes bursts for one RTP stream. A payload format calls `startPacket`, then appends, for each
 * packet; the next `startPacket` or `finish` closes the packet before it.
 */
export class BurstWriter {
  /** Bytes of payload that fit a packet. */
  readonly maxPayloadLength: number;
  /** Prefix and header of every packet; sequence number and timestamp are filled in. */
  readonly #template: Uint8Array;
  readonly #prefixLength: number;
  #sequenceNumber: number;
  #timestamp = 0;
  #bytes = new Uint8Array(0);
  #at = 0;
  #offsets: number[] = [];

  /** @throws {RangeError} A packet length that leaves no room for payload, or above 65,535. */
  constructor(options: BurstOptions) {
    this.#template = packetTemplate(options);
    this.#prefixLength = options.interleavedChannel === undefined ? 0 : INTERLEAVED_PREFIX_LENGTH;
    this.#sequenceNumber = options.firstSequenceNumber & 0xffff;
    const headerLength = this.#template.length - this.#prefixLength;
    this.maxPayloadLength = options.maxPacketLength - headerLength;
    if (this.maxPayloadLength < 64 || options.maxPacketLength > RTP_MAX_PACKET_LENGTH) {
      throw new RangeError(`RTP packets of ${options.maxPacketLength} bytes are too small or too large`);
    }
  }

  /** Sequence number the next packet gets. */
  get nextSequenceNumber(): number {
    return this.#sequenceNumber;
  }

  /** Starts the burst for a unit of these parts; takes memory for the worst way to packetize them. */
  begin(timestamp: number, parts: readonly Uint8Array[]): void {
    const recordOverhead = this.#template.length + MAX_PAYLOAD_HEADER_LENGTH;
    const share = this.maxPayloadLength - MAX_PAYLOAD_HEADER_LENGTH;
    let capacity = totalLength(parts);
    for (const part of parts) capacity += recordOverhead * (1 + Math.floor(part.length / share));
    this.#bytes = new Uint8Array(capacity);
    this.#at = 0;
    this.#offsets = [];
    this.#timestamp = timestamp;
  }

  /** @param ticks What to add to the unit's timestamp for this packet. */
  startPacket(ticks = 0): void {
    this.#closePacket();
    const bytes = this.#bytes;
    const at = this.#at;
    const header = at + this.#prefixLength;
    const timestamp = (this.#timestamp + ticks) >>> 0;
    bytes.set(this.#template, at);
    bytes[header + 2] = this.#sequenceNumber >> 8;
    bytes[header + 3] = this.#sequenceNumber;
    bytes[header + 4] = timestamp >>> 24;
    bytes[header + 5] = timestamp >>> 16;
    bytes[header + 6] = timestamp >>> 8;
    bytes[header + 7] = timestamp;
    this.#offsets.push(at);
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    this.#at = at + this.#template.length;
  }

  appendByte(value: number): void {
    this.#bytes[this.#at++] = value;
  }

  appendUint16(value: number): void {
    this.#bytes[this.#at++] = value >> 8;
    this.#bytes[this.#at++] = value;
  }

  append(part: Uint8Array): void {
    this.#bytes.set(part, this.#at);
    this.#at += part.length;
  }

  /** @param marksLast Whether the last packet gets the marker bit. */
  finish(marksLast: boolean): RtpBurst {
    this.#closePacket();
    const offsets = this.#offsets;
    const count = offsets.length;
    const last = offsets[count - 1];
    if (marksLast && last !== undefined) {
      const at = last + this.#prefixLength + 1;
      this.#bytes[at] = (this.#bytes[at] ?? 0) | 0x80;
    }
    offsets.push(this.#at);
    const burst: RtpBurst = {
      bytes: this.#bytes.subarray(0, this.#at),
      offsets,
      prefixLength: this.#prefixLength,
      firstSequenceNumber: (this.#sequenceNumber - count) & 0xffff,
      timestamp: this.#timestamp,
      payloadLength: this.#at - count * this.#template.length,
    };
    this.#bytes = new Uint8Array(0);
    return burst;
  }

  /** Fills in the length of the interleaved frame that ends here. */
  #closePacket(): void {
    const start = this.#offsets[this.#offsets.length - 1];
    if (this.#prefixLength === 0 || start === undefined) return;
    const length = this.#at - start - INTERLEAVED_PREFIX_LENGTH;
    this.#bytes[start + 2] = length >> 8;
    this.#bytes[start + 3] = length;
  }
}

function packetTemplate(options: BurstOptions): Uint8Array {
  const { extension, interleavedChannel } = options;
  const prefixLength = interleavedChannel === undefined ? 0 : INTERLEAVED_PREFIX_LENGTH;
  const extensionLength = extension === undefined ? 0 : 4 + extension.data.length;
  if (extensionLength % 4 !== 0) throw new RangeError('RTP header extensions are multiples of 4 bytes');
  const template = new Uint8Array(prefixLength + RTP_FIXED_HEADER_LENGTH + extensionLength);
  const view = new DataView(template.buffer, prefixLength);
  if (interleavedChannel !== undefined) {
    template[0] = 0x24;
    template[1] = interleavedChannel;
  }
  view.setUint8(0, extension === undefined ? 0x80 : 0x90);
  view.setUint8(1, options.payloadType & 0x7f);
  view.setUint32(8, options.ssrc);
  if (extension !== undefined) {
    view.setUint16(RTP_FIXED_HEADER_LENGTH, extension.profile);
    view.setUint16(RTP_FIXED_HEADER_LENGTH + 2, extension.data.length / 4);
    template.set(extension.data, prefixLength + RTP_FIXED_HEADER_LENGTH + 4);
  }
  return template;
}
