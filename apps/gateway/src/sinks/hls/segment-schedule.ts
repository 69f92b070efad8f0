import { SEGMENT_TOLERANCE } from './part-plan.ts';

/** Ends of segments that are remembered for muxers that are behind: some minutes. */
const MAX_ENDS = 64;
/** Times that differ by less are the same picture's. */
const SAME_SECONDS = 0.001;
/** Time that goes back this far has begun anew. */
const RESTART_SECONDS = 60;

/**
 * Where the segments of one camera end. All its renditions share one: whoever comes to a random access point first
 * decides, the others do as he did, so that players change from one rendition to another at the end of a segment.
 */
export class SegmentSchedule {
  readonly #segmentSeconds: number;
  #ends: number[] = [];

  /** @param segmentSeconds what a segment lasts at least, but for a tenth. */
  constructor(segmentSeconds: number) {
    this.#segmentSeconds = segmentSeconds;
  }

  /** A first segment begins, at this time of the stream. */
  begin(seconds: number): void {
    const last = this.#ends.at(-1);
    if (last !== undefined && seconds < last - RESTART_SECONDS) this.#ends = [];
    if (last === undefined || this.#ends.length === 0 || seconds > last + this.#segmentSeconds)
      this.#add(seconds);
  }

  /** Whether a segment ends in front of the random access point of this time. */
  endsAt(seconds: number): boolean {
    const last = this.#ends.at(-1);
    if (last === undefined || seconds - last >= this.#segmentSeconds * SEGMENT_TOLERANCE) {
      this.#add(seconds);
      return true;
    }
    return this.#ends.some((end) => Math.abs(end - seconds) < SAME_SECONDS);
  }

  #add(seconds: number): void {
    this.#ends.push(seconds);
    if (this.#ends.length > MAX_ENDS) this.#ends.shift();
  }
}
