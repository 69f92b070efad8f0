import type { CameraConfig } from '@vedette/contract';
import type { Logger } from '../observability/logger.ts';
import { GopCache } from '../stream/gop-cache.ts';
import { Stream, type Feed } from '../stream/stream.ts';
import { backoffMs } from './backoff.ts';
import type { CameraState, CameraView, PublishRequest } from './directory.ts';
import { SourceError, type Source } from './source.ts';

/** A source that held this long was a success: the next failure starts the back-off anew. */
const STEADY_MS = 10_000;
/** A camera made on demand goes on this long after its last viewer left. */
const DEMAND_LINGER_MS = 10_000;

export interface CameraOptions {
  readonly id: string;
  readonly config: CameraConfig;
  /** How the camera is reached; `undefined` for one that publishers feed. */
  readonly source: Source | undefined;
  readonly logger: Logger;
  readonly now?: () => number;
  readonly random?: () => number;
}

/** What a source saw go wrong, totals since the camera was declared. */
export interface Damage {
  lostPackets: number;
  damagedPictures: number;
}

interface Publisher {
  readonly feed: Feed;
  readonly onRevoked: (reason: string) => void;
}

/** One camera: runs its source while it is wanted, tries again when it falls, and says how it is. */
export class Camera implements CameraView {
  readonly id: string;
  readonly stream: Stream;
  readonly damage: Damage = { lostPackets: 0, damagedPictures: 0 };
  #config: CameraConfig;
  #source: Source | undefined;
  #state: CameraState;
  #run: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();
  #lingerTimer: NodeJS.Timeout | undefined;
  #publisher: Publisher | undefined;
  #isClosed = false;
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #random: () => number;

  constructor({ id, config, source, logger, now = Date.now, random = Math.random }: CameraOptions) {
    this.id = id;
    this.#config = config;
    this.#source = source;
    this.#logger = logger.child({ camera: id });
    this.#now = now;
    this.#random = random;
    this.#state = { name: source === undefined ? 'waiting' : 'idle', sinceMs: now() };
    this.stream = new Stream({
      id,
      gopCache: new GopCache(),
      onDemand: (isWanted) => this.#demandChanged(isWanted),
      onReaderFault: (reader, error) => {
        this.#logger.error(
          { reader: reader.name, err: error },
          'a reader failed and was taken off the stream',
        );
      },
    });
  }

  get config(): CameraConfig {
    return this.#config;
  }

  get state(): CameraState {
    return this.#state;
  }

  /** Begins; a camera made on demand waits for its first viewer. */
  start(): void {
    if (this.#source !== undefined && (!this.#config.onDemand || this.stream.isWanted)) this.#startRun();
  }

  /** Takes a changed configuration: the source is replaced, viewers stay. */
  async reconfigure(config: CameraConfig, source: Source | undefined): Promise<void> {
    this.#revoke('the camera was reconfigured');
    await this.#stopRun();
    if (this.#isClosed) return;
    this.#config = config;
    this.#source = source;
    this.#setState({ name: source === undefined ? 'waiting' : 'idle', sinceMs: this.#now() });
    this.start();
  }

  /** Ends the camera and its stream. Safe to call twice. */
  async close(reason: string): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#lingerTimer);
    this.#revoke(reason);
    this.stream.end(reason);
    await this.#stopRun();
  }

  get hasPublisher(): boolean {
    return this.#publisher !== undefined;
  }

  get isPublishable(): boolean {
    return this.#source === undefined;
  }

  /** A publisher feeds the camera from now on; one that did so before is revoked. */
  publish({ tracks, onRevoked, onKeyFrameWanted }: Omit<PublishRequest, 'cameraId'>): Feed {
    this.#revoke('another publisher took over');
    const inner = this.stream.open(tracks, { onKeyFrameWanted });
    const publisher: Publisher = {
      onRevoked,
      feed: {
        write: (unit) => inner.write(unit),
        report: (track, pts, unixMs) => inner.report(track, pts, unixMs),
        close: () => {
          inner.close();
          if (this.#publisher !== publisher) return;
          this.#publisher = undefined;
          this.#setState({ name: 'waiting', sinceMs: this.#now() });
        },
      },
    };
    this.#publisher = publisher;
    this.#setState({ name: 'live', sinceMs: this.#now() });
    return publisher.feed;
  }

  #revoke(reason: string): void {
    const publisher = this.#publisher;
    if (publisher === undefined) return;
    publisher.feed.close();
    publisher.onRevoked(reason);
  }

  #demandChanged(isWanted: boolean): void {
    clearTimeout(this.#lingerTimer);
    if (!this.#config.onDemand || this.#source === undefined || this.#isClosed) return;
    if (isWanted) {
      this.#startRun();
      return;
    }
    this.#lingerTimer = setTimeout(() => {
      // What only a new configuration helps stays as it is: each viewer would try the wrong password again.
      const isHopeless = this.#state.name === 'offline' && this.#state.nextAttemptMs === undefined;
      if (!isHopeless) void this.#stopRun();
    }, DEMAND_LINGER_MS);
    this.#lingerTimer.unref();
  }

  #startRun(): void {
    if (this.#run !== undefined || this.#isClosed || this.#source === undefined) return;
    const run = new AbortController();
    this.#run = run;
    const source = this.#source;
    const before = this.#running;
    this.#running = (async () => {
      // The last run may still be saying goodbye to the camera.
      await before;
      await this.#attempts(source, run.signal);
    })();
  }

  async #stopRun(): Promise<void> {
    const run = this.#run;
    if (run === undefined) return;
    this.#run = undefined;
    run.abort(new Error('no longer wanted'));
    const stopped = this.#running;
    await stopped;
    // Somebody may have wanted it again while it said goodbye.
    const isStopped = this.#running === stopped && !this.#isClosed;
    if (isStopped) this.#setState({ name: 'idle', sinceMs: this.#now() });
  }

  async #attempts(source: Source, signal: AbortSignal): Promise<void> {
    let failures = 0;
    let offlineSinceMs: number | undefined;
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      this.#setState({ name: 'connecting', sinceMs: offlineSinceMs ?? this.#now(), attempt: failures + 1 });
      const startedMs = this.#now();
      const fault = await this.#attempt(source, signal);
      if (isOver()) return;
      const endedMs = this.#now();
      const wasLive = this.#state.name === 'live';
      if (wasLive) offlineSinceMs = undefined;
      offlineSinceMs ??= endedMs;
      failures = wasLive && endedMs - startedMs >= STEADY_MS ? 1 : failures + 1;
      const waitMs = fault.isPermanent ? undefined : backoffMs(failures, this.#random());
      this.#setState({
        name: 'offline',
        sinceMs: offlineSinceMs,
        code: fault.code,
        reason: fault.message,
        attempt: failures,
        nextAttemptMs: waitMs === undefined ? undefined : endedMs + waitMs,
      });
      this.stream.disappoint(fault.message);
      await pause(waitMs, signal);
    }
  }

  /** One attempt; returns why it ended. */
  async #attempt(source: Source, signal: AbortSignal): Promise<SourceError> {
    let feed: Feed | undefined;
    try {
      await source.run({
        signal,
        open: (tracks) => {
          feed = this.stream.open(tracks);
          this.#setState({ name: 'live', sinceMs: this.#now() });
          return feed;
        },
        log: (message, details) => this.#logger.debug(details ?? {}, message),
        count: (event, amount) => {
          this.damage[event] += amount;
        },
      });
      return new SourceError('ERR_SOURCE_ENDED', 'the camera ended the stream');
    } catch (error) {
      if (error instanceof SourceError) return error;
      if (!signal.aborted) this.#logger.error({ err: error }, 'the source failed in a way it should not');
      return new SourceError('ERR_SOURCE_FAILED', 'the source failed; the log has the details', {
        cause: error,
      });
    } finally {
      feed?.close();
    }
  }

  #setState(state: CameraState): void {
    const before = this.#state;
    this.#state = state;
    if (state.name === 'offline') {
      const next =
        state.nextAttemptMs === undefined ? 'never' : Math.round((state.nextAttemptMs - this.#now()) / 1000);
      this.#logger.warn(
        { code: state.code, attempt: state.attempt, nextInS: next },
        `offline: ${state.reason}`,
      );
    } else if (state.name !== before.name) {
      this.#logger.info({ state: state.name }, `camera is ${state.name}`);
    }
  }
}

/** Waits, at most until `signal` aborts; without a time, until then. */
async function pause(ms: number | undefined, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const wake = (): void => resolve(undefined);
  const timer = ms === undefined ? undefined : setTimeout(wake, ms);
  signal.addEventListener('abort', wake, { once: true });
  await promise;
  clearTimeout(timer);
  signal.removeEventListener('abort', wake);
}
