/** How a wait ended; `full`: there was no place to wait. */
export type WaitEnd = 'woken' | 'timeout' | 'aborted' | 'full';

/** Requests that wait for a stream to go on: each for a bounded time, and no more than `maxWaits` at once. */
export class WaitingRoom {
  readonly #maxWaits: number;
  readonly #waits = new Set<(end: WaitEnd) => void>();

  constructor(maxWaits: number) {
    this.#maxWaits = maxWaits;
  }

  get size(): number {
    return this.#waits.size;
  }

  /** Resolves at the next `wakeAll`, after `timeoutMs`, or when `signal` aborts, whichever is first. */
  async wait(signal: AbortSignal, timeoutMs: number): Promise<WaitEnd> {
    if (signal.aborted) return 'aborted';
    if (timeoutMs <= 0) return 'timeout';
    if (this.#waits.size >= this.#maxWaits) return 'full';
    const { promise, resolve } = Promise.withResolvers<WaitEnd>();
    const abort = (): void => resolve('aborted');
    const timer = setTimeout(resolve, timeoutMs, 'timeout');
    this.#waits.add(resolve);
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waits.delete(resolve);
      signal.removeEventListener('abort', abort);
    }
  }

  wakeAll(): void {
    for (const resolve of this.#waits) resolve('woken');
  }
}
