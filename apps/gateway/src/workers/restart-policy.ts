const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 30_000;
/** A worker that lived this long has recovered: its crashes before count no more. */
const HEALTHY_MS = 60_000;

/** When a worker that died is started again: at once the first time, then after 0.1, 0.2, 0.4 … 30 s. */
export class RestartPolicy {
  #crashes = 0;

  /**
   * @param livedMs how long the worker that died was ready; 0 if it never was.
   * @returns milliseconds to wait.
   */
  delayAfter(livedMs: number): number {
    if (livedMs >= HEALTHY_MS) this.#crashes = 0;
    this.#crashes += 1;
    if (this.#crashes === 1) return 0;
    return Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.#crashes - 2));
  }
}
