/**
 * Bytes of a stream, gathered until what they make up is complete. Each is copied once; views of what was
 * gathered stay valid for good, because a block that is full is replaced and never written over.
 */
export class GrowingBlock {
  readonly #usualBytes: number;
  #bytes = new Uint8Array(0);
  #start = 0;
  #end = 0;

  /** @param usualBytes size of a block, as long as nothing larger is gathered. */
  constructor(usualBytes = 256 * 1024) {
    this.#usualBytes = usualBytes;
  }

  /** Bytes that are held. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** What is held; the view stays valid. */
  get view(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  append(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#bytes.length) {
      const held = this.view;
      const needed = held.length + bytes.length;
      // Doubled only where one thing does not fit: a block lives as long as any view of it.
      this.#bytes = new Uint8Array(needed <= this.#usualBytes ? this.#usualBytes : 2 * needed);
      this.#bytes.set(held);
      this.#start = 0;
      this.#end = held.length;
    }
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Takes the first bytes out. */
  take(length: number): Uint8Array {
    const taken = this.#bytes.subarray(this.#start, Math.min(this.#start + length, this.#end));
    this.#start += taken.length;
    return taken;
  }
}
