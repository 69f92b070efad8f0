import type { H264SliceHeader } from './slice-header.ts';

/** Counts pictures in output order where the SPS has picture order count type 0 (H.264 §8.2.1.1). */
export class PictureOrderCounter {
  readonly #modulus: number;
  /** Of the reference picture before, in decoding order. */
  #msb = 0;
  #lsb = 0;

  /** @param lsbBits width of pic_order_cnt_lsb */
  constructor(lsbBits: number) {
    this.#modulus = 2 ** lsbBits;
  }

  /** Picture order count of the picture (its top field, where it has two), from any of its slices. */
  count(slice: H264SliceHeader): number {
    if (slice.isIdr) {
      this.#msb = 0;
      this.#lsb = 0;
    }
    const lsb = slice.picOrderCntLsb;
    let msb = this.#msb;
    if (lsb < this.#lsb && this.#lsb - lsb >= this.#modulus / 2) msb += this.#modulus;
    else if (lsb > this.#lsb && lsb - this.#lsb > this.#modulus / 2) msb -= this.#modulus;
    if (slice.isReference) {
      this.#msb = msb;
      this.#lsb = lsb;
    }
    return msb + lsb;
  }
}
