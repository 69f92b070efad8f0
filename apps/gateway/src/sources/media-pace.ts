/** How far media may run ahead of the clock: what a program has gathered before it begins to play. */
const MAX_AHEAD_MS = 2000;
/** How far it may have fallen behind and still catch up at once. */
const MAX_BEHIND_MS = 10_000;
/** A little faster than real time is a clock that goes wrong, and not a flood. */
const MAX_RATE = 1.01;

/** Holds media back that comes faster than it plays: a program that reads a file, or one gone wild. */
export class MediaPace {
  /** When media time 0 should have been, by the clock, as it stands now. */
  #aheadMs = 0;
  #lastMediaMs: number | undefined;
  #lastNowMs = 0;

  /**
   * Media has come up to `mediaMs` at `nowMs`, both of any origin.
   *
   * @returns how long to take no more, in milliseconds; 0: go on.
   */
  advance(mediaMs: number, nowMs: number): number {
    if (this.#lastMediaMs !== undefined) {
      const ahead = this.#aheadMs + (mediaMs - this.#lastMediaMs) - (nowMs - this.#lastNowMs) * MAX_RATE;
      this.#aheadMs = Math.max(ahead, -MAX_BEHIND_MS);
    }
    this.#lastMediaMs = mediaMs;
    this.#lastNowMs = nowMs;
    return Math.max(0, this.#aheadMs - MAX_AHEAD_MS);
  }
}
