/** How many pictures make a part, and how long it then lasts. */
export interface PartPlan {
  /** Typical distance of two units, seconds. */
  readonly unitSeconds: number;
  /** No regular part is longer, seconds. */
  readonly partTarget: number;
}

/** Unit distances that differ by less than this are the same rate. */
const SAME_RATE = 0.1;
/** What jitter may add to a part. */
const MAX_SLACK = 1.08;

/**
 * Plans parts as a whole number of units near `wantedSeconds`, so that every part is between 85 % and
 * 100 % of the target (RFC 8216bis §4.4.4.9) whatever the frame rate: 24 pictures a second make parts of five
 * (208 ms), for four would be too short a part of 200 ms.
 *
 * @param distances of successive units, seconds, as observed; jitter within them raises the target.
 * @param declared distance that the bitstream declares, used where nothing was observed.
 */
export function planParts(
  distances: readonly number[],
  wantedSeconds: number,
  declared: number | undefined,
): PartPlan {
  const unitSeconds = typicalDistance(distances) ?? declared ?? wantedSeconds;
  const unitsPerPart = Math.max(1, Math.round(wantedSeconds / unitSeconds));
  const regular = unitsPerPart * unitSeconds;
  let longest = regular;
  for (let i = 0; i + unitsPerPart <= distances.length; i++) {
    let sum = 0;
    for (let j = i; j < i + unitsPerPart; j++) sum += distances[j] ?? 0;
    // Longer sums are no jitter but a lost picture, which must not lengthen every part.
    if (sum > longest && sum < regular * (1 + SAME_RATE)) longest = sum;
  }
  // As much again for the jitter to come, but never so much that a regular part falls below 85 %.
  const target = Math.min(longest + (longest - regular), regular * MAX_SLACK);
  return { unitSeconds, partTarget: Math.ceil(target * 1000 - 1e-6) / 1000 };
}

/** Whether `plan` still fits a stream whose units come `unitSeconds` apart. */
export function fitsPlan(plan: PartPlan, distances: readonly number[]): boolean {
  const unitSeconds = typicalDistance(distances);
  return unitSeconds === undefined || Math.abs(unitSeconds / plan.unitSeconds - 1) < SAME_RATE;
}

/** Mean of the distances that are not outliers; `undefined` for fewer than three. */
function typicalDistance(distances: readonly number[]): number | undefined {
  const sorted = distances.filter((distance) => distance > 0).sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1];
  if (median === undefined || sorted.length < 3) return undefined;
  const regular = sorted.filter((distance) => distance < 2 * median);
  return regular.reduce((sum, distance) => sum + distance, 0) / regular.length;
}

/**
 * How long segments will be, seconds: the first whole number of groups of pictures that reaches the wanted
 * duration, for a group of `gopSeconds`.
 */
export function expectedSegmentSeconds(gopSeconds: number, wantedSeconds: number): number {
  if (!(gopSeconds > 0)) return wantedSeconds;
  return Math.max(1, Math.ceil((wantedSeconds * SEGMENT_TOLERANCE) / gopSeconds - 1e-6)) * gopSeconds;
}

/** A random access point this close to the wanted duration ends the segment. */
export const SEGMENT_TOLERANCE = 0.9;
