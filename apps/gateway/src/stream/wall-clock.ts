/** At most this much faster or slower than real time, so that a correction is never a visible jump. */
const MAX_SLEW = 500e-6;
/** While the estimate is this young it may jump: nobody has relied on it yet. */
const SETTLING_MS = 2000;
/** A sender report further off than this means that the camera's clock was set: follow at once. */
const STEP_MS = 1000;
/** A camera that tells its clock has done so by then: its first report is due within 7.5 s (RFC 3550 §6.2). */
const REPORT_WAIT_MS = 8000;
/** The least delayed unit is looked for in the last one to two windows. */
const WINDOW_MS = 5000;

/**
 * Maps stream time onto wall-clock time.
 *
 * Two clocks can lead. The camera's, by RTCP sender reports (RFC 3550 §6.4.1), as soon as there is
 * one; until then the arrival of the least delayed unit: the network only ever adds delay, so
 * the smallest (arrival − PTS) seen lately is the best guess of when PTS zero was. Either way the
 * mapping follows its leader at no more than 500 ppm.
 *
 * All times are milliseconds: `streamMs` is PTS / clock rate, `nowMs` and the result are since the
 * Unix epoch.
 */
export class WallClock {
  #offsetMs = Number.NaN;
  #source: 'none' | 'arrival' | 'sender-report' = 'none';
  #startedMs = 0;
  #slewedMs = 0;
  #windowStartMs = 0;
  #windowMin = Number.POSITIVE_INFINITY;
  #previousMin = Number.POSITIVE_INFINITY;

  /** Which clock leads now. */
  get source(): 'none' | 'arrival' | 'sender-report' {
    return this.#source;
  }

  /**
   * Whether peers may be told the mapping: the camera's clock leads, or would by now if it told one. Players
   * that place what they show by it would jump when the first report overturns an estimate.
   */
  isSettled(nowMs: number): boolean {
    if (this.#source === 'arrival') return nowMs - this.#startedMs >= REPORT_WAIT_MS;
    return this.#source === 'sender-report';
  }

  /** Wall clock of `streamMs`, or `NaN` before anything was observed. */
  at(streamMs: number): number {
    return this.#offsetMs + streamMs;
  }

  /** The camera says that `streamMs` was captured at `unixMs`. */
  report(streamMs: number, unixMs: number, nowMs: number): void {
    const target = unixMs - streamMs;
    if (this.#source !== 'sender-report' || Math.abs(target - this.#offsetMs) > STEP_MS) {
      this.#offsetMs = target;
      this.#source = 'sender-report';
      this.#slewedMs = nowMs;
      return;
    }
    this.#slewTowards(target, nowMs);
  }

  /** A unit of `streamMs` arrived at `nowMs`. */
  observe(streamMs: number, nowMs: number): void {
    if (this.#source === 'sender-report') return;
    const candidate = nowMs - streamMs;
    if (this.#source === 'none') {
      this.#source = 'arrival';
      this.#startedMs = this.#slewedMs = this.#windowStartMs = nowMs;
      this.#offsetMs = candidate;
    }
    if (nowMs - this.#windowStartMs > WINDOW_MS) {
      this.#previousMin = this.#windowMin;
      this.#windowMin = candidate;
      this.#windowStartMs = nowMs;
    } else if (candidate < this.#windowMin) {
      this.#windowMin = candidate;
    }
    const target = Math.min(this.#windowMin, this.#previousMin);
    if (nowMs - this.#startedMs < SETTLING_MS) {
      this.#offsetMs = target;
      this.#slewedMs = nowMs;
    } else {
      this.#slewTowards(target, nowMs);
    }
  }

  /** Forgets everything: the next source has its own clock and its own zero. */
  reset(): void {
    this.#offsetMs = Number.NaN;
    this.#source = 'none';
    this.#windowMin = this.#previousMin = Number.POSITIVE_INFINITY;
  }

  #slewTowards(target: number, nowMs: number): void {
    const limit = Math.max(0, nowMs - this.#slewedMs) * MAX_SLEW;
    this.#offsetMs += Math.max(-limit, Math.min(limit, target - this.#offsetMs));
    this.#slewedMs = nowMs;
  }
}
