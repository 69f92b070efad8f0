import { FanoutSinks } from '../fanout.ts';
import { MjpegFormat } from './mjpeg-format.ts';

/** Viewers of streams as MJPEG, by frame rate: those who want the same share the bytes. */
export class MjpegSinks {
  readonly #byRate = new Map<number, FanoutSinks>();

  /** @param framesPerSecond at most, a whole number. */
  at(framesPerSecond: number): FanoutSinks {
    let sinks = this.#byRate.get(framesPerSecond);
    if (sinks === undefined) {
      sinks = new FanoutSinks({ name: 'mjpeg', format: () => new MjpegFormat(framesPerSecond) });
      this.#byRate.set(framesPerSecond, sinks);
    }
    return sinks;
  }
}
