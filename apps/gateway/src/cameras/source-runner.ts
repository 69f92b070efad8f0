import type { Logger } from '../observability/logger.ts';
import type { Feed, Stream } from '../stream/stream.ts';
import { backoffMs } from './backoff.ts';
import type { CameraState } from './directory.ts';
import { SourceError, type Source } from './source.ts';

/** A source that held this long was a success: the next failure starts the back-off anew. */
const STEADY_MS = 10_000;
/** What is made on demand goes on this long after its last viewer left. */
const DEMAND_LINGER_MS = 10_000;

/** What a source saw go wrong, totals since the camera was declared. */
export interface Damage {
  lostPackets: number;
  damagedPictures: number;
}

export interface SourceRunnerOptions {
  readonly stream: Stream;
  /** Of the camera. */
  readonly logger: Logger;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** 0 to 1, to spread attempts. */
  readonly random: () => number;
  readonly damage: Damage;
  readonly onState: (state: CameraState) => void;
}

/** Runs a source into a stream: begins and ends it, and tries again when it falls. */
export class SourceRunner {
  readonly #options: SourceRunnerOptions;
  #run: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();
  #lingerTimer: NodeJS.Timeout | undefined;
  #state: CameraState | undefined;
  #isClosed = false;

  constructor(options: SourceRunnerOptions) {
    this.#options = options;
  }

  /** Begins, where it has not begun. */
  start(source: Source): void {
    clearTimeout(this.#lingerTimer);
    if (this.#run !== undefined || this.#isClosed) return;
    const run = new AbortController();
    this.#run = run;
    const before = this.#running;
    this.#running = (async () => {
      // The last run may still be saying goodbye to the camera.
      await before;
      await this.#attempts(source, run.signal);
    })();
  }

  /** Nobody wants it any more: it ends in a while, unless it is started again. */
  linger(): void {
    clearTimeout(this.#lingerTimer);
    this.#lingerTimer = setTimeout(() => {
      // What only a new configuration helps stays as it is: each viewer would try the wrong password again.
      const isHopeless = this.#state?.name === 'offline' && this.#state.nextAttemptMs === undefined;
      if (!isHopeless) void this.stop();
    }, DEMAND_LINGER_MS);
    this.#lingerTimer.unref();
  }

  /** Ends it; resolves when it has said goodbye. */
  async stop(): Promise<void> {
    clearTimeout(this.#lingerTimer);
    const run = this.#run;
    if (run === undefined) return;
    this.#run = undefined;
    run.abort(new Error('no longer wanted'));
    const stopped = this.#running;
    await stopped;
    // Somebody may have wanted it again while it said goodbye.
    const isStopped = this.#running === stopped && !this.#isClosed;
    if (isStopped) this.#setState({ name: 'idle', sinceMs: this.#options.now() });
  }

  /** Ends it for good. Safe to call twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.stop();
  }

  async #attempts(source: Source, signal: AbortSignal): Promise<void> {
    const { now, random, stream } = this.#options;
    let failures = 0;
    let offlineSinceMs: number | undefined;
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      this.#setState({ name: 'connecting', sinceMs: offlineSinceMs ?? now(), attempt: failures + 1 });
      const startedMs = now();
      const { fault, wasLive } = await this.#attempt(source, signal);
      if (isOver()) return;
      const endedMs = now();
      if (wasLive) offlineSinceMs = undefined;
      offlineSinceMs ??= endedMs;
      failures = wasLive && endedMs - startedMs >= STEADY_MS ? 1 : failures + 1;
      const waitMs = fault.isPermanent ? undefined : backoffMs(failures, random());
      this.#setState({
        name: 'offline',
        sinceMs: offlineSinceMs,
        code: fault.code,
        reason: fault.message,
        attempt: failures,
        nextAttemptMs: waitMs === undefined ? undefined : endedMs + waitMs,
      });
      stream.disappoint(fault.message);
      await pause(waitMs, signal);
    }
  }

  /** One attempt: why it ended, and whether the stream was live by it. */
  async #attempt(
    source: Source,
    signal: AbortSignal,
  ): Promise<{ readonly fault: SourceError; readonly wasLive: boolean }> {
    let feed: Feed | undefined;
    const { stream, logger, damage, now } = this.#options;
    try {
      await source.run({
        signal,
        open: (tracks) => {
          feed = stream.open(tracks);
          this.#setState({ name: 'live', sinceMs: now() });
          return feed;
        },
        log: (message, details) => logger.debug(details ?? {}, message),
        count: (event, amount) => {
          damage[event] += amount;
        },
      });
      const fault = new SourceError('ERR_SOURCE_ENDED', 'the camera ended the stream');
      return { fault, wasLive: feed !== undefined };
    } catch (error) {
      if (error instanceof SourceError) return { fault: error, wasLive: feed !== undefined };
      if (!signal.aborted) logger.error({ err: error }, 'the source failed in a way it should not');
      const message = 'the source failed; the log has the details';
      const fault = new SourceError('ERR_SOURCE_FAILED', message, { cause: error });
      return { fault, wasLive: feed !== undefined };
    } finally {
      feed?.close();
    }
  }

  #setState(state: CameraState): void {
    this.#state = state;
    this.#options.onState(state);
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
