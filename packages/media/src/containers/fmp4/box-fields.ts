import { ProtocolError } from '../../errors.ts';
import type { Box } from './box-reader.ts';

/** Reads the fields of a box with version and flags (ISO 14496-12 §4.2), one after the other. */
export class BoxFields {
  readonly version: number;
  readonly #flags: number;
  readonly #view: DataView;
  #offset = 0;

  /** @throws {ProtocolError} `ERR_MP4_FRAGMENT`: here and below, the box is too short. */
  constructor({ payload }: Pick<Box, 'payload'>) {
    this.#view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    const head = this.u32();
    this.version = head >>> 24;
    this.#flags = head & 0xff_ffff;
  }

  get bytesLeft(): number {
    return this.#view.byteLength - this.#offset;
  }

  has(flag: number): boolean {
    return (this.#flags & flag) !== 0;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4));
  }

  u64(): number {
    return this.u32() * 2 ** 32 + this.u32();
  }

  i64(): number {
    return this.i32() * 2 ** 32 + this.u32();
  }

  skip(bytes: number): void {
    this.#take(bytes);
  }

  #take(bytes: number): number {
    const offset = this.#offset;
    this.#offset += bytes;
    if (this.#offset > this.#view.byteLength)
      throw new ProtocolError('ERR_MP4_FRAGMENT', 'Bad MP4 fragment: a box is too short');
    return offset;
  }
}
