import type { PacketArrival, TransportFeedback } from '../rtcp/packets.ts';
import { RTP_FIXED_HEADER_LENGTH } from './packet.ts';
import { sequenceDistance } from './sequence.ts';

/** `a=extmap` address of the transport-wide sequence number. */
export const TRANSPORT_SEQUENCE_URI =
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';

const ONE_BYTE_PROFILE = 0xbede;
/** Feedback counts arrivals in steps of 0.25 ms, from a reference of 64 ms. */
const TICKS_PER_MS = 4;
const TICK_US = 250;
const TICKS_PER_REFERENCE = 256;
/** A jump beyond this is no loss: the sender began anew. It also bounds one message. */
const MAX_SPAN = 2000;

/** The transport-wide sequence number of an RTP packet, by its extension's id (1-14); `undefined` without one. */
export function transportSequenceOf(packet: Uint8Array, id: number): number | undefined {
  const flags = packet[0] ?? 0;
  if ((flags & 0x10) === 0 || id === 0) return undefined;
  const start = RTP_FIXED_HEADER_LENGTH + (flags & 0x0f) * 4;
  if (readUint16(packet, start) !== ONE_BYTE_PROFILE) return undefined;
  const words = readUint16(packet, start + 2);
  const end = Math.min(packet.length, start + 4 + 4 * words);
  let at = start + 4;
  while (at < end) {
    const element = packet[at] ?? 0;
    const length = (element & 0x0f) + 1;
    if (element === 0) at += 1;
    else if (element >> 4 === id && length === 2 && at + 2 < end) {
      return readUint16(packet, at + 1);
    } else at += 1 + length;
  }
  return undefined;
}

function readUint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/**
 * Notes when packets arrived, for transport-wide feedback
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01): what tells browsers how fast they may send.
 */
export class TransportArrivals {
  /** Ticks by sequence number, of packets that were not told of yet. */
  readonly #arrivals = new Map<number, number>();
  /** The first number that was not told of yet. */
  #next: number | undefined;
  #highest = 0;
  #feedbackCount = 0;

  /** Takes every packet; `nowMs` is any steady clock. */
  onPacket(sequenceNumber: number, nowMs: number): void {
    this.#next ??= sequenceNumber;
    const distance = sequenceDistance(this.#next, sequenceNumber);
    if (Math.abs(distance) > MAX_SPAN) {
      this.#arrivals.clear();
      this.#next = sequenceNumber;
    } else if (distance < 0) {
      return; // told of as lost
    }
    const isHighest = this.#arrivals.size === 0 || sequenceDistance(this.#highest, sequenceNumber) > 0;
    if (isHighest) this.#highest = sequenceNumber;
    this.#arrivals.set(sequenceNumber, Math.round(nowMs * TICKS_PER_MS));
  }

  /** What arrived since the last call; `undefined` where nothing did. */
  feedback(senderSsrc: number, mediaSsrc: number): TransportFeedback | undefined {
    const base = this.#next;
    if (base === undefined || this.#arrivals.size === 0) return undefined;
    const packets: PacketArrival[] = [];
    let reference: number | undefined;
    let last = 0;
    const count = sequenceDistance(base, this.#highest) + 1;
    for (let index = 0; index < count; index += 1) {
      const sequenceNumber = (base + index) & 0xffff;
      const ticks = this.#arrivals.get(sequenceNumber);
      if (ticks === undefined) {
        packets.push({ sequenceNumber, deltaUs: undefined });
        continue;
      }
      if (reference === undefined) {
        reference = Math.floor(ticks / TICKS_PER_REFERENCE);
        last = reference * TICKS_PER_REFERENCE;
      }
      packets.push({ sequenceNumber, deltaUs: (ticks - last) * TICK_US });
      last = ticks;
    }
    this.#arrivals.clear();
    this.#next = (this.#highest + 1) & 0xffff;
    const feedbackCount = this.#feedbackCount;
    this.#feedbackCount = (feedbackCount + 1) & 0xff;
    const referenceTimeMs = signed24(reference ?? 0) * (TICKS_PER_REFERENCE / TICKS_PER_MS);
    return { type: 'twcc', senderSsrc, mediaSsrc, referenceTimeMs, feedbackCount, packets };
  }
}

/** The 24 bits that the message has for it. */
function signed24(value: number): number {
  return ((value & 0xff_ffff) << 8) >> 8;
}
