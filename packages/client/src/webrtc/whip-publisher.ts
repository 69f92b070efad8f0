import { ApiClient } from '../api/api-client.ts';
import { mediaUrls } from '../api/media-urls.ts';
import { backoffMs } from '../player/backoff.ts';
import { Emitter } from '../player/emitter.ts';
import { publishSample, publishStats, type PublishSample, type PublishStats } from './publish-stats.ts';
import { WhipConnection, type Loss } from './whip-connection.ts';
import { isPassing, publishFailure, type PublishFailure } from './whip-failure.ts';

/** How publishing stands. */
export type PublisherState =
  | { readonly name: 'idle' }
  /** `attempt` counts from 1, and anew after each time it was live. */
  | { readonly name: 'connecting'; readonly attempt: number }
  | { readonly name: 'live'; readonly sinceMs: number }
  /** It broke, or could not begin, and is tried again at `nextAttemptAtMs` (ms since the Unix epoch). */
  | {
      readonly name: 'waiting';
      readonly failure: PublishFailure;
      readonly attempt: number;
      readonly nextAttemptAtMs: number;
    }
  /** Only a person can help. */
  | { readonly name: 'failed'; readonly failure: PublishFailure };

export interface WhipPublisherOptions {
  readonly cameraId: string;
  /** Origin of the gateway without a trailing slash; empty for the page's own. */
  readonly baseUrl?: string;
}

/**
 * Publishes a `MediaStream` to a camera by WHIP, and again when the connection breaks. The stream stays the
 * caller's: its tracks are never stopped here.
 */
export class WhipPublisher {
  readonly #cameraId: string;
  readonly #baseUrl: string;
  readonly #emitter = new Emitter<{ state: PublisherState }>();
  #state: PublisherState = { name: 'idle' };
  #stream: MediaStream | undefined;
  #connection: WhipConnection | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #lastSample: PublishSample | undefined;

  constructor({ cameraId, baseUrl = '' }: WhipPublisherOptions) {
    this.#cameraId = cameraId;
    this.#baseUrl = baseUrl;
  }

  get state(): PublisherState {
    return this.#state;
  }

  /** @returns stops listening. */
  onState(listener: (state: PublisherState) => void): () => void {
    return this.#emitter.on('state', listener);
  }

  /** Begins to send `stream`; one that was being sent before is ended. */
  start(stream: MediaStream): void {
    this.#drop();
    this.#stream = stream;
    this.#attempt = 0;
    this.#connect();
  }

  /** Ends it. Safe to call twice. */
  stop(): void {
    this.#drop();
    this.#stream = undefined;
    this.#set({ name: 'idle' });
  }

  /**
   * Goes on with `stream` in place of the one being sent: without a gap where it has tracks of the same kinds.
   * Does nothing while nothing is sent.
   */
  async change(stream: MediaStream): Promise<void> {
    const before = this.#stream;
    if (before === undefined) return;
    const kindsOf = (each: MediaStream): string =>
      each
        .getTracks()
        .map(({ kind }) => kind)
        .sort()
        .join();
    const connection = this.#connection;
    if (connection === undefined || kindsOf(before) !== kindsOf(stream)) {
      this.start(stream);
      return;
    }
    this.#stream = stream;
    for (const track of stream.getTracks()) await connection.replace(track);
  }

  /** `undefined` while nothing is sent. Call about once a second: rates are between two calls. */
  async stats(): Promise<PublishStats | undefined> {
    const connection = this.#connection;
    if (connection === undefined) return undefined;
    const sample = publishSample(await connection.report(), performance.now());
    const stats = publishStats(this.#lastSample, sample);
    this.#lastSample = sample;
    return stats;
  }

  #connect(): void {
    const stream = this.#stream;
    if (stream === undefined) return;
    this.#attempt += 1;
    this.#lastSample = undefined;
    this.#set({ name: 'connecting', attempt: this.#attempt });
    const { whip } = mediaUrls(this.#cameraId, this.#baseUrl);
    const connection = new WhipConnection(whip, {
      onConnected: () => {
        if (this.#connection !== connection) return;
        this.#attempt = 0;
        this.#set({ name: 'live', sinceMs: Date.now() });
      },
      onLost: (loss) => {
        if (this.#connection === connection) void this.#onLost(loss);
      },
    });
    this.#connection = connection;
    connection.open(stream).catch((error: unknown) => {
      if (this.#connection === connection) this.#fail(publishFailure(error));
    });
  }

  /** A session that the gateway ended while the camera goes on was taken over: taking it back would never end. */
  async #onLost(loss: Loss): Promise<void> {
    const connection = this.#connection;
    const isReplaced = loss === 'ended' && (await this.#isCameraLive());
    if (this.#connection === connection) this.#fail({ kind: isReplaced ? 'replaced' : 'lost' });
  }

  async #isCameraLive(): Promise<boolean> {
    try {
      const cameras = await new ApiClient(this.#baseUrl).cameras();
      return cameras.find(({ id }) => id === this.#cameraId)?.state.name === 'live';
    } catch {
      return false;
    }
  }

  #fail(failure: PublishFailure): void {
    this.#drop();
    if (!isPassing(failure)) {
      this.#stream = undefined;
      this.#set({ name: 'failed', failure });
      return;
    }
    const waitMs = backoffMs(Math.max(1, this.#attempt));
    this.#set({
      name: 'waiting',
      failure,
      attempt: this.#attempt + 1,
      nextAttemptAtMs: Date.now() + waitMs,
    });
    this.#timer = setTimeout(() => this.#connect(), waitMs);
  }

  #drop(): void {
    clearTimeout(this.#timer);
    this.#connection?.close();
    this.#connection = undefined;
  }

  #set(state: PublisherState): void {
    this.#state = state;
    this.#emitter.emit('state', state);
  }
}
