import { Worker } from 'node:worker_threads';
import { StoreStartError, StoreUnavailableError } from '../store.ts';
import type { FromThread, Result, Statement, ThreadData, ToThread } from './statement.ts';

/** How long the thread may take to close the file before it is left to itself, ms. */
const CLOSE_MS = 3000;

interface Running {
  readonly resolve: (results: readonly Result[]) => void;
  readonly reject: (error: Error) => void;
}

/** The thread of the database, as the gateway holds it. */
export class SqliteThread {
  readonly #worker: Worker;
  readonly #opened = Promise.withResolvers<undefined>();
  readonly #exited = Promise.withResolvers<Error>();
  #running: Running | undefined;
  #death: Error | undefined;

  constructor(data: ThreadData) {
    this.#worker = new Worker(new URL('./sqlite-thread.ts', import.meta.url), {
      workerData: data,
      name: 'vedette-store',
      // Not those of the process: some are not for threads.
      execArgv: [],
    });
    let failure: Error | undefined;
    this.#opened.promise.catch(() => undefined);
    this.#worker.on('message', (message: FromThread) => this.#onMessage(message));
    this.#worker.on('error', (error: Error) => (failure = error));
    this.#worker.on('exit', (code) => {
      const error = new StoreUnavailableError(
        `the thread of the database ended (${failure?.message ?? `code ${code}`})`,
        { cause: failure },
      );
      this.#death = error;
      this.#opened.reject(error);
      this.#running?.reject(error);
      this.#running = undefined;
      this.#exited.resolve(error);
    });
  }

  /** Resolves once the file is open. @throws {StoreStartError} it cannot be. */
  get opened(): Promise<undefined> {
    return this.#opened.promise;
  }

  /** Resolves when the thread is gone, with why. */
  get exited(): Promise<Error> {
    return this.#exited.promise;
  }

  /** One call at a time. @throws {StoreUnavailableError} the thread ended before it answered. */
  run(statements: readonly Statement[]): Promise<readonly Result[]> {
    if (this.#death !== undefined) return Promise.reject(this.#death);
    const { promise, resolve, reject } = Promise.withResolvers<readonly Result[]>();
    this.#running = { resolve, reject };
    this.#post({ type: 'run', statements });
    return promise;
  }

  /** Closes the file, which other programs then find without its log; never takes more than seconds. */
  async close(): Promise<void> {
    this.#post({ type: 'close' });
    const timer = setTimeout(() => this.terminate(), CLOSE_MS);
    await Promise.race([
      this.#exited.promise,
      // A thread that waits for a dead disk cannot even be ended.
      new Promise((resolve) => setTimeout(resolve, 2 * CLOSE_MS).unref()),
    ]);
    clearTimeout(timer);
    this.#worker.unref();
  }

  terminate(): void {
    void this.#worker.terminate();
  }

  #post(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #onMessage(message: FromThread): void {
    switch (message.type) {
      case 'opened':
        this.#opened.resolve(undefined);
        return;
      case 'refused':
        this.#opened.reject(new StoreStartError(message.code, message.message));
        return;
      case 'results': {
        const running = this.#running;
        this.#running = undefined;
        running?.resolve(message.results);
      }
    }
  }
}
