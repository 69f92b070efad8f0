import type { Logger } from '../observability/logger.ts';
import { type Handlers, type Link, LinkError, type Messages } from './link.ts';
import { RestartPolicy } from './restart-policy.ts';
import { type ExitKind, WORKER_LIMITS, type WorkerExit, type WorkerLimits, WorkerRun } from './worker-run.ts';

export interface SupervisorOptions<In extends Messages> {
  /** `media`, `webrtc`: the name in logs and metrics. */
  readonly kind: string;
  /** Path of the worker's main module, which calls `serveAsWorker`. */
  readonly entry: string;
  /** What the worker may ask of and tell us. */
  readonly handlers: Handlers<In>;
  readonly logger: Logger;
  readonly limits?: Partial<WorkerLimits>;
  /** See `WorkerRunOptions.compileCache`. */
  readonly compileCache?: string | undefined;
}

/** Told of a worker's life; where an owner sets up again what it had set up in the worker that died. */
export interface WorkerObserver<In extends Messages, Out extends Messages> {
  /** A worker is ready, before anybody else uses its link. */
  readonly started?: (link: Link<In, Out>) => void;
  /** It is gone: its channels have ended and its requests failed. */
  readonly exited?: (exit: WorkerExit) => void;
}

export interface SupervisorReport {
  readonly kind: string;
  readonly running: number;
  readonly starts: number;
  readonly crashes: number;
  readonly crashesByKind: Readonly<Partial<Record<ExitKind, number>>>;
}

/** Whoever asks for a worker that rests longer than this is told so instead of waiting. */
const MAX_WAIT_MS = 1000;

/**
 * Keeps one worker process: starts it when it is first needed, watches it, and starts it again when
 * it dies, at once the first time and more and more slowly if it keeps dying.
 */
export class Supervisor<In extends Messages, Out extends Messages> {
  readonly kind: string;
  readonly #options: SupervisorOptions<In>;
  readonly #limits: WorkerLimits;
  readonly #logger: Logger;
  readonly #policy = new RestartPolicy();
  readonly #observers = new Set<WorkerObserver<In, Out>>();
  readonly #crashes = new Map<ExitKind, number>();
  #run: WorkerRun<In, Out> | undefined;
  #link: Link<In, Out> | undefined;
  #next = Promise.withResolvers<Link<In, Out>>();
  #rest: { readonly timer: NodeJS.Timeout; readonly ms: number } | undefined;
  #starts = 0;
  #isClosed = false;

  constructor(options: SupervisorOptions<In>) {
    this.kind = options.kind;
    this.#options = options;
    this.#limits = { ...WORKER_LIMITS, ...options.limits };
    this.#logger = options.logger.child({ worker: options.kind });
  }

  /** The link of the worker that is ready now. */
  get link(): Link<In, Out> | undefined {
    return this.#link;
  }

  /** Process id of the worker, ready or not. */
  get pid(): number | undefined {
    return this.#run?.pid;
  }

  get report(): SupervisorReport {
    let crashes = 0;
    for (const count of this.#crashes.values()) crashes += count;
    return {
      kind: this.kind,
      running: this.#link === undefined ? 0 : 1,
      starts: this.#starts,
      crashes,
      crashesByKind: Object.fromEntries(this.#crashes),
    };
  }

  /**
   * The worker's link, starting the worker if there is none. From the first call on the supervisor
   * keeps one running.
   *
   * @throws {LinkError} `ERR_WORKER_UNAVAILABLE`: it could not be started, or has crashed so often that
   * it rests; `ERR_LINK_CLOSED`: the supervisor is closed.
   */
  async start(): Promise<Link<In, Out>> {
    if (this.#isClosed) throw new LinkError('ERR_LINK_CLOSED', `the ${this.kind} worker is closed`);
    if (this.#link?.isClosed === false) return this.#link;
    if (this.#rest !== undefined && this.#rest.ms > MAX_WAIT_MS) {
      throw this.#unavailable('rests after it crashed again and again');
    }
    const { promise } = this.#next;
    if (this.#run === undefined && this.#rest === undefined) this.#spawn();
    return promise;
  }

  /** Told of each start and exit from now on. @returns ends it. */
  observe(observer: WorkerObserver<In, Out>): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** Ends the worker politely, or after 2 s by force. Safe to call twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#rest?.timer);
    this.#rest = undefined;
    this.#failWaiting(new LinkError('ERR_LINK_CLOSED', `the ${this.kind} worker is closed`));
    await this.#run?.close();
  }

  #spawn(): void {
    this.#starts += 1;
    const { entry, handlers, compileCache } = this.#options;
    let run: WorkerRun<In, Out>;
    try {
      run = WorkerRun.start({ entry, handlers, compileCache, limits: this.#limits, logger: this.#logger });
    } catch (error) {
      this.#onExit({ kind: 'start', pid: undefined, detail: String(error), livedMs: 0 });
      return;
    }
    this.#run = run;
    void run.ready.then(
      (link) => this.#onReady(link),
      () => undefined,
    );
    void run.exited.then((exit) => this.#onExit(exit));
  }

  #onReady(link: Link<In, Out>): void {
    // It may have died between its word and our hearing it.
    if (this.#isClosed || link.isClosed) return;
    this.#link = link;
    this.#logger.info({ pid: this.pid }, 'worker started');
    for (const { started } of this.#observers) started?.(link);
    this.#next.resolve(link);
    this.#next = Promise.withResolvers();
  }

  #onExit(exit: WorkerExit): void {
    this.#run = undefined;
    this.#link = undefined;
    if (exit.kind === 'closed') {
      this.#logger.info({ pid: exit.pid }, 'worker ended');
    } else {
      this.#crashes.set(exit.kind, (this.#crashes.get(exit.kind) ?? 0) + 1);
      this.#logger.error({ pid: exit.pid, kind: exit.kind, detail: exit.detail }, 'worker crashed');
    }
    for (const { exited } of this.#observers) exited?.(exit);
    if (!this.#isClosed) this.#restart(exit);
  }

  #restart(exit: WorkerExit): void {
    const ms = this.#policy.delayAfter(exit.livedMs);
    if (exit.livedMs === 0) this.#failWaiting(this.#unavailable(`could not be started: ${exit.detail}`));
    if (ms === 0) {
      this.#spawn();
      return;
    }
    const timer = setTimeout(() => {
      this.#rest = undefined;
      this.#spawn();
    }, ms);
    this.#rest = { timer, ms };
  }

  #failWaiting(error: LinkError): void {
    const { promise, reject } = this.#next;
    this.#next = Promise.withResolvers();
    promise.catch(() => undefined); // there may be nobody waiting
    reject(error);
  }

  #unavailable(why: string): LinkError {
    return new LinkError('ERR_WORKER_UNAVAILABLE', `the ${this.kind} worker ${why}`);
  }
}
