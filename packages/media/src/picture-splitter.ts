import { H264PictureBoundary } from './codecs/h264/picture-boundary.ts';
import { H265PictureBoundary } from './codecs/h265/picture-boundary.ts';
import { findStartCode, NAL_LIMITS, trimmedNal } from './codecs/nal-units.ts';
import type { PictureBoundary } from './codecs/picture-boundary.ts';
import { ProtocolError } from './errors.ts';
import type { NalTrack } from './track.ts';

/** Bytes are gathered in blocks that grow to this size; a picture keeps alive the blocks it lies in. */
const BLOCK_BYTES = 256 * 1024;

/**
 * Splits an Annex B byte stream of H.264 or H.265 that comes in pieces of any size into coded pictures.
 *
 * A picture ends where the next one begins, so the last one comes out a picture late: where it is known
 * to be whole (the end of a file, an idle gap of an encoder), `flush` gives it out. Every byte is copied
 * once; the NAL units are views. Bytes in front of the first start code are skipped: a pipe may be
 * joined anywhere.
 */
export class AnnexBPictureSplitter {
  readonly #boundary: PictureBoundary;
  #block = new Uint8Array(0);
  /** Bytes filled in the block. */
  #end = 0;
  /** Where to look on for a start code. */
  #scanned = 0;
  /** First byte of the NAL unit that has not ended yet, or -1 before any start code. */
  #nalStart = -1;
  #picture: Uint8Array[] = [];
  #pictureBytes = 0;

  constructor(codec: NalTrack['codec']) {
    this.#boundary = codec === 'h264' ? new H264PictureBoundary() : new H265PictureBoundary();
  }

  /**
   * Takes in the next bytes; answers the pictures that ended in them, each as its NAL units.
   *
   * @throws {ProtocolError} `ERR_PICTURE_SIZE`, `ERR_NAL_COUNT`, or a parameter set or slice is bad.
   */
  push(bytes: Uint8Array): Uint8Array[][] {
    const pictures: Uint8Array[][] = [];
    this.#append(bytes);
    let at = findStartCode(this.#block, this.#scanned, this.#end);
    while (at !== -1) {
      if (this.#nalStart !== -1) this.#takeNal(at, pictures);
      this.#nalStart = at + 3;
      at = findStartCode(this.#block, this.#nalStart, this.#end);
    }
    // Two zeros at the end may be the beginning of a start code.
    this.#scanned = Math.max(this.#nalStart, this.#end - 2, 0);
    if (this.#nalStart !== -1) this.#checkSize(this.#end - this.#nalStart);
    return pictures;
  }

  /**
   * Ends the NAL unit and the picture at hand, and answers what came out: nothing, a picture, or two
   * where the last NAL unit was the first of its picture. Bytes up to the next start code are skipped.
   */
  flush(): Uint8Array[][] {
    const pictures: Uint8Array[][] = [];
    if (this.#nalStart !== -1) this.#takeNal(this.#end, pictures);
    this.#nalStart = -1;
    this.#scanned = this.#end;
    this.#endPicture(pictures);
    return pictures;
  }

  #append(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#block.length) {
      // Views of the old block are out there: what has not ended yet moves to a new one.
      const kept = this.#nalStart === -1 ? this.#scanned : this.#nalStart;
      const tail = this.#block.subarray(kept, this.#end);
      const grown = Math.min(BLOCK_BYTES, 2 * this.#block.length);
      this.#block = new Uint8Array(Math.max(grown, 2 * (tail.length + bytes.length)));
      this.#block.set(tail);
      this.#end = tail.length;
      this.#scanned -= kept;
      if (this.#nalStart !== -1) this.#nalStart = 0;
    }
    this.#block.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  #takeNal(end: number, pictures: Uint8Array[][]): void {
    const nal = trimmedNal(this.#block, this.#nalStart, end);
    if (nal.length === 0) return;
    if (this.#boundary.startsPicture(nal)) this.#endPicture(pictures);
    if (this.#picture.length >= NAL_LIMITS.count) {
      throw new ProtocolError('ERR_NAL_COUNT', `More than ${NAL_LIMITS.count} NAL units in one picture`);
    }
    this.#picture.push(nal);
    this.#pictureBytes += nal.length;
    this.#checkSize(this.#pictureBytes);
  }

  #endPicture(pictures: Uint8Array[][]): void {
    if (this.#picture.length > 0) pictures.push(this.#picture);
    this.#picture = [];
    this.#pictureBytes = 0;
  }

  #checkSize(bytes: number): void {
    if (bytes > NAL_LIMITS.pictureBytes) {
      throw new ProtocolError(
        'ERR_PICTURE_SIZE',
        `A picture is larger than ${NAL_LIMITS.pictureBytes} bytes`,
      );
    }
  }
}
