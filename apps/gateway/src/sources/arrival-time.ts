const CLOCK_RATE = 90_000;
/** Deviations above this are pauses and bursts, not jitter, and are passed on as they are. */
const MAX_JITTER_MS = 100;
/** How much of a deviation is believed at once, and how much of it is put down to the rate. */
const TIME_GAIN = 0.2;
const RATE_GAIN = 0.02;

/**
 * Makes presentation times out of arrivals, for pictures that come without any: jitter of the network is smoothed a
 * little, and time never runs away from the clock.
 */
export class ArrivalTime {
  #originMs: number | undefined;
  /** Of the last picture, ms since the first one. */
  #lastMs = 0;
  #intervalMs: number | undefined;

  /** Ticks per second of what `at` answers. */
  static readonly clockRate = CLOCK_RATE;

  /**
   * The time of a picture that came at `nowMs`, of any steady clock.
   *
   * @returns ticks since the first picture, always more than the last time.
   */
  at(nowMs: number): number {
    if (this.#originMs === undefined) {
      this.#originMs = nowMs;
      return 0;
    }
    const elapsedMs = nowMs - this.#originMs;
    const timeMs = Math.max(this.#smoothed(elapsedMs), this.#lastMs + 1);
    this.#lastMs = timeMs;
    return Math.round((timeMs * CLOCK_RATE) / 1000);
  }

  #smoothed(elapsedMs: number): number {
    const intervalMs = this.#intervalMs;
    const stepMs = elapsedMs - this.#lastMs;
    if (intervalMs === undefined) {
      this.#intervalMs = stepMs;
      return elapsedMs;
    }
    const deviationMs = stepMs - intervalMs;
    if (Math.abs(deviationMs) > MAX_JITTER_MS) {
      // A slow camera's rate shows in its steps alone; a pause of a fast one says nothing of its rate.
      if (intervalMs > MAX_JITTER_MS || stepMs < intervalMs) this.#intervalMs = Math.max(stepMs, 1);
      return elapsedMs;
    }
    this.#intervalMs = intervalMs + RATE_GAIN * deviationMs;
    return this.#lastMs + intervalMs + TIME_GAIN * deviationMs;
  }
}
