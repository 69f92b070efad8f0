/** Writes boxes whose sizes are known beforehand into one buffer, which comes out full. */
export class BoxWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** `size` is that of the whole box, header included. */
  boxHeader(type: string, size: number): void {
    this.u32(size);
    this.type(type);
  }

  type(type: string): void {
    for (let i = 0; i < 4; i++) this.#bytes[this.#offset++] = type.charCodeAt(i);
  }

  u32(value: number): void {
    this.#view.setUint32(this.#offset, value);
    this.#offset += 4;
  }

  i32(value: number): void {
    this.#view.setInt32(this.#offset, value);
    this.#offset += 4;
  }

  /** @throws {RangeError} `value` is negative or no safe integer. */
  u64(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`Not an unsigned integer: ${value}`);
    this.u32(Math.floor(value / 2 ** 32));
    this.u32(value % 2 ** 32);
  }

  bytes(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#offset);
    this.#offset += bytes.length;
  }

  /** @throws {RangeError} the sizes given to the boxes were wrong. */
  finish(): Uint8Array {
    if (this.#offset !== this.#bytes.length) {
      throw new RangeError(`Wrote ${this.#offset} of ${this.#bytes.length} bytes`);
    }
    return this.#bytes;
  }
}
