import { ProtocolError } from '@vedette/media';
import { SRT_HEADER_LENGTH, SRT_LIMITS } from './limits.ts';
import { readUint32, writeUint32 } from './packet.ts';

/** What an ACK tells (§3.2.4). A light one, and those of old versions, lack everything behind the sequence number. */
export interface SrtAck {
  /** Everything before this one has arrived, or is not waited for any more; 31 bits. */
  readonly sequence: number;
  /** Microseconds. */
  readonly roundTripUs: number | undefined;
  readonly roundTripVarianceUs: number | undefined;
  /** Packets that the receiver has room for. */
  readonly availablePackets: number | undefined;
}

/** What a full ACK carries. */
export interface SrtFullAck extends SrtAck {
  readonly roundTripUs: number;
  readonly roundTripVarianceUs: number;
  readonly availablePackets: number;
  /** Packets a second. */
  readonly receivingRate: number;
  /** Packets a second. */
  readonly linkCapacity: number;
  readonly receivingBytesPerSecond: number;
}

/** Sequence numbers (31 bits) from `first` to `last`, both included. */
export interface SrtRange {
  readonly first: number;
  readonly last: number;
}

const RANGE_FLAG = 0x8000_0000;
/** Words of a loss list that fit one datagram. */
const MAX_LOSS_WORDS = (SRT_LIMITS.datagramBytes - SRT_HEADER_LENGTH) / 4;

/** @throws {ProtocolError} `ERR_SRT_ACK`. */
export function parseAck(packet: Uint8Array): SrtAck {
  if (packet.length < SRT_HEADER_LENGTH + 4) {
    throw new ProtocolError('ERR_SRT_ACK', `an ACK needs 20 bytes, got ${packet.length}`);
  }
  const field = (index: number): number | undefined => {
    const offset = SRT_HEADER_LENGTH + 4 * index;
    return packet.length < offset + 4 ? undefined : readUint32(packet, offset);
  };
  return {
    sequence: readUint32(packet, SRT_HEADER_LENGTH) & 0x7fff_ffff,
    roundTripUs: field(1),
    roundTripVarianceUs: field(2),
    availablePackets: field(3),
  };
}

/** Writes the body of a full ACK. @returns the length of the packet. */
export function writeFullAck(target: Uint8Array, ack: SrtFullAck): number {
  const words = [
    ack.sequence,
    ack.roundTripUs,
    ack.roundTripVarianceUs,
    ack.availablePackets,
    ack.receivingRate,
    ack.linkCapacity,
    ack.receivingBytesPerSecond,
  ];
  words.forEach((word, index) => writeUint32(target, SRT_HEADER_LENGTH + 4 * index, word));
  return SRT_HEADER_LENGTH + 4 * words.length;
}

/**
 * Calls `onRange` for each run of lost packets of a NAK (§3.2.5, appendix A), until it returns `false`.
 *
 * @throws {ProtocolError} `ERR_SRT_NAK`: cut short, or a range that ends before it begins.
 */
export function readLossList(packet: Uint8Array, onRange: (first: number, last: number) => boolean): void {
  const end = packet.length - ((packet.length - SRT_HEADER_LENGTH) % 4);
  if (end < SRT_HEADER_LENGTH + 4) throw new ProtocolError('ERR_SRT_NAK', 'a NAK names no packet');
  for (let offset = SRT_HEADER_LENGTH; offset < end; offset += 4) {
    const word = readUint32(packet, offset);
    const first = word & 0x7fff_ffff;
    let last = first;
    if (word >= RANGE_FLAG) {
      offset += 4;
      if (offset >= end) throw new ProtocolError('ERR_SRT_NAK', 'the last range of a NAK has no end');
      last = readUint32(packet, offset);
      if (last >= RANGE_FLAG || ((last - first) & 0x7fff_ffff) >= 0x4000_0000) {
        throw new ProtocolError('ERR_SRT_NAK', 'a range of a NAK ends before it begins');
      }
    }
    if (!onRange(first, last)) return;
  }
}

/** Writes loss lists: as many ranges as fit one packet, a single packet in one word. */
export class LossListWriter {
  readonly #target: Uint8Array;
  #words = 0;

  constructor(target: Uint8Array) {
    this.#target = target;
  }

  /** Length of the packet so far. */
  get length(): number {
    return SRT_HEADER_LENGTH + 4 * this.#words;
  }

  get isEmpty(): boolean {
    return this.#words === 0;
  }

  /** @returns `false`: it does not fit any more. */
  add(first: number, last: number): boolean {
    if (this.#words + 2 > MAX_LOSS_WORDS) return false;
    const isRange = first !== last;
    writeUint32(this.#target, this.length, (isRange ? RANGE_FLAG : 0) | (first & 0x7fff_ffff));
    this.#words += 1;
    if (!isRange) return true;
    writeUint32(this.#target, this.length, last & 0x7fff_ffff);
    this.#words += 1;
    return true;
  }
}

/** Parses a message drop request (§3.2.9): packets that will not be sent any more. @throws {ProtocolError} `ERR_SRT_DROP`. */
export function parseDropRequest(packet: Uint8Array): SrtRange {
  if (packet.length < SRT_HEADER_LENGTH + 8) {
    throw new ProtocolError('ERR_SRT_DROP', `a drop request needs 24 bytes, got ${packet.length}`);
  }
  const first = readUint32(packet, SRT_HEADER_LENGTH) & 0x7fff_ffff;
  const last = readUint32(packet, SRT_HEADER_LENGTH + 4) & 0x7fff_ffff;
  if (((last - first) & 0x7fff_ffff) >= 0x4000_0000) {
    throw new ProtocolError('ERR_SRT_DROP', 'a drop request ends before it begins');
  }
  return { first, last };
}

/** Writes the body of a drop request. @returns the length of the packet. */
export function writeDropRequest(target: Uint8Array, first: number, last: number): number {
  writeUint32(target, SRT_HEADER_LENGTH, first & 0x7fff_ffff);
  writeUint32(target, SRT_HEADER_LENGTH + 4, last & 0x7fff_ffff);
  return SRT_HEADER_LENGTH + 8;
}
