/** The largest decoded picture buffer of H.264 and H.265, which bounds reordering. */
const MAX_DEPTH = 16;

/**
 * Derives decoding times from presentation times.
 *
 * With a reordering depth of d, the n-th picture in decoding order is decoded when the (n-d)-th is
 * shown: that is the presentation time which d others seen so far exceed. The first picture must be the
 * first one shown; the d pictures behind it have no such time and follow it at a distance of one tick,
 * so pictures have to be more than d ticks apart, as they are at any clock rate in use.
 */
export class DecodingTimes {
  /** The latest presentation times, highest first. */
  readonly #latest: number[] = [];
  #previous = Number.NEGATIVE_INFINITY;

  /**
   * DTS of the next picture in decoding order. Never decreases, and increases wherever `pts` leaves
   * room. It is above `pts` only where `pts` breaks the order that `depth` promised.
   *
   * @param depth reordering depth, 0 to 16
   * @param limit an upper limit known by other means
   */
  next(pts: number, depth: number, limit = pts): number {
    const earliest = Math.max(this.#previous, Math.min(this.#previous + 1, pts));
    const candidate = depth === 0 ? pts : this.#exceededBy(depth, pts);
    this.#previous = Math.max(earliest, Math.min(candidate, limit, pts));
    return this.#previous;
  }

  /** Takes in `pts`; answers the time that `depth` of those seen so far exceed, or else the lowest. */
  #exceededBy(depth: number, pts: number): number {
    const latest = this.#latest;
    let place = latest.length;
    while (place > 0 && (latest[place - 1] ?? 0) < pts) place--;
    latest.splice(place, 0, pts);
    if (latest.length > MAX_DEPTH + 1) latest.pop();
    return latest[Math.min(depth, latest.length - 1)] ?? pts;
  }
}
