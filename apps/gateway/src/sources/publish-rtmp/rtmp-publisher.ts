import { FlvReader, type Track } from '@vedette/media';
import { RtmpMessageType, type RtmpMessage } from '@vedette/protocols';
import type { CameraDirectory, PublishAnswer } from '../../cameras/directory.ts';
import { steadyClock, type Clock, type Feed } from '../../stream/stream.ts';
import { DemuxedFeed } from '../demuxed-feed.ts';

export interface RtmpPublisherOptions {
  readonly cameras: CameraDirectory;
  readonly clock?: Clock;
  /** A publisher that sends nothing for this long is ended; default 10 s. */
  readonly silenceMs?: number;
}

const SILENCE_MS = 10_000;
/** What a publisher writes to that lost its camera in between. */
const NOWHERE: Feed = { write: () => undefined, report: () => undefined, close: () => undefined };

/** A peer that publishes to a camera by RTMP: its messages, taken apart into the camera's stream. */
export class RtmpPublisher {
  readonly #cameraId: string;
  readonly #options: RtmpPublisherOptions;
  readonly #clock: Clock;
  readonly #onEnd: (reason: string) => void;
  readonly #feed = new DemuxedFeed((tracks) => this.#open(tracks));
  readonly #reader = new FlvReader(this.#feed);
  readonly #startedMs: number;
  #lastMediaMs: number;
  #published: Feed | undefined;
  #bytes = 0;
  #isClosed = false;

  /** @param onEnd called when the publisher is not wanted any more, or silent; `close` is still to be called. */
  constructor(cameraId: string, onEnd: (reason: string) => void, options: RtmpPublisherOptions) {
    this.#cameraId = cameraId;
    this.#onEnd = onEnd;
    this.#options = options;
    this.#clock = options.clock ?? steadyClock;
    this.#startedMs = this.#lastMediaMs = this.#clock();
  }

  /** @throws {ProtocolError} the message is bad, or of a codec that cannot be taken. */
  onMedia({ type, timestamp, payload }: RtmpMessage): void {
    if (this.#isClosed) return;
    this.#bytes += payload.length;
    this.#lastMediaMs = this.#clock();
    if (type === RtmpMessageType.video) this.#reader.video(timestamp, payload);
    else if (type === RtmpMessageType.audio) this.#reader.audio(timestamp, payload);
    else if (type === RtmpMessageType.data) this.#reader.script(payload);
  }

  /** Looks at the deadlines; to be called about every second. */
  check(): void {
    if (this.#isClosed) return;
    const nowMs = this.#clock();
    const { silenceMs = SILENCE_MS } = this.#options;
    if (nowMs - this.#lastMediaMs > silenceMs) {
      this.#onEnd(`the publisher sent no media for ${Math.round(silenceMs / 1000)} s`);
    } else if (!this.#feed.isOpen && nowMs - this.#startedMs > 2 * silenceMs) {
      this.#onEnd('the publisher sent nothing that can be decoded');
    }
  }

  /** Leaves the camera. Safe to call twice. */
  close(): void {
    this.#isClosed = true;
    this.#feed.close();
  }

  totals(): { readonly bytes: number; readonly dropped: number; readonly queuedBytes: number } {
    return { bytes: this.#bytes, dropped: 0, queuedBytes: 0 };
  }

  /** For the first tracks, and again for others: this publisher must not take over from itself. */
  #open(tracks: readonly Track[]): Feed {
    this.#published?.close();
    const answer: PublishAnswer = this.#options.cameras.publish({
      cameraId: this.#cameraId,
      tracks,
      onRevoked: (reason) => {
        if (!this.#isClosed) this.#onEnd(reason);
      },
    });
    if (answer.ok) return (this.#published = answer.feed);
    this.#onEnd(answer.message);
    return NOWHERE;
  }
}
