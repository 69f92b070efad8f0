/** What a session does with the next unit. */
export type Verdict = 'send' | 'drop' | 'close';

export interface DropGateOptions {
  /** Bytes that may wait for this viewer; from there on whole pictures are dropped. */
  readonly maxQueueBytes: number;
  /** A viewer that takes nothing at all for this long is closed. */
  readonly maxStallMs: number;
}

/** Default bounds of one viewer: about 16 s of a 4 Mbit/s stream, closed after 30 s of silence. */
export const VIEWER_BOUNDS: DropGateOptions = { maxQueueBytes: 8 * 1024 * 1024, maxStallMs: 30_000 };

/**
 * Decides, for one viewer, what a full queue loses: whole pictures up to the next random access
 * point, so that a slow viewer never sees a broken picture and never costs more than its bound.
 *
 * Pure: the queue itself (a socket's, a link's) belongs to the session, which says how full it is.
 */
export class DropGate {
  readonly #bounds: DropGateOptions;
  #isDropping = false;
  #movedAtMs = 0;
  #expectedBytes = Number.POSITIVE_INFINITY;
  #dropped = 0;

  constructor(bounds: DropGateOptions = VIEWER_BOUNDS) {
    this.#bounds = bounds;
  }

  /** Units dropped so far. */
  get dropped(): number {
    return this.#dropped;
  }

  get isDropping(): boolean {
    return this.#isDropping;
  }

  /**
   * @param isEntry decoding can resume at this unit: a video random access point, or any unit of
   * a stream without video.
   * @param byteLength bytes that sending it would add to the queue.
   * @param queuedBytes bytes that wait now.
   * @param nowMs any steady clock.
   */
  admit(isEntry: boolean, byteLength: number, queuedBytes: number, nowMs: number): Verdict {
    // Less than what was left there last time, its own unit included: the viewer has taken something.
    if (queuedBytes === 0 || queuedBytes < this.#expectedBytes) this.#movedAtMs = nowMs;
    this.#expectedBytes = queuedBytes;
    if (nowMs - this.#movedAtMs > this.#bounds.maxStallMs) return 'close';

    const fits = queuedBytes === 0 || queuedBytes + byteLength <= this.#bounds.maxQueueBytes;
    if (fits && (!this.#isDropping || isEntry)) {
      this.#isDropping = false;
      this.#expectedBytes += byteLength;
      return 'send';
    }
    this.#isDropping = true;
    this.#dropped += 1;
    return 'drop';
  }
}
