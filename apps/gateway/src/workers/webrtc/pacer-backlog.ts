/** Bytes that wait in a pacer of constant rate, by arithmetic: the library does not tell. */
export class PacerBacklog {
  readonly #bytesPerMs: number;
  #bytes = 0;
  #atMs = 0;

  constructor(bitsPerSecond: number) {
    this.#bytesPerMs = bitsPerSecond / 8000;
  }

  /** Bytes that wait at `nowMs`. */
  at(nowMs: number): number {
    this.#bytes = Math.max(0, this.#bytes - (nowMs - this.#atMs) * this.#bytesPerMs);
    this.#atMs = nowMs;
    return this.#bytes;
  }

  /** Call `at` before, with the same time. */
  add(bytes: number): void {
    this.#bytes += bytes;
  }
}
