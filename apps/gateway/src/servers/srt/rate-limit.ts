const WINDOW_MS = 1000;

/** Counts events of a second, in total and by address; forgets everything when the second is over. */
export class RateLimit {
  readonly #total: number;
  readonly #perAddress: number;
  readonly #byAddress = new Map<string, number>();
  #count = 0;
  #sinceMs = Number.NEGATIVE_INFINITY;

  /** @param total events a second, over all addresses. */
  constructor(total: number, perAddress: number) {
    this.#total = total;
    this.#perAddress = perAddress;
  }

  /** Whether one more event of `address` is within the limits; it is counted then. */
  take(address: string, nowMs: number): boolean {
    if (nowMs - this.#sinceMs >= WINDOW_MS) {
      this.#sinceMs = nowMs;
      this.#count = 0;
      this.#byAddress.clear();
    }
    const ofAddress = this.#byAddress.get(address) ?? 0;
    if (this.#count >= this.#total || ofAddress >= this.#perAddress) return false;
    this.#count += 1;
    this.#byAddress.set(address, ofAddress + 1);
    return true;
  }
}
