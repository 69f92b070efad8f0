import { TimestampUnwrapper } from '@vedette/media';

/** A step this far beyond the time that really passed is no pause: the sender's clock was set. */
const MAX_LEAP_MS = 10_000;
/** A step back further than pictures are ever reordered. */
const MAX_STEP_BACK_MS = 2000;
/** How much faster or slower than its sender a track may run while a correction is worked off. */
const MAX_SLEW = 0.005;

/**
 * Places one track's RTP timestamps on the stream's time line, in integer ticks of the RTP clock.
 *
 * Wraps are followed. When the sender's clock jumps (an encoder that restarts, another SSRC), time goes on
 * by what passed on our own clock. `correct` moves the track against others without a gap.
 */
export class RtpTimeline {
  readonly clockRate: number;
  readonly #unwrapper: TimestampUnwrapper;
  /** PTS = unwrapped timestamp + offset. */
  #offset = 0;
  #isAnchored = false;
  #highest = 0;
  #lastArrivalMs = 0;
  /** Ticks still to be added to the offset, and how many of them may be added by now. */
  #correction = 0;
  #allowance = 0;

  /** @param clockRate ticks per second, a positive integer. */
  constructor(clockRate: number) {
    this.clockRate = clockRate;
    this.#unwrapper = new TimestampUnwrapper(clockRate);
  }

  get isAnchored(): boolean {
    return this.#isAnchored;
  }

  /** The highest PTS so far, in ticks, and when the unit that brought it arrived. */
  get latest(): { readonly pts: number; readonly arrivedMs: number } {
    return { pts: this.#highest, arrivedMs: this.#lastArrivalMs };
  }

  /** Declares that `timestamp` is `pts`. May be called again until others rely on it. */
  anchor(timestamp: number, pts: number, nowMs: number): void {
    this.#offset = pts - this.#unwrapper.unwrap(timestamp);
    this.#isAnchored = true;
    this.#highest = pts;
    this.#lastArrivalMs = nowMs;
    this.#correction = 0;
  }

  /** PTS of the next unit. `nowMs` is any steady clock. */
  place(timestamp: number, nowMs: number): number {
    let pts = this.#unwrapper.unwrap(timestamp) + this.#offset;
    const step = pts - this.#highest;
    const passed = this.#ticks(nowMs - this.#lastArrivalMs);
    if (step < -this.#ticks(MAX_STEP_BACK_MS) || step > passed + this.#ticks(MAX_LEAP_MS)) {
      const shift = Math.max(1, passed) - step;
      this.#offset += shift;
      this.#correction = 0;
      pts += shift;
    }
    if (pts > this.#highest) {
      this.#slew(pts - this.#highest);
      this.#highest = pts;
      this.#lastArrivalMs = nowMs;
    }
    return pts;
  }

  /** PTS of a timestamp that carries no unit, such as a sender report's. */
  at(timestamp: number): number {
    return this.#unwrapper.nearest(timestamp) + this.#offset;
  }

  /** Moves what follows by `ticks`, so slowly that time never runs backwards. */
  correct(ticks: number): void {
    this.#correction = Math.round(ticks);
  }

  /** Moves what follows by `ticks` at once; time may run backwards by as much. */
  shift(ticks: number): void {
    this.#offset += Math.round(ticks);
    this.#correction = 0;
  }

  #slew(advance: number): void {
    if (this.#correction === 0) return;
    this.#allowance += advance * MAX_SLEW;
    const step = Math.min(Math.abs(this.#correction), Math.floor(this.#allowance));
    this.#allowance -= step;
    const signed = this.#correction < 0 ? -step : step;
    this.#offset += signed;
    this.#correction -= signed;
  }

  #ticks(ms: number): number {
    return Math.round((ms * this.clockRate) / 1000);
  }
}
