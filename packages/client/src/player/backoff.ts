const STEPS_MS = [250, 500, 1000, 1000, 1000, 2000, 4000];
const LAST_MS = 8000;

/**
 * How long to wait before the next attempt, in milliseconds.
 *
 * Quick at first: a gateway that restarts is back within a second or two, and a person is looking.
 *
 * @param failures attempts that failed in a row, from 1.
 */
export function backoffMs(failures: number): number {
  return STEPS_MS[Math.max(0, failures - 1)] ?? LAST_MS;
}
