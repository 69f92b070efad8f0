import { ProtocolError, TsDemuxer, type Track } from '@vedette/media';
import type { CameraDirectory } from '../../cameras/directory.ts';
import type { Logger } from '../../observability/logger.ts';
import { steadyClock, type Clock, type Feed } from '../../stream/stream.ts';
import { DemuxedFeed } from '../demuxed-feed.ts';

export interface TsPublisherOptions {
  readonly cameras: CameraDirectory;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** A publisher that sends nothing for this long is ended; default 10 s. */
  readonly silenceMs?: number;
}

const SILENCE_MS = 10_000;
const POLL_MS = 1000;
/** What a publisher writes to that lost its camera in between. */
const NOWHERE: Feed = { write: () => undefined, report: () => undefined, close: () => undefined };

/** A peer that publishes MPEG-TS to a camera. */
export class TsPublisher {
  readonly #cameraId: string;
  readonly #options: TsPublisherOptions;
  readonly #clock: Clock;
  readonly #onEnd: (reason: string) => void;
  readonly #output = new DemuxedFeed((tracks) => this.#open(tracks));
  readonly #demuxer = new TsDemuxer(this.#output);
  readonly #timer: NodeJS.Timeout;
  readonly #startedMs: number;
  #lastMs: number;
  #feed: Feed | undefined;
  #isClosed = false;
  #bytes = 0;

  /** @param onEnd called once when the publisher is not wanted any more, silent, or of no use; `close` is to follow. */
  constructor(cameraId: string, onEnd: (reason: string) => void, options: TsPublisherOptions) {
    this.#cameraId = cameraId;
    this.#options = options;
    this.#clock = options.clock ?? steadyClock;
    this.#onEnd = onEnd;
    this.#startedMs = this.#lastMs = this.#clock();
    this.#timer = setInterval(() => this.#poll(), POLL_MS);
  }

  /** Media bytes taken so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the transport stream in pieces of any size. Never throws: what cannot be read ends the publisher. */
  onMedia(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#bytes += bytes.length;
    this.#lastMs = this.#clock();
    try {
      this.#demuxer.push(bytes);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#onEnd(error.message);
    }
  }

  /** Leaves the camera. Safe to call twice. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#output.close();
  }

  #open(tracks: readonly Track[]): Feed {
    // Other tracks of the same publisher: it must not be revoked by itself.
    this.#feed?.close();
    this.#feed = undefined;
    const answer = this.#options.cameras.publish({
      cameraId: this.#cameraId,
      tracks,
      onRevoked: (reason) => {
        if (!this.#isClosed) this.#onEnd(reason);
      },
    });
    if (answer.ok) {
      this.#feed = answer.feed;
      return answer.feed;
    }
    this.#onEnd(answer.message);
    return NOWHERE;
  }

  #poll(): void {
    const nowMs = this.#clock();
    const { silenceMs = SILENCE_MS } = this.#options;
    if (nowMs - this.#lastMs > silenceMs) {
      this.#onEnd(`the publisher sent no media for ${Math.round(silenceMs / 1000)} s`);
    } else if (!this.#output.isOpen && nowMs - this.#startedMs > 2 * silenceMs) {
      this.#onEnd('the publisher sent nothing that can be decoded');
    }
  }
}
