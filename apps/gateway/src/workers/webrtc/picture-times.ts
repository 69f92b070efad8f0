/**
 * RTP timestamps for one viewer's pictures.
 *
 * Live pictures keep the stream's own. A replayed group of pictures is squeezed: one tick apart,
 * ending where live begins. The player then decodes all of it at once and shows the last picture
 * without having built up the delay that the group's real times would give it. Timestamps always
 * rise: what a player takes for old, it does not decode.
 */
export class PictureTimes {
  #last: number | undefined;

  /**
   * Timestamp of the first of `count` replayed pictures; each further one is a tick later.
   *
   * @param newest the stream's timestamp of the last of them
   */
  startReplay(count: number, newest: number): number {
    const first = this.#last === undefined ? newest - (count - 1) : this.#last + 1;
    this.#last = (first + count - 1) >>> 0;
    return first >>> 0;
  }

  /** Timestamp for a live picture whose timestamp in the stream is `timestamp`. */
  next(timestamp: number): number {
    const last = this.#last;
    const isLater = last === undefined || ((timestamp - last) | 0) > 0; // RTP time wraps at 2^32
    this.#last = isLater ? timestamp : (last + 1) >>> 0;
    return this.#last;
  }
}
