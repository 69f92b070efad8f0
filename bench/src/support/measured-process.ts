import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** What a process says of itself. */
export interface Totals {
  readonly cpuSeconds: number;
  readonly bytes: number;
  readonly dropped?: number;
}

/** A process that prints a line of JSON when it is ready, and its totals whenever it is sent a line. */
export class MeasuredProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  /** Its first line. */
  async ready(): Promise<{ readonly port?: number }> {
    return (await this.#next()) as { port?: number };
  }

  async mark(): Promise<Totals> {
    this.#child.stdin.write('mark\n');
    return (await this.#next()) as Totals;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.stdin.end();
    await exited;
  }

  async #next(): Promise<unknown> {
    const line = await this.#lines.next();
    if (line.done === true) throw new Error('a measured process ended too early');
    return JSON.parse(line.value);
  }
}
