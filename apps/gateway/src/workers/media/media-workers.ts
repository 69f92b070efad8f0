import path from 'node:path';
import type { Logger } from '../../observability/logger.ts';
import { type Link, LinkError } from '../link.ts';
import { Quarantine } from '../quarantine.ts';
import { Supervisor, type SupervisorReport } from '../supervisor.ts';
import type { WorkerExit, WorkerLimits } from '../worker-run.ts';
import type { MediaNotices, MediaRequests } from './media-messages.ts';

export type MediaLink = Link<MediaNotices, MediaRequests>;

export interface MediaWorkersOptions {
  readonly logger: Logger;
  /** How many processes share the cameras. */
  readonly size?: number;
  readonly limits?: Partial<WorkerLimits>;
  /** Folder for compiled modules, ours alone: see `SupervisorOptions.compileCache`. */
  readonly compileCache?: string;
  /** Milliseconds of a steady clock, for the quarantine. */
  readonly now?: () => number;
}

/**
 * The processes that decode and encode. A camera always has the same one, and is kept away from all
 * of them for ten minutes when its media has killed one three times within a minute.
 */
export class MediaWorkers {
  readonly #workers: readonly MediaWorker[];
  readonly #quarantine = new Quarantine();
  readonly #logger: Logger;
  readonly #now: () => number;

  constructor({ logger, size = 1, limits = {}, compileCache, now }: MediaWorkersOptions) {
    this.#logger = logger;
    this.#now = now ?? (() => performance.now());
    const blame = (camera: string): void => this.#blame(camera);
    this.#workers = Array.from(
      { length: size },
      () => new MediaWorker({ logger, limits, compileCache, blame }),
    );
  }

  /** For metrics. */
  get reports(): readonly SupervisorReport[] {
    return this.#workers.map(({ supervisor }) => supervisor.report);
  }

  /** Pictures that were left out of renditions, since encoders or decoders could not keep up. */
  get skippedPictures(): number {
    return this.#workers.reduce((sum, worker) => sum + worker.skippedPictures, 0);
  }

  /** Process ids of the workers that run. */
  get pids(): readonly number[] {
    return this.#workers.flatMap(({ supervisor }) => supervisor.pid ?? []);
  }

  /**
   * Starts the workers before anybody needs them: a start takes about 150 ms.
   *
   * @throws {LinkError} one could not be started.
   */
  async start(): Promise<void> {
    await Promise.all(this.#workers.map(({ supervisor }) => supervisor.start()));
  }

  /**
   * The link to the camera's worker, started if it is not running.
   *
   * @throws {LinkError} `ERR_MEDIA_QUARANTINE`: this camera's media kills workers;
   * `ERR_WORKER_UNAVAILABLE`: the worker cannot be started now.
   */
  async link(camera: string): Promise<MediaLink> {
    if (this.#quarantine.isHeld(camera, this.#now())) {
      throw new LinkError(
        'ERR_MEDIA_QUARANTINE',
        `the media of ${camera} has crashed the decoder again and again; it is tried again in ten minutes`,
      );
    }
    return this.#workerOf(camera).supervisor.start();
  }

  /**
   * As `link`, for one piece of decoding: those of one worker are done one after another, so that it is
   * known which camera it was if the worker dies.
   *
   * @throws {LinkError} also `ERR_MEDIA_BUSY`: too many wait already.
   */
  use<Result>(camera: string, work: (link: MediaLink) => Promise<Result>): Promise<Result> {
    return this.#workerOf(camera).inTurn(camera, () => this.link(camera), work);
  }

  /** The camera has a new source: what the old one did is forgotten. */
  forgive(camera: string): void {
    this.#quarantine.forgive(camera);
  }

  /** Ends the workers. Safe to call twice. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map(({ supervisor }) => supervisor.close()));
  }

  #workerOf(camera: string): MediaWorker {
    let hash = 0;
    for (let index = 0; index < camera.length; index++) hash = (hash * 31 + camera.charCodeAt(index)) >>> 0;
    const worker = this.#workers[hash % this.#workers.length];
    if (worker === undefined) throw new RangeError('a pool of no media workers');
    return worker;
  }

  #blame(camera: string): void {
    if (!this.#quarantine.blame(camera, this.#now())) return;
    this.#logger.error({ camera }, 'quarantined: the media of this camera crashes the media worker');
  }
}

interface MediaWorkerOptions {
  readonly logger: Logger;
  readonly limits: Partial<WorkerLimits>;
  readonly compileCache: string | undefined;
  readonly blame: (camera: string) => void;
}

/** Pieces of decoding that may wait for a worker: as many tiles as a dashboard has, and again. */
const MAX_WAITING = 64;
/** What faults in native code end with; who sends another signal is outside. */
const FAULT_SIGNALS = new Set(['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP']);

/** One process, and what it was doing when it died. */
class MediaWorker {
  readonly supervisor: Supervisor<MediaNotices, MediaRequests>;
  skippedPictures = 0;
  readonly #blame: (camera: string) => void;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  /** The camera whose picture is being decoded. */
  #decoding: string | undefined;
  /** The camera whose sound was handled last. */
  #lastHeard: string | undefined;

  constructor({ logger, limits, compileCache, blame }: MediaWorkerOptions) {
    this.#blame = blame;
    this.supervisor = new Supervisor({
      kind: 'media',
      entry: path.join(import.meta.dirname, 'main.ts'),
      logger,
      limits,
      compileCache,
      handlers: {
        requests: {},
        notices: {
          working: (camera) => {
            this.#lastHeard = camera;
          },
          skipped: ({ pictures }) => {
            this.skippedPictures += pictures;
          },
        },
      },
    });
    this.supervisor.observe({ exited: (exit) => this.#onExit(exit) });
  }

  /** Does `work` when all work asked for before is done. */
  async inTurn<Result>(
    camera: string,
    getLink: () => Promise<MediaLink>,
    work: (link: MediaLink) => Promise<Result>,
  ): Promise<Result> {
    if (this.#waiting >= MAX_WAITING) {
      throw new LinkError('ERR_MEDIA_BUSY', 'the media worker has too much to do; try again in a second');
    }
    this.#waiting += 1;
    const result = this.#turn.then(async () => this.#decode(camera, await getLink(), work));
    this.#turn = result.catch(() => undefined);
    try {
      return await result;
    } finally {
      this.#waiting -= 1;
    }
  }

  async #decode<Result>(
    camera: string,
    link: MediaLink,
    work: (link: MediaLink) => Promise<Result>,
  ): Promise<Result> {
    this.#decoding = camera;
    try {
      return await work(link);
    } finally {
      // Where the worker is gone, its exit, which is reported next, needs to know.
      if (!link.isClosed) this.#decoding = undefined;
    }
  }

  #onExit({ kind, detail }: WorkerExit): void {
    const isFault = kind !== 'closed' && kind !== 'start' && (kind !== 'signal' || FAULT_SIGNALS.has(detail));
    const suspect = this.#decoding ?? this.#lastHeard;
    if (isFault && suspect !== undefined) this.#blame(suspect);
    this.#decoding = this.#lastHeard = undefined;
  }
}
