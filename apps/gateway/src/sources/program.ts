import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { SourceError } from '../cameras/source.ts';

/** Between asking politely and not asking. */
const GRACE_MS = 3000;
/** For what a program has written to be read after its end; somebody else may hold the pipe open. */
const DRAIN_MS = 2000;
const MAX_LINE = 300;
/** Lines of complaint that are kept for the reason, and logged in one interval. */
const MAX_LINES = 5;
const LOG_INTERVAL_MS = 10_000;
/** What programs need of ours to run; nothing else is theirs to know. */
const ENVIRONMENT = [
  'PATH',
  'HOME',
  'USER',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'LD_LIBRARY_PATH',
  'XDG_RUNTIME_DIR',
];

export interface ProgramOptions {
  /** Found on the PATH, unless it is a path. */
  readonly command: string;
  readonly args: readonly string[];
  /**
   * Takes what the program writes; no more comes until it has answered how long to pause.
   *
   * @returns milliseconds.
   */
  readonly onBytes: (bytes: Uint8Array) => number;
  /** Takes a line of complaint for the log. */
  readonly onComplaint: (line: string) => void;
}

/** A program in a process group of its own, of which nothing is left when `stop` has resolved. */
export class Program {
  readonly #options: ProgramOptions;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #ended = Promise.withResolvers<string>();
  #lines: string[] = [];
  #unfinished = '';
  #logged = 0;
  #logFromMs = 0;
  #pause: NodeJS.Timeout | undefined;
  /** After its end: waits for what is still in the pipe. */
  #startDrain: () => void = () => undefined;
  #drain: NodeJS.Timeout | undefined;

  private constructor(options: ProgramOptions) {
    this.#options = options;
    const env = Object.fromEntries(
      ENVIRONMENT.flatMap((name) => {
        const value = process.env[name];
        return value === undefined ? [] : [[name, value]];
      }),
    );
    this.#child = spawn(options.command, options.args, {
      detached: true,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#ended.promise.catch(() => undefined);
    this.#listen();
  }

  /**
   * Starts it.
   *
   * @throws {SourceError} `ERR_PROGRAM_MISSING`, `ERR_PROGRAM_REFUSED`: it cannot be started.
   */
  static async start(options: ProgramOptions): Promise<Program> {
    const program = new Program(options);
    try {
      await once(program.#child, 'spawn');
      return program;
    } catch (error) {
      throw startError(options.command, error);
    }
  }

  /** Resolves when it has ended by itself, with the reason in words; rejects with what `onBytes` throws. */
  get ended(): Promise<string> {
    return this.#ended.promise;
  }

  /** Whether it is made to wait at the moment. */
  get isPaused(): boolean {
    return this.#pause !== undefined;
  }

  /** Ends it and all that it started: politely, then not. Safe to call twice. */
  async stop(): Promise<void> {
    clearTimeout(this.#pause);
    clearTimeout(this.#drain);
    const child = this.#child;
    // It may be stuck in writing to us.
    child.stdout.destroy();
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      this.#signal('SIGTERM');
      const timer = setTimeout(() => this.#signal('SIGKILL'), GRACE_MS);
      await exited;
      clearTimeout(timer);
    }
    this.#signal('SIGKILL');
    child.stderr.destroy();
  }

  #listen(): void {
    const { stdout, stderr } = this.#child;
    stdout.on('data', (bytes: Uint8Array) => this.#take(bytes));
    stderr.on('data', (bytes: Buffer) => this.#complain(bytes.toString()));
    stdout.on('error', () => undefined);
    stderr.on('error', () => undefined);
    this.#child.on('error', () => undefined);
    this.#child.once('exit', (code, signal) => {
      // What it started and left behind goes with it.
      this.#signal('SIGKILL');
      const end = (): void => this.#ended.resolve(this.#reason(code, signal));
      this.#startDrain = () => {
        clearTimeout(this.#drain);
        this.#drain = setTimeout(end, DRAIN_MS);
      };
      if (!this.isPaused) this.#startDrain();
      this.#child.once('close', () => {
        clearTimeout(this.#drain);
        end();
      });
    });
  }

  #take(bytes: Uint8Array): void {
    let waitMs;
    try {
      waitMs = this.#options.onBytes(bytes);
    } catch (error) {
      this.#ended.reject(error);
      this.#child.stdout.destroy();
      return;
    }
    if (waitMs <= 0) return;
    this.#child.stdout.pause();
    clearTimeout(this.#drain);
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.#startDrain();
      this.#child.stdout.resume();
    }, waitMs);
  }

  #complain(text: string): void {
    const lines = (this.#unfinished + text).slice(-8192).split(/[\r\n]+/);
    this.#unfinished = (lines.pop() ?? '').slice(-MAX_LINE);
    for (const line of lines) if (line.trim() !== '') this.#addLine(printable(line));
  }

  #addLine(line: string): void {
    this.#lines = [...this.#lines.slice(1 - MAX_LINES), line];
    const nowMs = performance.now();
    if (nowMs >= this.#logFromMs) {
      this.#logFromMs = nowMs + LOG_INTERVAL_MS;
      this.#logged = 0;
    }
    this.#logged += 1;
    if (this.#logged <= MAX_LINES) this.#options.onComplaint(line);
  }

  #reason(code: number | null, signal: string | null): string {
    const last = printable(this.#unfinished.trim() === '' ? (this.#lines.at(-1) ?? '') : this.#unfinished);
    const how = signal === null ? `with code ${code ?? 0}` : `by ${signal}`;
    return `the program ended ${how}${last === '' ? '' : `: ${last}`}`;
  }

  /** To the whole group; where nobody is left of it, nobody hears. */
  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // It is gone.
    }
  }
}

/** A line for people: on one line, short, and without the passwords of the addresses in it. */
function printable(line: string): string {
  return line
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/]*@/gi, '$1')
    .replace(/([a-z][a-z0-9+.-]*:\/\/[^\s?'"]*)\?[^\s'"]*/gi, '$1')
    .replace(/[^\x20-\x7e]/g, '?')
    .trim()
    .slice(0, MAX_LINE);
}

function startError(command: string, error: unknown): SourceError {
  const name = command.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return code === 'ENOENT'
    ? new SourceError('ERR_PROGRAM_MISSING', `there is no program "${name}": is it installed?`)
    : new SourceError('ERR_PROGRAM_REFUSED', `the program "${name}" cannot be started (${code})`, {
        cause: error,
      });
}
