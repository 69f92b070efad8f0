import type { Logger } from '../observability/logger.ts';
import { MediaWorkers } from '../workers/media/media-workers.ts';

/** FFmpeg's names of the H.264 encoders in hardware, the one that is tried first first. */
const ENCODERS = {
  nvenc: 'h264_nvenc',
  qsv: 'h264_qsv',
  vaapi: 'h264_vaapi',
  v4l2m2m: 'h264_v4l2m2m',
} as const;

export type Hardware = 'auto' | 'off' | keyof typeof ENCODERS;

const SOFTWARE = 'libx264';
const PROBE_TIMEOUT_MS = 5000;

export interface HardwareChoiceOptions {
  readonly hardware: Hardware;
  readonly logger: Logger;
  /** As `MediaWorkersOptions.compileCache`. */
  readonly compileCache?: string;
}

/**
 * Which encoder makes the pictures: found out once, when it is first needed, by encoding with each that may be
 * there, in a process of its own that may die of its drivers.
 */
export class HardwareChoice {
  readonly #options: HardwareChoiceOptions;
  #choice: Promise<string> | undefined;
  #chosen: string | undefined;

  constructor(options: HardwareChoiceOptions) {
    this.#options = options;
  }

  /** FFmpeg's name of the encoder that was chosen; `undefined` as long as none was needed. */
  get chosen(): string | undefined {
    return this.#chosen;
  }

  /** FFmpeg's name of the encoder to use. */
  encoder(): Promise<string> {
    this.#choice ??= this.#choose();
    return this.#choice;
  }

  async #choose(): Promise<string> {
    const { hardware, logger } = this.#options;
    const wanted = Object.entries(ENCODERS).filter(([name]) => hardware === 'auto' || hardware === name);
    this.#chosen = (await this.#firstThatWorks(wanted.map(([, encoder]) => encoder))) ?? SOFTWARE;
    if (this.#chosen === SOFTWARE && hardware !== 'auto' && hardware !== 'off') {
      logger.warn({ hardware }, 'the encoder that was asked for does not work here');
    }
    logger.info({ encoder: this.#chosen }, 'pictures are encoded by this encoder');
    return this.#chosen;
  }

  async #firstThatWorks(encoders: readonly string[]): Promise<string | undefined> {
    const { logger, compileCache } = this.#options;
    if (encoders.length === 0) return undefined;
    // Where a driver kills it, the next encoder is tried in the next process.
    const prober = new MediaWorkers({ logger, ...(compileCache === undefined ? {} : { compileCache }) });
    try {
      for (const encoder of encoders) {
        try {
          const link = await prober.link(encoder);
          await link.request('tryEncoder', { encoder }, { timeoutMs: PROBE_TIMEOUT_MS });
          return encoder;
        } catch (error) {
          logger.debug({ encoder, err: error }, 'not this encoder');
        }
      }
      return undefined;
    } finally {
      await prober.close();
    }
  }
}
