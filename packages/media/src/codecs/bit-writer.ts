/** Writes bits, most significant first. For headers: it grows a bit at a time. */
export class BitWriter {
  readonly #bytes: number[] = [];
  #position = 0;

  /** Writes the lowest `count` bits of `value`, an unsigned number of at most 32 bits. */
  bits(value: number, count: number): void {
    for (let i = count - 1; i >= 0; i--) {
      if (this.#position % 8 === 0) this.#bytes.push(0);
      const bit = Math.floor(value / 2 ** i) % 2;
      this.#bytes[this.#bytes.length - 1] = (this.#bytes.at(-1) ?? 0) | (bit << (7 - (this.#position % 8)));
      this.#position++;
    }
  }

  /** Everything written, the last byte filled up with zero bits. */
  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
