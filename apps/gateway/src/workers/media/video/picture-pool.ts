import { type AVColorRange, type AVPixelFormat } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { check } from '../av.ts';

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

export interface PictureFormat extends PictureSize {
  readonly format: AVPixelFormat;
  readonly colorRange: AVColorRange;
}

/** Pictures in memory of one kind: above what a queue and an encoder hold of them together. */
const MAX_PICTURES = 16;

/** Pictures of one size and format to be written to; who keeps one holds a clone of it, and it is not given out. */
export class PicturePool {
  readonly #kind: PictureFormat;
  readonly #frames: Frame[] = [];

  constructor(kind: PictureFormat) {
    this.#kind = kind;
  }

  /** Pictures in memory, whoever holds them. */
  get size(): number {
    return this.#frames.length;
  }

  /** @returns a picture that nobody refers to; the pool's own, given out again once that is so again. */
  take(): Frame {
    const free = this.#frames.find((frame) => frame.isWritable);
    if (free !== undefined) return free;
    const [oldest] = this.#frames;
    if (oldest === undefined || this.#frames.length < MAX_PICTURES) return this.#add();
    // Whoever holds so many keeps this one, and the pool gets other memory for it.
    check(oldest.makeWritable(), 'replace a picture');
    return oldest;
  }

  #add(): Frame {
    const frame = new Frame();
    frame.alloc();
    try {
      const { width, height, format, colorRange } = this.#kind;
      frame.width = width;
      frame.height = height;
      frame.format = format;
      frame.colorRange = colorRange;
      check(frame.allocBuffer(), 'allocate a picture');
    } catch (error) {
      frame.free();
      throw error;
    }
    this.#frames.push(frame);
    return frame;
  }

  /** Gives the memory back that nobody holds any more; clones stay valid. Safe to call twice. */
  close(): void {
    for (const frame of this.#frames.splice(0)) frame.free();
  }
}
