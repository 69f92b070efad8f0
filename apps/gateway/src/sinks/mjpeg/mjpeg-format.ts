import type { AccessUnit } from '@vedette/media';
import type { WireFormat } from '../fanout.ts';

const BOUNDARY = 'vedette';
const DELIMITER = `--${BOUNDARY}\r\n`;
/** A tenth early is in time: cameras are not that exact. */
const EARLY = 0.1;

/** Of the answer that {@link MjpegFormat} writes. */
export const MJPEG_CONTENT_TYPE = `multipart/x-mixed-replace; boundary=${BOUNDARY}`;

/**
 * JPEGs one after another in `multipart/x-mixed-replace`, which every browser shows in an `<img>`.
 *
 * The delimiter goes out behind each picture and not in front of the next one: browsers show a picture when they
 * know that it is over.
 */
export class MjpegFormat implements WireFormat {
  readonly #framesPerSecond: number | undefined;
  #dueTicks = Number.NEGATIVE_INFINITY;

  /** @param framesPerSecond at most; all pictures where absent. */
  constructor(framesPerSecond?: number) {
    this.#framesPerSecond = framesPerSecond;
  }

  header(): Buffer {
    return Buffer.from(DELIMITER);
  }

  unit(unit: AccessUnit): Buffer | undefined {
    const { track, byteLength, data, wallClockMs } = unit;
    if (track.codec !== 'mjpeg' || !this.#isDue(unit)) return undefined;
    const head =
      `Content-Type: image/jpeg\r\nContent-Length: ${byteLength}\r\n` +
      `X-Timestamp: ${(wallClockMs / 1000).toFixed(3)}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head, 'latin1'), ...data, Buffer.from(`\r\n${DELIMITER}`, 'latin1')]);
  }

  /** Leaves out what is above the frame rate, evenly. */
  #isDue({ track, pts }: AccessUnit): boolean {
    if (this.#framesPerSecond === undefined) return true;
    const period = track.clockRate / this.#framesPerSecond;
    const isBack = pts < this.#dueTicks - 2 * period; // another source, with a time of its own
    if (pts < this.#dueTicks - period * EARLY && !isBack) return false;
    this.#dueTicks = pts > this.#dueTicks + period || isBack ? pts + period : this.#dueTicks + period;
    return true;
  }
}
