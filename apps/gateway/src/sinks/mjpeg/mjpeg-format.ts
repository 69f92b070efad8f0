import type { AccessUnit } from '@vedette/media';
import { FrameRateLimit } from '../../stream/frame-rate-limit.ts';
import type { WireFormat } from '../fanout.ts';

const BOUNDARY = 'vedette';
const DELIMITER = `--${BOUNDARY}\r\n`;

/** Of the answer that {@link MjpegFormat} writes. */
export const MJPEG_CONTENT_TYPE = `multipart/x-mixed-replace; boundary=${BOUNDARY}`;

/**
 * JPEGs one after another in `multipart/x-mixed-replace`, which every browser shows in an `<img>`.
 *
 * The delimiter goes out behind each picture and not in front of the next one: browsers show a picture when they
 * know that it is over.
 */
export class MjpegFormat implements WireFormat {
  readonly #limit: FrameRateLimit | undefined;

  /** @param framesPerSecond at most; all pictures where absent. */
  constructor(framesPerSecond?: number) {
    this.#limit = framesPerSecond === undefined ? undefined : new FrameRateLimit(framesPerSecond);
  }

  header(): Buffer {
    return Buffer.from(DELIMITER);
  }

  /** Leaves out what is above the frame rate, evenly. */
  unit(unit: AccessUnit): Buffer | undefined {
    const { track, pts, byteLength, data, wallClockMs } = unit;
    if (track.codec !== 'mjpeg' || this.#limit?.keeps(pts / track.clockRate) === false) return undefined;
    const head =
      `Content-Type: image/jpeg\r\nContent-Length: ${byteLength}\r\n` +
      `X-Timestamp: ${(wallClockMs / 1000).toFixed(3)}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head, 'latin1'), ...data, Buffer.from(`\r\n${DELIMITER}`, 'latin1')]);
  }
}
