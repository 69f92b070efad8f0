/** Pictures that come late, all at once, are none too many: what was missing for so long may be made up for. */
const TOLERANCE_SECONDS = 1;
/** A camera of 25 pictures a second has 25.1 by another clock. */
const RATE_TOLERANCE = 1.01;
/** Of a picture's time: times are rounded. */
const EARLY = 0.1;

/**
 * Leaves pictures out of what comes above a frame rate, evenly, and none of what does not: counted is over a second
 * or so, not from picture to picture, because pictures that are timed by their arrival come in bursts.
 *
 * The virtual scheduling algorithm of ITU-T I.371 §A.
 */
export class FrameRateLimit {
  readonly #period: number;
  readonly #headStart: number;
  /** When the next picture would be due if all came evenly. */
  #due = 0;
  #last: number | undefined;

  /**
   * @param framesPerSecond at most; above 0.
   * @param headStart seconds that the first pictures may be early by, because the very first was late. 0: they are
   *   even from the first one on, and it takes a late picture for those behind it to be early.
   */
  constructor(framesPerSecond: number, headStart = TOLERANCE_SECONDS) {
    this.#period = 1 / (framesPerSecond * RATE_TOLERANCE);
    this.#headStart = Math.min(headStart + this.#period * EARLY, TOLERANCE_SECONDS);
  }

  /**
   * Whether the next picture is to be kept.
   *
   * @param seconds its time; one before the last picture's begins another count.
   * @param isNeeded it is kept in any case, and counts.
   */
  keeps(seconds: number, isNeeded = false): boolean {
    const isFirst = this.#last === undefined || seconds < this.#last;
    this.#last = seconds;
    const latest = seconds + TOLERANCE_SECONDS;
    if (isFirst) this.#due = latest - this.#headStart;
    else if (latest < this.#due && !isNeeded) return false;
    this.#due = Math.min(Math.max(this.#due, seconds), latest) + this.#period;
    return true;
  }
}
