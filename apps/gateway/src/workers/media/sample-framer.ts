/** A run of samples that is as long as an encoder wants it. */
export interface SampleFrame {
  readonly samples: Buffer;
  /** Time of the first sample, in ticks of the sample rate. */
  readonly pts: number;
}

export interface SampleFramerOptions {
  /** Bytes of one sample of all channels. */
  readonly sampleBytes: number;
  /** Samples of one frame. */
  readonly frameSamples: number;
  /** How far the times of what arrives may be off before they are believed. */
  readonly toleranceTicks: number;
}

/**
 * Cuts sound into frames of one length, and keeps its time.
 *
 * Time goes on by counting samples, so that times that were rounded on the way do no harm; where what
 * arrives says that it belongs elsewhere (a packet was lost, the camera paused), the count starts anew
 * there. Frames never go back in time.
 */
export class SampleFramer {
  readonly #options: SampleFramerOptions;
  readonly #frame: Buffer;
  #bytes = 0;
  /** Time of the next sample to arrive. */
  #next: number | undefined;
  /** No frame may begin before this. */
  #earliest = Number.NEGATIVE_INFINITY;

  constructor(options: SampleFramerOptions) {
    this.#options = options;
    this.#frame = Buffer.alloc(options.frameSamples * options.sampleBytes);
  }

  /**
   * Adds samples and hands on each frame that this completes.
   *
   * @param pts time of the first of them.
   * @param onFrame its `samples` are valid during the call.
   */
  push(samples: Buffer, pts: number, onFrame: (frame: SampleFrame) => void): void {
    const { sampleBytes, frameSamples, toleranceTicks } = this.#options;
    if (this.#next === undefined || Math.abs(pts - this.#next) > toleranceTicks) {
      this.#next = pts;
      this.#bytes = 0;
    }
    let next = this.#next;
    for (let offset = 0; offset < samples.length;) {
      const copied = samples.copy(this.#frame, this.#bytes, offset);
      offset += copied;
      next += copied / sampleBytes;
      this.#bytes += copied;
      if (this.#bytes < this.#frame.length) continue;
      this.#bytes = 0;
      const start = next - frameSamples;
      if (start < this.#earliest) continue;
      this.#earliest = next;
      onFrame({ samples: this.#frame, pts: start });
    }
    this.#next = next;
  }
}
