import { JPEG_LIMITS } from '../../codecs/mjpeg/jpeg-header.ts';
import { ProtocolError } from '../../errors.ts';
import { GrowingBlock } from '../../growing-block.ts';
import { JpegScanner } from './jpeg-scanner.ts';

/** Bytes without a picture before a stream is taken for something else. */
const MAX_GARBAGE_BYTES = 1024 * 1024;

/**
 * Splits JPEGs out of a stream that comes in pieces of any size; whatever stands between them is skipped.
 *
 * A JPEG comes out with its last byte, not with the next one's first. One that breaks off is left out and counted.
 */
export class JpegSplitter {
  readonly #block = new GrowingBlock();
  readonly #scanner = new JpegScanner();
  #isInside = false;
  #garbageBytes = 0;
  #broken = 0;

  /** JPEGs so far that broke off. */
  get broken(): number {
    return this.#broken;
  }

  /** Whether a JPEG has begun and is not complete. */
  get isInside(): boolean {
    return this.#isInside;
  }

  /**
   * Takes in the next bytes; answers the JPEGs that ended in them. They are views of a copy, and stay valid.
   *
   * @throws {ProtocolError} `ERR_JPEG_SIZE`: one is larger than any camera's; `ERR_MJPEG_GARBAGE`: there are none.
   */
  push(bytes: Uint8Array): Uint8Array[] {
    const jpegs: Uint8Array[] = [];
    this.#block.append(bytes);
    while (this.#isInside ? this.#goOn(jpegs) : this.#begin());
    return jpegs;
  }

  /** @returns whether a JPEG was found that begins. */
  #begin(): boolean {
    const { view } = this.#block;
    const at = startOfJpeg(view);
    // Without a start, all goes but what may be the beginning of one.
    const skipped = at === -1 ? Math.max(0, view.length - 2) : at;
    this.#block.take(skipped);
    this.#garbageBytes += skipped;
    if (this.#garbageBytes > MAX_GARBAGE_BYTES) {
      throw new ProtocolError('ERR_MJPEG_GARBAGE', `${this.#garbageBytes} bytes without a JPEG among them`);
    }
    if (at === -1) return false;
    this.#scanner.reset();
    this.#isInside = true;
    return true;
  }

  /** @returns whether the JPEG is over, one way or the other. */
  #goOn(jpegs: Uint8Array[]): boolean {
    const { view } = this.#block;
    const found = this.#scanner.scan(view);
    if (found.type === 'more') {
      if (view.length <= JPEG_LIMITS.bytes) return false;
      throw new ProtocolError('ERR_JPEG_SIZE', `a JPEG of more than ${JPEG_LIMITS.bytes} bytes`);
    }
    this.#isInside = false;
    if (found.type === 'complete') {
      jpegs.push(this.#block.take(found.length));
      this.#garbageBytes = 0;
    } else {
      this.#block.take(found.resumeAt);
      this.#garbageBytes += found.resumeAt;
      this.#broken += 1;
    }
    return true;
  }
}

/** A start of image with the marker that has to follow it: two bytes alone are found in anything. */
function startOfJpeg(bytes: Uint8Array): number {
  let at = bytes.indexOf(0xff);
  while (at !== -1 && !(bytes[at + 1] === 0xd8 && bytes[at + 2] === 0xff)) at = bytes.indexOf(0xff, at + 1);
  return at;
}
