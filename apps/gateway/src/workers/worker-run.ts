import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { Duplex } from 'node:stream';
import type { Logger } from '../observability/logger.ts';
import { type Handlers, Link, type Messages } from './link.ts';
import { forEachLine } from './lines.ts';

/** How a worker may end. All but `closed` are crashes. */
export type ExitKind =
  /** Asked to. */
  | 'closed'
  /** Could not be started, or never said that it is ready. */
  | 'start'
  /** By itself. */
  | 'exit'
  /** Killed, by the kernel or somebody: a fault in native code, or memory. */
  | 'signal'
  /** Killed by us: no answer to pings. */
  | 'hang'
  /** Killed by us: over its memory limit. */
  | 'memory'
  /** Killed by us: broke the rules of the link. */
  | 'protocol';

export interface WorkerExit {
  readonly kind: ExitKind;
  readonly pid: number | undefined;
  /** Exit code or signal or what was wrong, for people. */
  readonly detail: string;
  /** How long it was ready, in milliseconds; 0 where it never was. */
  readonly livedMs: number;
}

export interface WorkerLimits {
  /** From spawn to ready. */
  readonly startMs: number;
  readonly pingMs: number;
  /** Pings in a row that go unanswered before the worker is killed. */
  readonly maxUnansweredPings: number;
  /** Resident memory; checked with each ping where the system has `/proc`. */
  readonly maxRssBytes: number;
  /** From the polite request to end, to SIGKILL. */
  readonly closeMs: number;
}

export const WORKER_LIMITS: WorkerLimits = {
  startMs: 10_000,
  pingMs: 1000,
  maxUnansweredPings: 5,
  maxRssBytes: 1024 * 1024 * 1024,
  closeMs: 2000,
};

export interface WorkerRunOptions<In extends Messages> {
  /** Path of the child's main module. */
  readonly entry: string;
  readonly handlers: Handlers<In>;
  readonly limits: WorkerLimits;
  /** Takes the worker's standard error, a line at a time. */
  readonly logger: Logger;
  /**
   * Folder that Node.js keeps compiled modules in, which halves the time of a start. Whoever can write
   * to it can run code in the worker: it must be ours alone.
   */
  readonly compileCache?: string | undefined;
}

const MAX_LINES_PER_BEAT = 20;

/** What a worker sees of our environment: nothing of the configuration, which holds secrets. */
const INHERITED = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'LD_LIBRARY_PATH', 'NODE_ENV'];

/** One child process, from its start to its end. */
export class WorkerRun<In extends Messages, Out extends Messages> {
  /** The link, once the worker is ready; rejects when it ends before that. */
  readonly ready: Promise<Link<In, Out>>;
  /** Resolves when the process is gone and all that it sent was heard. */
  readonly exited: Promise<WorkerExit>;
  readonly #child: ChildProcess;
  readonly #link: Link<In, Out>;
  readonly #limits: WorkerLimits;
  readonly #logger: Logger;
  readonly #startTimer: NodeJS.Timeout;
  readonly #heartbeat: NodeJS.Timeout;
  #readyAtMs: number | undefined;
  #complaints = 0;
  #ending: { readonly kind: ExitKind; readonly detail: string } | undefined;

  /**
   * Starts a worker.
   *
   * @throws {Error} the system refuses another process.
   */
  static start<In extends Messages, Out extends Messages>(options: WorkerRunOptions<In>): WorkerRun<In, Out> {
    const inherited = Object.fromEntries(INHERITED.map((name) => [name, process.env[name]]));
    const child = spawn(process.execPath, [options.entry], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env: { ...inherited, NODE_COMPILE_CACHE: options.compileCache },
    });
    return new WorkerRun(child, options);
  }

  private constructor(child: ChildProcess, { handlers, limits, logger }: WorkerRunOptions<In>) {
    this.#child = child;
    this.#limits = limits;
    this.#logger = logger;
    const ready = Promise.withResolvers<Link<In, Out>>();
    this.ready = ready.promise;
    this.ready.catch(() => undefined); // nobody has to wait for it
    this.exited = this.#awaitExit().then((exit) => {
      ready.reject(new Error(`the worker ended before it was ready: ${exit.detail}`));
      return exit;
    });

    if (child.stdout !== null) forEachLine(child.stdout, (line) => logger.debug({ pid: child.pid }, line));
    if (child.stderr !== null) forEachLine(child.stderr, (line) => this.#complain(line));
    this.#link = new Link<In, Out>(linkEnd(child), {
      handlers,
      onReady: () => {
        clearTimeout(this.#startTimer);
        this.#readyAtMs = performance.now();
        ready.resolve(this.#link);
      },
      onClose: (error) => {
        if (error !== undefined) this.#kill('protocol', error.message);
        // A worker without its link is of no use, even if it lives.
        else if (this.#ending === undefined) child.kill('SIGKILL');
      },
    });
    this.#startTimer = setTimeout(() => this.#kill('start', 'not ready in time'), limits.startMs);
    this.#heartbeat = setInterval(() => this.#beat(), limits.pingMs);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Asks the worker to end, kills it if it does not; resolves when it is gone. Safe to call twice. */
  async close(): Promise<void> {
    this.#ending ??= { kind: 'closed', detail: 'closed' };
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), this.#limits.closeMs);
    this.#link.close();
    await this.exited;
    clearTimeout(timer);
  }

  #kill(kind: ExitKind, detail: string): void {
    this.#ending ??= { kind, detail };
    this.#child.kill('SIGKILL');
  }

  /** Native libraries can write without end: what is too much between two beats is counted only. */
  #complain(line: string): void {
    this.#complaints += 1;
    if (this.#complaints <= MAX_LINES_PER_BEAT) this.#logger.warn({ pid: this.pid }, line);
  }

  #beat(): void {
    const { maxUnansweredPings, maxRssBytes } = this.#limits;
    const leftOut = this.#complaints - MAX_LINES_PER_BEAT;
    if (leftOut > 0) this.#logger.warn({ pid: this.pid, lines: leftOut }, 'more lines were left out');
    this.#complaints = 0;
    // Counted in pings and not in time: when it was the gateway that stood still, one tick follows.
    if (this.#readyAtMs !== undefined) {
      if (this.#link.unansweredPings >= maxUnansweredPings) this.#kill('hang', 'no answer to pings');
      this.#link.ping();
    }
    void residentBytes(this.pid).then((bytes) => {
      if (bytes > maxRssBytes) this.#kill('memory', `${bytes} bytes resident, over ${maxRssBytes}`);
    });
  }

  async #awaitExit(): Promise<WorkerExit> {
    const { promise, resolve } = Promise.withResolvers<{ kind: ExitKind; detail: string }>();
    this.#child.once('error', (error) => resolve({ kind: 'start', detail: error.message }));
    // 'close' and not 'exit': what the worker sent last must be heard first.
    this.#child.once('close', (code, signal) => {
      if (signal !== null) resolve({ kind: 'signal', detail: signal });
      else resolve({ kind: 'exit', detail: `exit code ${code ?? 'unknown'}` });
    });
    const found = await promise;
    clearTimeout(this.#startTimer);
    clearInterval(this.#heartbeat);
    const livedMs = this.#readyAtMs === undefined ? 0 : performance.now() - this.#readyAtMs;
    const { kind, detail } = this.#ending ?? found;
    this.#ending ??= found;
    this.#link.destroy();
    return { kind: kind !== 'closed' && livedMs === 0 ? 'start' : kind, detail, pid: this.pid, livedMs };
  }
}

/** Our end of the socket pair whose other end is the child's descriptor 3. */
function linkEnd(child: ChildProcess): Duplex {
  const end = child.stdio[3];
  if (end instanceof Duplex) return end;
  throw new Error('a worker without a link');
}

/** Resident memory of a process; 0 where the system does not tell. */
async function residentBytes(pid: number | undefined): Promise<number> {
  try {
    const status = await readFile(`/proc/${pid ?? 'none'}/status`, 'latin1');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
