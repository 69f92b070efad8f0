/** Those who wait for a stream to become live. Each leaves with an answer, or when its signal aborts. */
export class LiveWaits {
  readonly #waits = new Set<PromiseWithResolvers<undefined>>();
  readonly #onChange: () => void;

  /** @param onChange told when somebody has come or gone. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** How many wait now. */
  get size(): number {
    return this.#waits.size;
  }

  /**
   * Resolves by `admit`; rejects by `refuse`, and with the reason of `signal` when that aborts. Who waits is counted
   * before this returns, so that `onChange` itself may already bring the answer.
   */
  async join(signal: AbortSignal): Promise<void> {
    const wait = Promise.withResolvers<undefined>();
    const abort = (): void =>
      wait.reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    signal.addEventListener('abort', abort, { once: true });
    this.#waits.add(wait);
    this.#onChange();
    if (signal.aborted) abort();
    try {
      await wait.promise;
    } finally {
      this.#waits.delete(wait);
      this.#onChange();
      signal.removeEventListener('abort', abort);
    }
  }

  /** The stream is live: nobody waits any more. */
  admit(): void {
    for (const { resolve } of this.#waits) resolve(undefined);
  }

  /** Everybody who waits now is told why it is in vain. They may join again. */
  refuse(error: Error): void {
    for (const { reject } of this.#waits) reject(error);
  }
}
