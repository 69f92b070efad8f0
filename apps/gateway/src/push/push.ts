import type { PushConfig } from '@vedette/contract';
import type { ErrorCode } from '@vedette/media';
import { backoffMs } from '../cameras/backoff.ts';
import type { AddressGuard } from '../net/guarded-lookup.ts';
import type { Logger } from '../observability/logger.ts';
import type { Reader } from '../stream/reader.ts';
import type { Stream } from '../stream/stream.ts';
import type { Carriage } from '../transcode/carriage.ts';
import type { StreamFitter } from '../transcode/fitter.ts';
import { attemptPush, type AttemptEnd } from './push-attempt.ts';
import type { PushTarget, PushTotals } from './push-target.ts';
import { hideSecrets } from './redact-destination.ts';
import { PUSH_TRIGGERS, type PushFacts, type PushPause } from './push-triggers.ts';

/** A destination that held this long was a success: the next failure starts the back-off anew. */
const STEADY_MS = 10_000;
/** A push goes on this long after its rule stopped asking for it, and after its camera went away. */
const LINGER_MS = 10_000;

/** The state of a push, as people are told it. */
export type PushState =
  | { readonly name: 'idle'; readonly sinceMs: number; readonly reason: PushPause | 'off' }
  | { readonly name: 'connecting'; readonly sinceMs: number; readonly attempt: number }
  | { readonly name: 'live'; readonly sinceMs: number }
  /** `nextAttemptMs` is when it is tried again, `undefined` when it has to be started again. */
  | {
      readonly name: 'failed';
      readonly sinceMs: number;
      readonly code: ErrorCode;
      readonly reason: string;
      readonly attempt: number;
      readonly nextAttemptMs: number | undefined;
    };

export interface PushOptions {
  readonly id: string;
  readonly cameraId: string;
  readonly config: PushConfig;
  readonly origin: 'file' | 'api';
  readonly stream: Stream;
  readonly target: PushTarget;
  readonly carriage: Carriage;
  readonly guard: AddressGuard;
  readonly fitter: StreamFitter;
  readonly logger: Logger;
  readonly now?: () => number;
  readonly random?: () => number;
}

/** One camera on its way to one destination: runs while its rule says so, tries again when it falls. */
export class Push {
  readonly id: string;
  readonly cameraId: string;
  readonly config: PushConfig;
  readonly origin: 'file' | 'api';
  readonly #options: PushOptions;
  readonly #now: () => number;
  readonly #random: () => number;
  #state: PushState;
  #isOn: boolean;
  #run: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();
  /** Ends the present attempt alone. */
  #attempt: AbortController | undefined;
  #unwantedSinceMs: number | undefined;
  #awaySinceMs: number | undefined;
  #hasGivenUp = false;
  #isClosed = false;
  #attempts = 0;
  #past: PushTotals = { bytes: 0, dropped: 0, queuedBytes: 0 };
  #present: (() => PushTotals) | undefined;

  constructor(options: PushOptions) {
    const { id, cameraId, config, origin, now = Date.now, random = Math.random } = options;
    this.id = id;
    this.cameraId = cameraId;
    this.config = config;
    this.origin = origin;
    this.#options = options;
    this.#now = now;
    this.#random = random;
    // One that the API starts waits for that.
    this.#isOn = config.enabled && config.when !== 'api';
    this.#state = { name: 'idle', sinceMs: now(), reason: this.#isOn ? 'camera' : 'off' };
  }

  /** Started: it runs whenever its rule says so. */
  get isOn(): boolean {
    return this.#isOn;
  }

  get state(): PushState {
    return this.#state;
  }

  /** Attempts so far. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Since the push was declared, all attempts together. */
  get totals(): PushTotals {
    const present = this.#present?.() ?? { bytes: 0, dropped: 0, queuedBytes: 0 };
    return {
      bytes: this.#past.bytes + present.bytes,
      dropped: this.#past.dropped + present.dropped,
      queuedBytes: present.queuedBytes,
    };
  }

  /** Takes note of how things are; to be called about once a second, and when the push was made or started. */
  consider(facts: PushFacts): void {
    if (!this.#isOn || this.#isClosed) return;
    const nowMs = this.#now();
    this.#considerCamera(facts.isLive, nowMs);
    const pause = PUSH_TRIGGERS[this.config.when](facts);
    if (pause === undefined) {
      this.#unwantedSinceMs = undefined;
      this.#begin();
    } else if (this.#run === undefined) {
      const isNews = this.#state.name === 'idle' && this.#state.reason !== pause;
      if (isNews) this.#setState({ name: 'idle', sinceMs: nowMs, reason: pause });
    } else {
      this.#unwantedSinceMs ??= nowMs;
      if (nowMs - this.#unwantedSinceMs >= LINGER_MS) this.#halt(pause);
    }
  }

  /** Switches it on, also one that has given up, or off. */
  set(isOn: boolean, facts: PushFacts): void {
    if (this.#isClosed) return;
    this.#hasGivenUp = false;
    this.#isOn = isOn;
    if (isOn) this.consider(facts);
    else this.#halt('off');
  }

  /** Ends it, and waits for its goodbye. Safe to call twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#halt('off');
    await this.#running;
  }

  /** A camera that is away has nothing to send: destinations would wait for it in vain. */
  #considerCamera(isLive: boolean, nowMs: number): void {
    if (isLive) this.#awaySinceMs = undefined;
    else this.#awaySinceMs ??= nowMs;
    const isAway = this.#awaySinceMs !== undefined && nowMs - this.#awaySinceMs >= LINGER_MS;
    if (isAway) this.#attempt?.abort();
  }

  #begin(): void {
    if (this.#run !== undefined || this.#hasGivenUp) return;
    const run = new AbortController();
    this.#run = run;
    const isLive = this.#options.stream.isLive;
    const sinceMs = this.#now();
    this.#setState(
      isLive ? { name: 'connecting', sinceMs, attempt: 1 } : { name: 'idle', sinceMs, reason: 'camera' },
    );
    const before = this.#running;
    this.#running = (async () => {
      await before; // the last run may still be saying goodbye
      await this.#keepTrying(run.signal);
    })();
  }

  #halt(reason: PushPause | 'off'): void {
    this.#unwantedSinceMs = undefined;
    this.#run?.abort();
    this.#run = undefined;
    this.#setState({ name: 'idle', sinceMs: this.#now(), reason });
  }

  async #keepTrying(signal: AbortSignal): Promise<void> {
    const { stream } = this.#options;
    const hold = new Hold();
    const isOver = (): boolean => signal.aborted;
    if (!signal.aborted) stream.addReader(hold);
    try {
      for (let failures = 0; failures < Infinity; failures = await this.#tryOnce(failures, signal)) {
        if (!isOver() && !stream.isLive)
          this.#setState({ name: 'idle', sinceMs: this.#now(), reason: 'camera' });
        // Its attempts may fail: it is waited for as long as the push is wanted.
        while (!isOver() && !stream.isLive && !stream.isEnded) {
          await stream.live(signal).catch(() => undefined);
        }
        if (isOver() || stream.isEnded) break;
      }
    } finally {
      stream.removeReader(hold);
      if (this.#run?.signal === signal) this.#run = undefined;
    }
  }

  /** One attempt and the pause behind it. @returns failures in a row; `Infinity` when another try is in vain. */
  async #tryOnce(failures: number, signal: AbortSignal): Promise<number> {
    const startedMs = this.#now();
    this.#setState({ name: 'connecting', sinceMs: startedMs, attempt: failures + 1 });
    const end = await this.#runAttempt(signal);
    if (signal.aborted || end.type === 'aborted') return 0;
    const endedMs = this.#now();
    const wasSteady = this.#state.name === 'live' && endedMs - this.#state.sinceMs >= STEADY_MS;
    const count = wasSteady ? 1 : failures + 1;
    const { code, message, isPermanent } = end.error;
    const waitMs = isPermanent ? undefined : backoffMs(count, this.#random());
    const nextAttemptMs = waitMs === undefined ? undefined : endedMs + waitMs;
    this.#setState({
      name: 'failed',
      sinceMs: endedMs,
      code,
      reason: hideSecrets(message, this.config.to),
      attempt: count,
      nextAttemptMs,
    });
    if (waitMs === undefined) {
      this.#hasGivenUp = true;
      return Infinity;
    }
    await pause(waitMs, signal);
    return count;
  }

  async #runAttempt(signal: AbortSignal): Promise<AttemptEnd> {
    const { stream, target, carriage, guard, fitter, logger } = this.#options;
    const attempt = new AbortController();
    this.#attempt = attempt;
    this.#attempts += 1;
    const context = {
      signal: AbortSignal.any([signal, attempt.signal]),
      guard,
      onConnected: () => {
        if (!signal.aborted) this.#setState({ name: 'live', sinceMs: this.#now() });
      },
      report: (totals: () => PushTotals) => {
        this.#present = totals;
      },
    };
    const fit = (): Stream => fitter.fit(stream, carriage, this.config.quality);
    const end = await attemptPush(target, fit, context, logger);
    this.#attempt = undefined;
    this.#past = { ...this.totals, queuedBytes: 0 };
    this.#present = undefined;
    return end;
  }

  #setState(state: PushState): void {
    const before = this.#state;
    this.#state = state;
    const { logger } = this.#options;
    if (state.name === 'failed') {
      const { code, attempt, nextAttemptMs, reason } = state;
      const nextInS =
        nextAttemptMs === undefined ? 'never' : Math.round((nextAttemptMs - this.#now()) / 1000);
      logger.warn({ code, attempt, nextInS }, `push failed: ${reason}`);
    } else if (state.name !== before.name) {
      logger.info({ state: state.name }, `push is ${state.name}`);
    }
  }
}

/** Keeps the camera connected while it is to be pushed, also between attempts. */
class Hold implements Reader {
  readonly name = 'push';
  onTracks(): void {
    // Whoever sends it takes note.
  }
  onUnit(): void {
    // Likewise.
  }
  onEnd(): void {
    // Likewise.
  }
}

/** Waits, at most until `signal` aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const wake = (): void => resolve(undefined);
  const timer = setTimeout(wake, ms);
  signal.addEventListener('abort', wake, { once: true });
  await promise;
  clearTimeout(timer);
  signal.removeEventListener('abort', wake);
}
