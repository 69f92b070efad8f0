import type { TransportFeedback } from '@vedette/protocols';

/** What one viewer's feedback says of its line; the newest of each. */
export interface LineFigures {
  /** How long packets wait on their way, beyond what the way itself takes, in milliseconds. */
  readonly delayMs: number;
  /** Share of packets lost on the way, before repairs, 0 to 1. */
  readonly loss: number;
  /** Bits a second that arrive; `null`: not known. */
  readonly throughput: number | null;
  /** Bits a second that the line could carry, from how bursts are spread by it; `null`: not known. */
  readonly capacity: number | null;
}

/** Packets that feedback may still come for; a power of two. */
const REMEMBERED = 4096;
/** The way's own delay is the least of so long, or of twice that. */
const BASE_WINDOW_MS = 30_000;
/** Packets of one picture wait for each other: the delay is the least of so long. */
const DELAY_WINDOW_MS = 250;
const LOSS_WINDOW_MS = 1000;
const THROUGHPUT_WINDOW_MS = 400;
/** Nothing was heard of for so long: what was sent last waits at least that long. */
const SILENCE_MS = 500;
/** Packets handed over within so long left together: how they arrive tells the width of the line. */
const TRAIN_MS = 3;
const MIN_TRAIN_PACKETS = 3;
const MIN_SPREAD_MS = 0.5;
const TRAINS = 5;

interface Entry {
  readonly atMs: number;
  readonly minDelayMs: number;
  readonly packets: number;
  readonly lost: number;
  readonly bytes: number;
}

interface Train {
  sentMs: number;
  firstMs: number;
  lastMs: number;
  packets: number;
  /** Without the first packet's. */
  bytes: number;
}

/**
 * Learns from transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01) how one viewer's line
 * fares: when each packet was sent is known here, when it arrived the viewer tells.
 */
export class LineEstimate {
  readonly #sentMs = new Float64Array(REMEMBERED);
  readonly #bytes = new Uint16Array(REMEMBERED);
  /** Of all packets up to each. */
  readonly #totals = new Float64Array(REMEMBERED);
  #sentBytes = 0;
  #toldBytes = 0;
  #next = Math.floor(Math.random() * 0x1_0000);
  #sentPackets = 0;
  #lastSentMs = 0;
  #heardMs: number | undefined;
  #entries: Entry[] = [];
  #base = { startMs: 0, current: Number.POSITIVE_INFINITY, before: Number.POSITIVE_INFINITY };
  #rates: number[] = [];
  #train: Train | undefined;

  /**
   * A packet leaves.
   *
   * @returns its transport-wide sequence number.
   */
  sent(byteLength: number, nowMs: number): number {
    const sequenceNumber = this.#next;
    const slot = sequenceNumber & (REMEMBERED - 1);
    this.#sentMs[slot] = nowMs;
    this.#bytes[slot] = byteLength;
    this.#sentBytes += byteLength;
    this.#totals[slot] = this.#sentBytes;
    this.#next = (sequenceNumber + 1) & 0xffff;
    this.#sentPackets += 1;
    this.#lastSentMs = nowMs;
    return sequenceNumber;
  }

  /** The viewer says what has arrived. */
  heard(
    { referenceTimeMs, packets }: Pick<TransportFeedback, 'referenceTimeMs' | 'packets'>,
    nowMs: number,
  ): void {
    let arrivalMs = referenceTimeMs;
    let minDelayMs = Number.POSITIVE_INFINITY;
    let [known, lost, bytes] = [0, 0, 0];
    for (const { sequenceNumber, deltaUs } of packets) {
      if (deltaUs !== undefined) arrivalMs += deltaUs / 1000;
      if (!this.#isRemembered(sequenceNumber)) continue;
      known += 1;
      this.#toldBytes = Math.max(this.#toldBytes, this.#totals[sequenceNumber & (REMEMBERED - 1)] ?? 0);
      if (deltaUs === undefined) {
        lost += 1;
        continue;
      }
      const slot = sequenceNumber & (REMEMBERED - 1);
      const sentMs = this.#sentMs[slot] ?? 0;
      const length = this.#bytes[slot] ?? 0;
      bytes += length;
      minDelayMs = Math.min(minDelayMs, arrivalMs - sentMs);
      this.#addToTrain(sentMs, arrivalMs, length);
    }
    if (known === 0) return;
    this.#heardMs = nowMs;
    this.#learnBase(minDelayMs, nowMs);
    this.#entries = this.#entries.filter(({ atMs }) => nowMs - atMs < LOSS_WINDOW_MS);
    this.#entries.push({ atMs: nowMs, minDelayMs, packets: known, lost, bytes });
  }

  /** `undefined`: the viewer gives no such feedback. */
  figures(nowMs: number): LineFigures | undefined {
    if (this.#heardMs === undefined) return undefined;
    const within = (windowMs: number): Entry[] => this.#entries.filter(({ atMs }) => nowMs - atMs < windowMs);
    const recent = within(LOSS_WINDOW_MS);
    const packets = sum(recent, (entry) => entry.packets);
    const capacity = this.#rates.toSorted((a, b) => a - b)[this.#rates.length >> 1];
    // What has arrived waited; what is on its way does, and sooner tells that the line has become narrow.
    const queueMs = capacity === undefined ? 0 : ((this.#sentBytes - this.#toldBytes) * 8000) / capacity;
    return {
      delayMs: Math.max(0, queueMs, this.#delay(within(DELAY_WINDOW_MS), nowMs)),
      loss: packets === 0 ? 0 : sum(recent, (entry) => entry.lost) / packets,
      throughput: this.#throughput(within(THROUGHPUT_WINDOW_MS), nowMs),
      capacity: capacity ?? null,
    };
  }

  #isRemembered(sequenceNumber: number): boolean {
    const age = (this.#next - 1 - sequenceNumber) & 0xffff;
    return age < Math.min(REMEMBERED, this.#sentPackets);
  }

  #learnBase(delayMs: number, nowMs: number): void {
    if (!Number.isFinite(delayMs)) return;
    const base = this.#base;
    if (nowMs - base.startMs > BASE_WINDOW_MS) {
      this.#base = { startMs: nowMs, current: delayMs, before: base.current };
    } else {
      base.current = Math.min(base.current, delayMs);
    }
  }

  #delay(entries: readonly Entry[], nowMs: number): number {
    const silentMs = nowMs - (this.#heardMs ?? nowMs);
    if (silentMs > SILENCE_MS && this.#lastSentMs > (this.#heardMs ?? 0)) return silentMs;
    const least = Math.min(...entries.map(({ minDelayMs }) => minDelayMs));
    return Number.isFinite(least) ? least - Math.min(this.#base.current, this.#base.before) : 0;
  }

  #throughput(entries: readonly Entry[], nowMs: number): number | null {
    const [first] = entries;
    if (first === undefined) return null;
    const spanMs = Math.max(100, nowMs - first.atMs);
    // What the first tells of arrived before the span began.
    const bytes = sum(entries, (entry) => entry.bytes) - (entries.length > 1 ? first.bytes : 0);
    return (bytes * 8000) / spanMs;
  }

  #addToTrain(sentMs: number, arrivalMs: number, length: number): void {
    const train = this.#train;
    if (train !== undefined && sentMs - train.sentMs <= TRAIN_MS && arrivalMs >= train.lastMs) {
      train.lastMs = arrivalMs;
      train.packets += 1;
      train.bytes += length;
      return;
    }
    if (train !== undefined && train.packets >= MIN_TRAIN_PACKETS) {
      const spreadMs = Math.max(MIN_SPREAD_MS, train.lastMs - train.firstMs);
      this.#rates = [...this.#rates.slice(1 - TRAINS), (train.bytes * 8000) / spreadMs];
    }
    this.#train = { sentMs, firstMs: arrivalMs, lastMs: arrivalMs, packets: 1, bytes: 0 };
  }
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
