const FIRST_MS = 1000;
const MAX_MS = 30_000;
/** Cameras that fell together (a switch, a power cut) must not come back together. */
const JITTER = 0.2;

/**
 * How long to wait before the next attempt: 1, 2, 4 … 30 s, give or take a fifth.
 *
 * @param failures attempts that failed in a row, from 1.
 * @param random a number in [0, 1).
 */
export function backoffMs(failures: number, random: number): number {
  const base = Math.min(MAX_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
  return Math.round(base * (1 - JITTER + 2 * JITTER * random));
}
