import { AV_CHANNEL_LAYOUT_MONO, AV_CHANNEL_LAYOUT_STEREO, AV_SAMPLE_FMT_S16 } from 'node-av/constants';
import { Frame, SoftwareResampleContext } from 'node-av/lib';
import { check } from './av.ts';

/**
 * Turns samples of one format into 16 bits, interleaved, of another rate and number of channels.
 * Synchronous: a packet's worth takes microseconds.
 */
export class Resampler {
  readonly #context = new SoftwareResampleContext();
  readonly #out = new Frame();
  readonly #channels: 1 | 2;
  readonly #rate: number;
  /** What goes in, to be compared: rate, format and channels. */
  readonly input: string;
  #isClosed = false;

  /** For frames that are like `example`. @throws {AvError} there is no way from that to this. */
  constructor(example: Frame, channels: 1 | 2, rate: number) {
    this.#channels = channels;
    this.#rate = rate;
    this.input = inputOf(example);
    this.#out.alloc();
    this.#context.alloc();
    try {
      check(
        this.#context.allocSetOpts2(
          channels === 1 ? AV_CHANNEL_LAYOUT_MONO : AV_CHANNEL_LAYOUT_STEREO,
          AV_SAMPLE_FMT_S16,
          rate,
          example.channelLayout,
          example.format as typeof AV_SAMPLE_FMT_S16,
          example.sampleRate,
        ),
        'set up the resampler',
      );
      check(this.#context.init(), 'start the resampler');
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Samples, of the rate that comes out, that went in and have not come out. */
  get delay(): number {
    return Number(this.#context.getDelay(BigInt(this.#rate)));
  }

  /** @throws {AvError} the frame is not like the example. */
  convert(frame: Frame): Buffer {
    this.#out.unref();
    this.#out.format = AV_SAMPLE_FMT_S16;
    this.#out.sampleRate = this.#rate;
    this.#out.channelLayout = this.#channels === 1 ? AV_CHANNEL_LAYOUT_MONO : AV_CHANNEL_LAYOUT_STEREO;
    check(this.#context.convertFrame(this.#out, frame), 'resample');
    if (this.#out.nbSamples === 0) return Buffer.alloc(0);
    return this.#out.toBuffer().subarray(0, this.#out.nbSamples * this.#channels * 2);
  }

  /** Safe to call twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#context.free();
    this.#out.free();
  }
}

/** See `Resampler.input`. */
export function inputOf({ sampleRate, format, channels }: Frame): string {
  return `${sampleRate} ${format} ${channels}`;
}
