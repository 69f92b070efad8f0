export interface ContainerTimeOptions {
  /** Ticks per second of the container's timestamps. */
  readonly clockRate: number;
  /** Bits after which they wrap: 33 in MPEG-TS, 32 in FLV and RTMP; 0 where they do not. */
  readonly bits: number;
  /** Steps larger than this, in seconds, are another clock and not a pause. */
  readonly maxStepSeconds?: number;
}

/** A file's seam or an encoder's restart; longer silences reconnect the source. */
const MAX_STEP_SECONDS = 10;

/**
 * Makes the timestamps of a container, which all its tracks share, into one time line that begins at zero and
 * never jumps: wraps are unwrapped, and where the clock steps by more than a pause could explain, time goes on
 * from what came last.
 *
 * Feed it the decoding time of every unit in the order of the container; presentation times follow by their
 * distance. Interleaved tracks may be apart by up to the step limit.
 */
export class ContainerTime {
  readonly #period: number;
  readonly #maxStep: number;
  #first = 0;
  /** Container time of zero. */
  #origin = 0;
  /** Of the last unit, unwrapped, container clock. */
  #last: number | undefined;
  /** The latest time given out. */
  #end = 0;
  /** How far the latest times given out lie apart: where time goes on after a jump. */
  #lastStep = 0;
  #isRestarted = false;

  constructor({ clockRate, bits, maxStepSeconds = MAX_STEP_SECONDS }: ContainerTimeOptions) {
    this.#period = bits === 0 ? 0 : 2 ** bits;
    this.#maxStep = maxStepSeconds * clockRate;
  }

  /** The timestamp that zero belongs to, until the clock jumps; 0 before the first. */
  get first(): number {
    return this.#first;
  }

  /** The next timestamp is known to be another clock's, however near it lies: time goes on from what came last. */
  restart(): void {
    this.#isRestarted = true;
  }

  /**
   * @param timestamp as in the container.
   * @returns ticks since the first one.
   */
  at(timestamp: number): number {
    if (this.#last === undefined) {
      this.#origin = this.#last = this.#first = timestamp;
      return 0;
    }
    const unwrapped = this.#unwrap(timestamp, this.#last);
    const step = unwrapped - this.#last;
    if (this.#isRestarted || Math.abs(step) > this.#maxStep) {
      this.#isRestarted = false;
      // Another clock: its first unit follows what came last as the one before did.
      this.#origin = timestamp - (this.#end + this.#lastStep);
      this.#last = timestamp;
    } else {
      this.#last = unwrapped;
    }
    const time = this.#last - this.#origin;
    if (time > this.#end) {
      this.#lastStep = time - this.#end;
      this.#end = time;
    }
    return time;
  }

  /** The value of `timestamp` nearest to `near`. */
  #unwrap(timestamp: number, near: number): number {
    if (this.#period === 0) return timestamp;
    return timestamp + Math.round((near - timestamp) / this.#period) * this.#period;
  }
}
