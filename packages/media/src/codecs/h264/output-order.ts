import { PictureOrderCounter } from './picture-order-counter.ts';
import type { H264SliceHeader } from './slice-header.ts';

interface Picture {
  readonly order: number;
  readonly pts: number;
}

/**
 * Follows the picture order counts of a stream whose SPS does not declare how far pictures are
 * reordered, and learns it. Most cameras declare nothing and reorder nothing: taking the most that the
 * level allows for the truth would delay them all.
 *
 * A gap in the counts of one coded video sequence is a picture that comes later: or that is lost, or was
 * never coded, when more pictures than the level allows have come since.
 */
export class OutputOrder {
  /** Pictures seen so far that precede one in decoding order and follow it in output order, at most. */
  depth = 0;
  readonly #maxDepth: number;
  readonly #counter: PictureOrderCounter;
  /** Picture order counts between frames: 2 by the standard's intent, 1 with some encoders. */
  #step = 2;
  /** No picture before this one, in output order, is still to come. */
  #complete: Picture | undefined;
  /** Pictures beyond the first gap, in output order. */
  #ahead: Picture[] = [];

  /**
   * @param maxDepth the most that the level allows
   * @param lsbBits width of pic_order_cnt_lsb
   */
  constructor(maxDepth: number, lsbBits: number) {
    this.#maxDepth = maxDepth;
    this.#counter = new PictureOrderCounter(lsbBits);
  }

  /** Takes in the next picture in decoding order; answers the PTS before which nothing is still to come. */
  push(slice: H264SliceHeader, pts: number): number {
    const order = this.#counter.count(slice);
    if (order % 2 !== 0) this.#step = 1;
    // A count that goes back without an IDR picture: memory_management_control_operation 5 (§8.2.1).
    if (slice.isIdr || this.#complete === undefined || order <= this.#complete.order) {
      this.#ahead = [];
      this.#complete = { order, pts };
      return pts;
    }
    const place = this.#ahead.findLastIndex((picture) => picture.order < order) + 1;
    this.depth = Math.min(this.#maxDepth, Math.max(this.depth, this.#ahead.length - place));
    this.#ahead.splice(place, 0, { order, pts });
    this.#complete = this.#advance(this.#complete);
    return this.#complete.pts;
  }

  #advance(from: Picture): Picture {
    let complete = from;
    let [next] = this.#ahead;
    while (next !== undefined) {
      const isNext = next.order - complete.order <= this.#step;
      if (!isNext && this.#ahead.length <= this.#maxDepth) break;
      complete = next;
      this.#ahead.shift();
      [next] = this.#ahead;
    }
    return complete;
  }
}
