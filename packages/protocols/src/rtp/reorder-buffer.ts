import type { RtpPacket } from './packet.ts';
import { MAX_DROPOUT, MAX_MISORDER, sequenceDistance } from './sequence.ts';

export interface ReorderOptions {
  /**
   * Most packets between the one waited for and the latest; then the wait ends. 1 to 2048,
   * rounded up to a power of two; default 512.
   */
  readonly maxPackets?: number | undefined;
  /** How long a packet waits for the ones before it, in milliseconds. Default 100. */
  readonly maxDelayMs?: number | undefined;
}

/** Whole packets, since the start. */
export interface ReorderCounters {
  readonly received: number;
  /** Did not come in time, or at all. */
  readonly lost: number;
  readonly duplicated: number;
  /** Came after one with a higher sequence number, in time. */
  readonly reordered: number;
  /** Came after the wait for them had ended; counted as lost too. */
  readonly late: number;
}

interface Held {
  readonly packet: RtpPacket;
  readonly arrivedMs: number;
}

const NO_PACKETS: readonly RtpPacket[] = [];
/** Below `MAX_DROPOUT`, so that a window is never taken for a new start. */
const MAX_PACKETS = 2048;

/**
 * Puts the packets of one RTP stream in order of sequence number, for UDP. A missing packet is waited
 * for until the first one behind it has waited `maxDelayMs`, or lies `maxPackets` ahead.
 */
export class ReorderBuffer {
  #maxDelayMs: number;
  /** Packets waiting, each at its sequence number modulo the length. */
  readonly #held: (Held | undefined)[];
  #heldCount = 0;
  /** When the packet arrived that has waited longest. */
  #oldestMs = 0;
  #next: number | undefined;
  #ssrc = 0;
  #highest = 0;
  /** What a sender that began anew at a lower number would send next. */
  #restartAt: number | undefined;
  /** The last numbers given up, to tell late packets from duplicates. */
  readonly #lostNumbers = new Set<number>();
  readonly #counters = { received: 0, lost: 0, duplicated: 0, reordered: 0, late: 0 };

  /** @throws {RangeError} `maxPackets` is not 1 to 2048. */
  constructor({ maxPackets = 512, maxDelayMs = 100 }: ReorderOptions = {}) {
    if (!Number.isInteger(maxPackets) || maxPackets < 1 || maxPackets > MAX_PACKETS) {
      throw new RangeError(`maxPackets is 1 to ${MAX_PACKETS}, got ${maxPackets}`);
    }
    // A power of two, so that places stay distinct where sequence numbers wrap.
    this.#held = new Array<Held | undefined>(2 ** Math.ceil(Math.log2(maxPackets))).fill(undefined);
    this.#maxDelayMs = maxDelayMs;
  }

  /** How long a packet waits for the ones before it, in milliseconds; may be changed at any time. */
  get maxDelayMs(): number {
    return this.#maxDelayMs;
  }

  set maxDelayMs(delayMs: number) {
    this.#maxDelayMs = delayMs;
  }

  get counters(): ReorderCounters {
    return this.#counters;
  }

  /** When `poll` is due if no packet comes before; `undefined` while nothing waits. */
  get deadlineMs(): number | undefined {
    return this.#heldCount === 0 ? undefined : this.#oldestMs + this.#maxDelayMs;
  }

  /** Takes a packet and returns what is in order now, most often just that packet. `nowMs` is any steady clock. */
  push(packet: RtpPacket, nowMs: number): readonly RtpPacket[] {
    this.#counters.received += 1;
    const { sequenceNumber } = packet;
    const distance = this.#next === undefined ? 0 : sequenceDistance(this.#next, sequenceNumber);
    if (this.#isRestart(packet, distance)) {
      const before = this.flush();
      this.#start(packet);
      return before.length === 0 ? [packet] : [...before, packet];
    }
    if (distance < 0) return this.#onPast(sequenceNumber);
    this.#restartAt = undefined;
    if (distance === 0 && this.#heldCount === 0) {
      this.#noteOrder(sequenceNumber);
      this.#next = (sequenceNumber + 1) & 0xffff;
      return [packet];
    }
    const released: RtpPacket[] = [];
    this.#makeRoom(sequenceNumber, released);
    this.#hold(packet, nowMs);
    this.#releaseRun(released);
    this.#expire(nowMs, released);
    return released;
  }

  /** Ends waits that have lasted long enough; returns what is free now. */
  poll(nowMs: number): readonly RtpPacket[] {
    if (this.#heldCount === 0) return NO_PACKETS;
    const released: RtpPacket[] = [];
    this.#expire(nowMs, released);
    return released;
  }

  /** Ends all waits; returns everything held back, in order. */
  flush(): readonly RtpPacket[] {
    if (this.#heldCount === 0) return NO_PACKETS;
    const released: RtpPacket[] = [];
    while (this.#heldCount > 0) {
      this.#giveUpGap();
      this.#releaseRun(released);
    }
    return released;
  }

  /** Sequence numbers being waited for, lowest first, for a NACK. */
  missing(limit: number): number[] {
    const numbers: number[] = [];
    if (this.#next === undefined || this.#heldCount === 0) return numbers;
    for (
      let number = this.#next;
      numbers.length < limit && sequenceDistance(number, this.#highest) > 0;
      number = (number + 1) & 0xffff
    ) {
      if (this.#held[number % this.#held.length] === undefined) numbers.push(number);
    }
    return numbers;
  }

  /** The first packet, another source, a jump no loss explains, or two in a row of lower numbers. */
  #isRestart({ ssrc, sequenceNumber }: RtpPacket, distance: number): boolean {
    return (
      this.#next === undefined ||
      ssrc !== this.#ssrc ||
      distance > MAX_DROPOUT ||
      (distance < -MAX_MISORDER && sequenceNumber === this.#restartAt)
    );
  }

  #start({ ssrc, sequenceNumber }: RtpPacket): void {
    this.#ssrc = ssrc;
    this.#next = (sequenceNumber + 1) & 0xffff;
    this.#highest = sequenceNumber;
    this.#restartAt = undefined;
    this.#lostNumbers.clear();
  }

  #onPast(sequenceNumber: number): readonly RtpPacket[] {
    if (this.#lostNumbers.delete(sequenceNumber)) {
      this.#counters.late += 1;
    } else {
      this.#counters.duplicated += 1;
      this.#restartAt = (sequenceNumber + 1) & 0xffff;
    }
    return NO_PACKETS;
  }

  /** Ends waits until `sequenceNumber` fits the window. */
  #makeRoom(sequenceNumber: number, released: RtpPacket[]): void {
    while (this.#next !== undefined && sequenceDistance(this.#next, sequenceNumber) >= this.#held.length) {
      if (this.#heldCount === 0) this.#lose(this.#next);
      else this.#giveUpGap();
      this.#releaseRun(released);
    }
  }

  #hold(packet: RtpPacket, nowMs: number): void {
    const place = packet.sequenceNumber % this.#held.length;
    if (this.#held[place] !== undefined) {
      this.#counters.duplicated += 1;
      return;
    }
    this.#noteOrder(packet.sequenceNumber);
    this.#held[place] = { packet, arrivedMs: nowMs };
    this.#oldestMs = this.#heldCount === 0 ? nowMs : Math.min(this.#oldestMs, nowMs);
    this.#heldCount += 1;
  }

  #noteOrder(sequenceNumber: number): void {
    if (sequenceDistance(this.#highest, sequenceNumber) < 0) this.#counters.reordered += 1;
    else this.#highest = sequenceNumber;
  }

  #expire(nowMs: number, released: RtpPacket[]): void {
    while (this.#heldCount > 0 && nowMs - this.#oldestMs >= this.#maxDelayMs) {
      this.#giveUpGap();
      this.#releaseRun(released);
    }
  }

  /** Counts as lost all from the next number to the first one held. */
  #giveUpGap(): void {
    while (this.#next !== undefined && this.#held[this.#next % this.#held.length] === undefined) {
      this.#lose(this.#next);
    }
  }

  #lose(sequenceNumber: number): void {
    this.#counters.lost += 1;
    this.#lostNumbers.add(sequenceNumber);
    if (this.#lostNumbers.size > this.#held.length) {
      const [oldest] = this.#lostNumbers;
      if (oldest !== undefined) this.#lostNumbers.delete(oldest);
    }
    this.#next = (sequenceNumber + 1) & 0xffff;
  }

  /** Hands over the packets that stand in order at the front. */
  #releaseRun(released: RtpPacket[]): void {
    const before = this.#heldCount;
    while (this.#next !== undefined) {
      const place = this.#next % this.#held.length;
      const held = this.#held[place];
      if (held === undefined) break;
      this.#held[place] = undefined;
      this.#heldCount -= 1;
      this.#next = (this.#next + 1) & 0xffff;
      released.push(held.packet);
    }
    if (this.#heldCount === before || this.#heldCount === 0) return;
    this.#oldestMs = Number.POSITIVE_INFINITY;
    for (const held of this.#held) {
      if (held !== undefined) this.#oldestMs = Math.min(this.#oldestMs, held.arrivedMs);
    }
  }
}
