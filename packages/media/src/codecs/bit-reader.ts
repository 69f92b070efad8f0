import { ProtocolError } from '../errors.ts';

/** Reads bits, most significant first, with the Exp-Golomb codes of H.264 §9.1 and H.265 §9.2. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Bits read so far. */
  get position(): number {
    return this.#position;
  }

  get bitsLeft(): number {
    return this.#bytes.length * 8 - this.#position;
  }

  /** @throws {ProtocolError} `ERR_BITS_EXHAUSTED`: the data ends here. */
  bit(): 0 | 1 {
    const byte = this.#bytes[this.#position >>> 3];
    if (byte === undefined) throw exhausted();
    const bit = (byte >>> (7 - (this.#position & 7))) & 1;
    this.#position++;
    return bit === 0 ? 0 : 1;
  }

  flag(): boolean {
    return this.bit() === 1;
  }

  /** An unsigned number of `count` bits, 0 to 32. */
  bits(count: number): number {
    if (count > this.bitsLeft) throw exhausted();
    let value = 0;
    let left = count;
    while (left > 0) {
      const offset = this.#position & 7;
      const taken = Math.min(left, 8 - offset);
      const byte = this.#bytes[this.#position >>> 3] ?? 0;
      value = value * 2 ** taken + ((byte >>> (8 - offset - taken)) & ((1 << taken) - 1));
      this.#position += taken;
      left -= taken;
    }
    return value;
  }

  skip(count: number): void {
    if (count > this.bitsLeft) throw exhausted();
    this.#position += count;
  }

  /** ue(v): an unsigned Exp-Golomb number, 0 to 2^32 - 2. */
  ue(): number {
    let zeros = 0;
    while (this.bit() === 0) {
      if (++zeros > 31)
        throw new ProtocolError('ERR_BITS_EXP_GOLOMB', 'Exp-Golomb code is longer than 63 bits');
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** se(v): a signed Exp-Golomb number. */
  se(): number {
    const code = this.ue();
    return code % 2 === 0 ? 0 - code / 2 : (code + 1) / 2;
  }
}

function exhausted(): ProtocolError {
  return new ProtocolError('ERR_BITS_EXHAUSTED', 'The data ends in the middle of a field');
}
