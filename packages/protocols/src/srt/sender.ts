import { writeDropRequest, type SrtAck } from './control.ts';
import { SRT_HEADER_LENGTH, SRT_LIMITS } from './limits.ts';
import { Pace } from './pace.ts';
import { SRT_CONTROL, writeControlHeader, writeDataHeader } from './packet.ts';
import type { RoundTrip } from './round-trip.ts';
import { SendBuffer } from './send-buffer.ts';
import type { SenderKeys } from './sender-keys.ts';
import { unwrapSequence } from './sequence.ts';
import type { SrtStatistics } from './statistics.ts';
import { wireTimestamp, type SrtWire } from './wire.ts';

export interface SenderOptions {
  readonly initialSequence: number;
  readonly peerSocketId: number;
  readonly startUs: number;
  /** How long the peer waits for a packet. */
  readonly latencyMs: number;
  /** Packets that the peer has room for. */
  readonly flowWindow: number;
  readonly keys: SenderKeys | undefined;
}

/** Packets are kept for this long at least, however short the latency (libsrt: SRT_TLPKTDROP_MINTHRESHOLD). */
const MIN_KEPT_US = 1_000_000;
const TICKS_US = 20_000;
const MESSAGE_NUMBERS = 0x03ff_ffff;
/** Handled entries of the queue are cut off once there are this many. */
const COMPACT_AT = 1024;

/**
 * The sending half: cuts media into packets, sends them, sends them again when asked, and forgets them when they
 * are acknowledged or too old to be of use.
 *
 * Spec: draft-sharabayko-srt §4.6 (too-late packet drop), §4.8 (acknowledgement, retransmission).
 */
export class Sender {
  readonly #options: SenderOptions;
  readonly #buffer: SendBuffer;
  readonly #roundTrip: RoundTrip;
  readonly #statistics: SrtStatistics;
  readonly #wire: SrtWire;
  readonly #pace: Pace;
  readonly #keptUs: number;
  /** Packets to send again, in the order they were asked for. */
  #wanted: number[] = [];
  #wantedHead = 0;
  #window: number;
  #progressUs: number;
  #probes = 0;
  #droppedUs = Number.NEGATIVE_INFINITY;

  constructor(
    options: SenderOptions,
    wire: SrtWire,
    { roundTrip, statistics, nowUs }: { roundTrip: RoundTrip; statistics: SrtStatistics; nowUs: number },
  ) {
    this.#options = options;
    this.#wire = wire;
    this.#roundTrip = roundTrip;
    this.#statistics = statistics;
    this.#buffer = new SendBuffer(options.initialSequence);
    this.#pace = new Pace(nowUs);
    this.#window = options.flowWindow;
    this.#keptUs = Math.max(1250 * options.latencyMs, MIN_KEPT_US) + TICKS_US;
    this.#progressUs = nowUs;
  }

  /** Bytes that have not been sent at all. */
  get unsentBytes(): number {
    return this.#buffer.unsentBytes;
  }

  /** When something was last given up because it was too old. */
  get droppedUs(): number {
    return this.#droppedUs;
  }

  /** Bytes that are held: not sent, or not acknowledged. */
  get keptBytes(): number {
    return this.#buffer.keptBytes;
  }

  /**
   * Cuts `bytes` into packets and sends what may go now. `bytes` is kept until it is acknowledged: it must not
   * change any more.
   *
   * @returns `false`: there was no room; nothing of it is sent.
   */
  write(bytes: Uint8Array, nowUs: number): boolean {
    const count = Math.ceil(bytes.length / SRT_LIMITS.payloadBytes);
    if (!this.#buffer.hasRoom(count)) {
      this.#statistics.refused += count;
      return false;
    }
    for (let offset = 0; offset < bytes.length; offset += SRT_LIMITS.payloadBytes) {
      this.#buffer.push(bytes, offset, Math.min(SRT_LIMITS.payloadBytes, bytes.length - offset));
    }
    this.#pace.add(bytes.length);
    this.flush(nowUs);
    return true;
  }

  /** Sends what may go now: first what was lost, then what is new. */
  flush(nowUs: number): void {
    this.#pace.refill(nowUs);
    this.#resendWanted(nowUs);
    const buffer = this.#buffer;
    while (this.#pace.isOpen && buffer.next < buffer.end && buffer.next - buffer.first < this.#window) {
      this.#sendNew(nowUs);
    }
  }

  onAck(ack: SrtAck, nowUs: number): void {
    const buffer = this.#buffer;
    const sequence = unwrapSequence(ack.sequence, buffer.first);
    // Nothing that was not sent can be acknowledged.
    if (sequence > buffer.next) return;
    if (ack.availablePackets !== undefined) {
      this.#window = Math.min(this.#options.flowWindow, Math.max(2, ack.availablePackets));
    }
    if (sequence > buffer.first) {
      buffer.release(sequence);
      this.#progressUs = nowUs;
      this.#probes = 0;
    }
    if (buffer.next < buffer.end) this.flush(nowUs);
  }

  /** The peer misses `first` to `last` (31 bits each). @returns `false`: it cannot miss them. */
  onLoss(first: number, last: number, nowUs: number): boolean {
    const buffer = this.#buffer;
    const start = unwrapSequence(first, buffer.first);
    const end = start + ((last - first) & 0x7fff_ffff);
    if (end >= buffer.next) return false;
    const kept = Math.max(start, buffer.first);
    if (start < buffer.first) this.#sendDropRequest(start, Math.min(end, buffer.first - 1), nowUs);
    // What was sent again within this time may still be on its way.
    const recentUs = nowUs - Math.max(0, this.#roundTrip.us - 4 * this.#roundTrip.varianceUs);
    for (let sequence = kept; sequence <= end; sequence += 1) {
      if (buffer.isWanted(sequence) || buffer.resentUs(sequence) > recentUs) continue;
      buffer.want(sequence);
      this.#wanted.push(sequence);
      this.#statistics.reportedLost += 1;
    }
    return true;
  }

  /** To be called every few milliseconds. */
  tick(nowUs: number): void {
    this.#dropLate(nowUs);
    this.#probe(nowUs);
    const hasWork = this.#wantedHead < this.#wanted.length || this.#buffer.next < this.#buffer.end;
    if (hasWork) this.flush(nowUs);
  }

  #sendNew(nowUs: number): void {
    const sequence = this.#buffer.next;
    this.#options.keys?.count();
    const length = this.#buffer.lengthOf(sequence);
    this.#buffer.markSent(nowUs);
    this.#transmit(sequence, nowUs, false);
    this.#statistics.sent += 1;
    this.#statistics.sentBytes += length;
    if (sequence === this.#buffer.first) this.#progressUs = nowUs;
  }

  #resendWanted(nowUs: number): void {
    while (this.#pace.isOpen && this.#wantedHead < this.#wanted.length) {
      const sequence = this.#wanted[this.#wantedHead] ?? 0;
      this.#wantedHead += 1;
      if (sequence >= this.#buffer.first) this.#resend(sequence, nowUs);
    }
    if (this.#wantedHead === this.#wanted.length || this.#wantedHead >= COMPACT_AT) {
      this.#wanted = this.#wanted.slice(this.#wantedHead);
      this.#wantedHead = 0;
    }
  }

  #resend(sequence: number, nowUs: number): void {
    this.#buffer.markResent(sequence, nowUs);
    this.#transmit(sequence, this.#buffer.sentUs(sequence), true);
    this.#statistics.retransmitted += 1;
  }

  #transmit(sequence: number, sentUs: number, isAgain: boolean): void {
    const { initialSequence, startUs, peerSocketId, keys } = this.#options;
    const { buffer } = this.#wire;
    const end = this.#buffer.copy(sequence, buffer, SRT_HEADER_LENGTH);
    const flags = keys?.encrypt(buffer, SRT_HEADER_LENGTH, end, sequence & 0x7fff_ffff) ?? 0;
    const message = ((sequence - initialSequence) % MESSAGE_NUMBERS) + 1;
    const timestamp = wireTimestamp(sentUs, startUs);
    writeDataHeader(buffer, sequence, message, flags, isAgain, timestamp, peerSocketId);
    this.#pace.take(end);
    this.#wire.send(end);
  }

  #dropLate(nowUs: number): void {
    const buffer = this.#buffer;
    const { first } = buffer;
    let end = first;
    while (end < buffer.next && nowUs - buffer.sentUs(end) > this.#keptUs) end += 1;
    if (end === first) return;
    buffer.release(end);
    this.#statistics.sendDropped += end - first;
    this.#droppedUs = nowUs;
    this.#progressUs = nowUs;
    this.#sendDropRequest(first, end - 1, nowUs);
  }

  /** Nobody misses the last packet of a burst but its sender: sent again, it shows the peer what is missing. */
  #probe(nowUs: number): void {
    const { first, next } = this.#buffer;
    if (next === first) return;
    const patienceUs = (this.#roundTrip.patienceUs + TICKS_US) * (this.#probes + 1);
    if (nowUs - this.#progressUs < patienceUs) return;
    this.#progressUs = nowUs;
    this.#probes += 1;
    if (!this.#buffer.isWanted(next - 1)) this.#resend(next - 1, nowUs);
  }

  #sendDropRequest(first: number, last: number, nowUs: number): void {
    const { startUs, peerSocketId } = this.#options;
    const { buffer } = this.#wire;
    writeControlHeader(buffer, SRT_CONTROL.dropRequest, 0, wireTimestamp(nowUs, startUs), peerSocketId);
    this.#wire.send(writeDropRequest(buffer, first, last));
  }
}
