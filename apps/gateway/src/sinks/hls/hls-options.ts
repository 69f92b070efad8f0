/** How streams are cut, and what that may cost. */
export interface HlsOptions {
  /** Wanted length of a part, ms; the real one is a whole number of pictures near it. */
  readonly partDurationMs: number;
  /** A segment ends at the first random access point after about this, ms. */
  readonly segmentDurationMs: number;
  /** Complete segments in a playlist. */
  readonly segmentCount: number;
  /** Media bytes that one stream may hold; the oldest segments go first. */
  readonly maxBytes: number;
  /** A segment without a random access point ends here all the same, ms. */
  readonly maxSegmentDurationMs: number;
  /** A stream nobody asked for is no longer cut after this, ms (or three target durations, if longer). */
  readonly lingerMs: number;
  /** Upper bound of every wait, ms; three target durations where that is less. */
  readonly maxWaitMs: number;
  /** Requests that may wait for one stream. */
  readonly maxWaits: number;
}

/**
 * With these, a watched stream holds at most nine segments (seven listed, one that has just left, one being
 * written): 18 s of 2 s segments, 9 MB at 4 Mbit/s, 900 MB for 100 such streams. None holds more than 32 MiB,
 * and one that nobody watches holds nothing.
 */
export const HLS_DEFAULTS: HlsOptions = {
  partDurationMs: 200,
  segmentDurationMs: 2000,
  segmentCount: 7,
  maxBytes: 32 * 1024 * 1024,
  maxSegmentDurationMs: 60_000,
  lingerMs: 10_000,
  maxWaitMs: 30_000,
  maxWaits: 4096,
};
