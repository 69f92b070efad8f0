/** Where a fragment is in its track's time, in ticks. */
export interface FragmentTime {
  readonly dts: number;
  readonly duration: number;
}

/** A frame may come this many durations after the one before. */
const MAX_STEP = 2;
/** How fast the usual duration follows what is seen. */
const WEIGHT = 1 / 8;
/** A step of more durations is a pause. */
const MAX_USUAL = 8;

/**
 * Decoding times and durations of fragments that are sent before the next picture is known.
 *
 * The duration is the usual one. Media source extensions take a decoding time more than two durations after the one
 * before for a discontinuity, and then drop all pictures up to the next key frame (MSE §3.5.8, step 6), even if it is
 * the sound that has a gap: a camera that leaves out three pictures would freeze. So decoding times go no faster than
 * that, and catch up later; when a picture is shown is said by its presentation time alone, which stays as it is.
 */
export class FragmentTimes {
  readonly #jumpFrom: number;
  #duration: number;
  #lastTrueDts: number | undefined;
  #lastDts = -1;

  /**
   * @param duration the usual one, as far as known, in ticks; at least 1
   * @param clockRate ticks a second
   */
  constructor(duration: number, clockRate: number) {
    this.#duration = duration;
    this.#jumpFrom = clockRate;
  }

  /**
   * Times for the next unit.
   *
   * @param trueDts its decoding time in the stream; never decreases
   * @param isKeyPicture a discontinuity before it loses nothing: pauses of more than a second are passed on
   */
  next(trueDts: number, isKeyPicture: boolean): FragmentTime {
    const lastTrueDts = this.#lastTrueDts;
    const limit = this.#lastDts + MAX_STEP * Math.round(this.#duration);
    const mayJump = lastTrueDts === undefined || (isKeyPicture && trueDts - limit > this.#jumpFrom);
    this.#learn(trueDts - (lastTrueDts ?? trueDts));
    this.#lastTrueDts = trueDts;
    this.#lastDts = Math.max(this.#lastDts + 1, mayJump ? trueDts : Math.min(trueDts, limit));
    return { dts: this.#lastDts, duration: Math.max(1, Math.round(this.#duration)) };
  }

  /** The usual duration, from steps that are none of a pause. */
  #learn(step: number): void {
    if (step > 0 && step < MAX_USUAL * this.#duration) this.#duration += (step - this.#duration) * WEIGHT;
  }
}
