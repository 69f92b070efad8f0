import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { silentLogger } from '../../observability/logger.ts';
import { openStore } from '../open-store.ts';
import type { Store } from '../store.ts';
import type { Place } from './both-databases.ts';

const PROCESS = new URL('./writing-process.ts', import.meta.url).pathname;

/** What is written while the process is killed, and how it is looked for afterwards. */
export interface KilledWriter {
  /**
   * In the process that will be killed.
   *
   * @returns what writes number `n` (from 1, never twice) and resolves with a word once that is acknowledged. Several
   * are under way at a time.
   */
  start(store: Store): Promise<(n: number) => Promise<string>>;
  /** Afterwards, in the test. @throws something acknowledged is not there, or what is there contradicts itself. */
  verify(store: Store, acknowledged: readonly string[]): Promise<void>;
}

export interface KillRoundsOptions {
  readonly place: Place;
  /** Module that exports the writer as `writer`: the process that is killed loads it too. */
  readonly writer: URL;
  readonly rounds: number;
  /** Writes of one round; the kill comes somewhere among them. */
  readonly writes: number;
  /** Ends the server instead of the process in some rounds: `begin` at the moment of the kill, `end` after it. */
  readonly server?: { isInRound(round: number): boolean; kill(): Promise<void>; start(): Promise<void> };
}

/** What the process is started with, as JSON. */
export interface WritingOrder {
  readonly place: Place;
  readonly writer: string;
  readonly first: number;
  readonly count: number;
}

/** Kills processes in the middle of their writes, again and again, and looks each time for what was acknowledged. */
export async function runKillRounds(options: KillRoundsOptions): Promise<{ acknowledged: number }> {
  const { place, writer, rounds, writes } = options;
  const { writer: written } = (await import(writer.href)) as { readonly writer: KilledWriter };
  const acknowledged: string[] = [];
  const order = (round: number): WritingOrder => ({
    place,
    writer: writer.href,
    first: round * writes + 1,
    count: writes,
  });
  // Starts while the one before still writes, and waits for the word: most of a round would be the start of Node.
  let next = new WritingProcess(order(0));
  try {
    for (let round = 0; round < rounds; round += 1) {
      const current = next;
      if (round + 1 < rounds) next = new WritingProcess(order(round + 1));
      const until = 1 + Math.floor(Math.random() * (writes - 2));
      const server = options.server?.isInRound(round) === true ? options.server : undefined;
      acknowledged.push(...(await current.writeUntil(until, () => server?.kill())));
      await server?.start();
      const store = await openStore({ ...place, logger: silentLogger });
      try {
        await written.verify(store, acknowledged);
      } finally {
        await store.close();
      }
    }
    return { acknowledged: acknowledged.length };
  } finally {
    next.kill();
  }
}

class WritingProcess {
  readonly #child: ChildProcess;
  readonly #words: string[] = [];
  readonly #ended = Promise.withResolvers<undefined>();
  #onWord: () => void = () => undefined;
  #complaints = '';

  constructor(order: WritingOrder) {
    const child = spawn(process.execPath, [PROCESS, JSON.stringify(order)], { stdio: 'pipe' });
    this.#child = child;
    child.stderr.on('data', (chunk: Buffer) => (this.#complaints += chunk.toString()));
    createInterface({ input: child.stdout })
      .on('line', (word) => {
        this.#words.push(word);
        this.#onWord();
      })
      .on('close', () => this.#ended.resolve(undefined));
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** @returns all that was acknowledged, also between the decision to kill and the end. */
  async writeUntil(count: number, killServer: () => Promise<void> | undefined): Promise<readonly string[]> {
    let isKilled = false;
    let server: Promise<void> | undefined;
    this.#onWord = () => {
      if (isKilled || this.#words.length < count) return;
      isKilled = true;
      server = killServer();
      if (server === undefined) this.kill();
      else server.finally(() => this.kill()).catch(() => undefined);
    };
    this.#child.stdin?.write('go\n');
    await this.#ended.promise;
    await server;
    assert.ok(isKilled, `the writing process ended by itself:\n${this.#complaints}`);
    return this.#words;
  }
}
