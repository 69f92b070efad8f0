/** Totals of one connection, both directions; counted in packets unless the name says otherwise. */
export interface SrtStatistics {
  /** Media packets sent for the first time. */
  sent: number;
  /** Media bytes sent for the first time. */
  sentBytes: number;
  retransmitted: number;
  /** Packets that the peer asked for again. */
  reportedLost: number;
  /** Sent, never acknowledged, and too old to be sent again. */
  sendDropped: number;
  /** Never sent: the buffer was full. */
  refused: number;
  /** Media packets received, each once. */
  received: number;
  receivedBytes: number;
  /** Seen to be missing, whether or not they came in the end. */
  lost: number;
  /** Missing ones that came in time. */
  recovered: number;
  /** Given up: never handed on. */
  receiveDropped: number;
  duplicates: number;
  /** Came when their turn had passed. */
  belated: number;
  /** Encrypted by a key that is not known, or not encrypted where they ought to be. */
  undecrypted: number;
  /** Packets that broke a rule. */
  malformed: number;
}

export function createStatistics(): SrtStatistics {
  return {
    sent: 0,
    sentBytes: 0,
    retransmitted: 0,
    reportedLost: 0,
    sendDropped: 0,
    refused: 0,
    received: 0,
    receivedBytes: 0,
    lost: 0,
    recovered: 0,
    receiveDropped: 0,
    duplicates: 0,
    belated: 0,
    undecrypted: 0,
    malformed: 0,
  };
}

const WINDOW_US = 1_000_000;

/** A rate over the last second or so. */
export class RateMeter {
  #count = 0;
  #startUs: number;
  #perSecond = 0;

  constructor(nowUs: number) {
    this.#startUs = nowUs;
  }

  add(count: number): void {
    this.#count += count;
  }

  /** Units a second; the running window counts as soon as it shows more than the last whole one. */
  perSecond(nowUs: number): number {
    const elapsedUs = nowUs - this.#startUs;
    if (elapsedUs >= WINDOW_US) {
      this.#perSecond = Math.round((this.#count * 1e6) / elapsedUs);
      this.#count = 0;
      this.#startUs = nowUs;
    }
    return Math.max(this.#perSecond, this.#count);
  }
}
