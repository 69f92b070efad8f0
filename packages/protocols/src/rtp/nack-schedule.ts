/** A packet that was asked for so often is not asked for again. */
const MAX_REQUESTS = 10;
/** Until one was measured, in milliseconds. */
const FIRST_ROUND_TRIP_MS = 100;
/** Before this has passed, a packet asked for cannot have come, in milliseconds. */
const MIN_RETRY_MS = 20;
/** Packets that are looked after at a time; beyond it a key frame is cheaper. */
const MAX_PACKETS = 512;

interface Asked {
  requests: number;
  lastMs: number;
}

/**
 * Decides which missing packets to ask for again, and when (RFC 4585 §6.2.1): at once, then after each
 * round trip with some patience added, ten times at the most. Learns the round trip from what it gets.
 */
export class NackSchedule {
  readonly #asked = new Map<number, Asked>();
  #roundTripMs = FIRST_ROUND_TRIP_MS;
  #hasMeasured = false;

  /** In milliseconds, smoothed; a guess until one was measured. */
  get roundTripMs(): number {
    return this.#roundTripMs;
  }

  get hasMeasured(): boolean {
    return this.#hasMeasured;
  }

  /** Requests go out for this many packets at a time, at the most. */
  static readonly maxPackets = MAX_PACKETS;

  /**
   * Sequence numbers to ask for now.
   *
   * @param missing all that are waited for; what is not among them is forgotten.
   * @param nowMs any steady clock.
   */
  due(missing: readonly number[], nowMs: number): number[] {
    const wanted = new Set(missing);
    for (const number of this.#asked.keys()) if (!wanted.has(number)) this.#asked.delete(number);
    const due: number[] = [];
    for (const number of missing) {
      const asked = this.#asked.get(number);
      if (asked === undefined) {
        if (this.#asked.size === MAX_PACKETS) break;
        this.#asked.set(number, { requests: 1, lastMs: nowMs });
        due.push(number);
      } else if (asked.requests < MAX_REQUESTS && nowMs - asked.lastMs >= this.#patienceMs(asked.requests)) {
        asked.requests += 1;
        asked.lastMs = nowMs;
        due.push(number);
      }
    }
    return due;
  }

  /** A packet came; where it had been asked for once, this tells the round trip. */
  arrived(sequenceNumber: number, nowMs: number): void {
    const asked = this.#asked.get(sequenceNumber);
    if (asked === undefined) return;
    this.#asked.delete(sequenceNumber);
    if (asked.requests !== 1) return; // nobody knows which request it answers
    const sampleMs = nowMs - asked.lastMs;
    this.#roundTripMs = this.#hasMeasured ? this.#roundTripMs + (sampleMs - this.#roundTripMs) / 8 : sampleMs;
    this.#hasMeasured = true;
  }

  #patienceMs(requests: number): number {
    return Math.max(MIN_RETRY_MS, this.#roundTripMs * 1.5) * (1 + requests / 4);
  }
}
