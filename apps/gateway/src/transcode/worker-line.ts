import type { AccessUnit, Track } from '@vedette/media';
import type { Logger } from '../observability/logger.ts';
import type { Channel } from '../workers/channel.ts';
import type { MediaLink } from '../workers/media/media-workers.ts';

/** Where media is transcoded. */
export interface MediaStudio {
  /** A worker that is ready, for the camera of this id. */
  link(camera: string): Promise<MediaLink>;
}

export interface WorkerLineOptions {
  /** Id of the camera whose media it is. */
  readonly camera: string;
  readonly studio: MediaStudio;
  readonly logger: Logger;
  /** What is missed while there is no line, for the log. */
  readonly purpose: string;
  /** A worker is there: asks it for the job that `channel` is for. A promise that rejects ends the channel. */
  readonly begin: (link: MediaLink, channel: Channel) => Promise<unknown>;
  readonly onTracks?: (tracks: readonly Track[]) => void;
  readonly onUnit?: (unit: AccessUnit) => void;
}

/** Time between attempts when the worker cannot be had, or gave up on the media. */
const RETRY_MS = 5000;

/**
 * A job's channel to a media worker, for as long as it is wanted: when the worker dies, the next one is
 * asked; when it gives up on the media, it is asked again some seconds later.
 */
export class WorkerLine {
  readonly #options: WorkerLineOptions;
  #channel: Channel | undefined;
  #isOpening = false;
  #isWanted = false;
  #retryTimer: NodeJS.Timeout | undefined;

  constructor(options: WorkerLineOptions) {
    this.#options = options;
  }

  /** What to write to; `undefined` while there is no worker. */
  get channel(): Channel | undefined {
    return this.#channel;
  }

  /** From now on there is to be a channel. */
  open(): void {
    this.#isWanted = true;
    if (this.#channel === undefined) void this.#open();
  }

  /** Ends the job. Safe to call twice; it may be opened again. */
  close(): void {
    this.#isWanted = false;
    clearTimeout(this.#retryTimer);
    const channel = this.#channel;
    this.#channel = undefined;
    channel?.close();
  }

  async #open(): Promise<void> {
    clearTimeout(this.#retryTimer);
    if (this.#isOpening) return;
    this.#isOpening = true;
    try {
      const link = await this.#options.studio.link(this.#options.camera);
      this.#begin(link);
    } catch (error) {
      this.#retryLater(error instanceof Error ? error.message : String(error));
    } finally {
      this.#isOpening = false;
    }
  }

  #begin(link: MediaLink): void {
    if (!this.#isWanted) return;
    const { onTracks, onUnit, begin } = this.#options;
    const channel = link.openChannel({
      ...(onTracks === undefined ? {} : { onTracks }),
      ...(onUnit === undefined ? {} : { onUnit }),
      onEnd: (reason) => this.#onEnd(channel, link, reason),
    });
    this.#channel = channel;
    begin(link, channel).catch((error: unknown) => {
      if (link.isClosed || this.#channel !== channel) return;
      channel.close();
      this.#onEnd(channel, link, error instanceof Error ? error.message : String(error));
    });
  }

  #onEnd(channel: Channel, link: MediaLink, reason: string): void {
    if (this.#channel !== channel) return;
    this.#channel = undefined;
    // The next worker is there in a moment; a worker that gave up will not like it better soon.
    if (link.isClosed) void this.#open();
    else this.#retryLater(reason);
  }

  #retryLater(reason: string): void {
    if (!this.#isWanted) return;
    const { logger, camera, purpose } = this.#options;
    logger.warn({ camera, reason }, `no ${purpose}: it cannot be transcoded now`);
    this.#retryTimer = setTimeout(() => void this.#open(), RETRY_MS);
    this.#retryTimer.unref();
  }
}
