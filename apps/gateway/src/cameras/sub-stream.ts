import type { Logger } from '../observability/logger.ts';
import { Stream } from '../stream/stream.ts';
import type { Source } from './source.ts';
import { SourceRunner, type Damage } from './source-runner.ts';

/** How long to look for what the sub-stream is like, once the camera is there. */
const LOOK_MS = 10_000;

export interface SubStreamOptions {
  readonly source: Source;
  /** The camera's own stream, whose id and zero of time this one has. */
  readonly main: Stream;
  /** Of the camera. */
  readonly logger: Logger;
  readonly now: () => number;
  readonly random: () => number;
  readonly damage: Damage;
}

/** The second, smaller stream that a camera gives itself: fetched while somebody watches it. */
export class SubStream {
  readonly stream: Stream;
  readonly #runner: SourceRunner;
  #hasLooked = false;

  constructor({ source, main, logger, now, random, damage }: SubStreamOptions) {
    this.stream = new Stream({
      id: main.id,
      alignedWith: main,
      onDemand: (isWanted) => {
        if (isWanted) this.#runner.start(source);
        else this.#runner.linger();
      },
      onReaderFault: (reader, error) => {
        logger.error({ reader: reader.name, err: error }, 'a reader failed and was taken off the sub-stream');
      },
    });
    this.#runner = new SourceRunner({
      stream: this.stream,
      logger,
      now,
      random,
      damage,
      onState: (state) => {
        if (state.name === 'offline') logger.warn({ code: state.code }, `no sub-stream: ${state.reason}`);
      },
    });
  }

  /** The camera is there: learns once what its sub-stream is like, to have a place for it in the ladder. */
  look(): void {
    if (this.#hasLooked) return;
    this.#hasLooked = true;
    this.stream.live(AbortSignal.timeout(LOOK_MS)).catch(() => {
      this.#hasLooked = false;
    });
  }

  /** Ends it. Safe to call twice. */
  async close(reason: string): Promise<void> {
    this.stream.end(reason);
    await this.#runner.close();
  }
}
