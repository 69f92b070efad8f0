import path from 'node:path';
import { Kysely, sql } from 'kysely';
import type { Logger } from '../../observability/logger.ts';
import { migrate } from '../migrations/migrate.ts';
import { Prober } from '../prober.ts';
import type { Database } from '../schema.ts';
import { HealthState } from '../store-health.ts';
import type { StoreLimits } from '../store-limits.ts';
import { type Store, type StoreHealth, StoreUnavailableError } from '../store.ts';
import { SqliteThreadDialect } from './sqlite-dialect.ts';
import { SqliteThread } from './sqlite-thread-handle.ts';
import { StatementQueue } from './statement-queue.ts';

export const DATABASE_FILE = 'vedette.db';

export interface SqliteStoreOptions {
  readonly dataDir: string;
  readonly logger: Logger;
  readonly limits: StoreLimits;
  /** Told of each thread: a test ends one. */
  readonly onThread?: (thread: SqliteThread) => void;
}

/** The store in a file of the data folder. */
export class SqliteStore implements Store {
  readonly db: Kysely<Database>;
  readonly #options: SqliteStoreOptions;
  readonly #file: string;
  readonly #health: HealthState;
  readonly #prober: Prober;
  readonly #queue: StatementQueue;
  #thread: SqliteThread | undefined;
  #closed: Promise<void> | undefined;

  private constructor(options: SqliteStoreOptions) {
    this.#options = options;
    this.#file = path.resolve(options.dataDir, DATABASE_FILE);
    this.#health = new HealthState('sqlite', options.logger);
    this.#prober = new Prober(this.#health, () => this.#probe());
    this.#queue = new StatementQueue(options.limits, (reason) => this.#prober.trouble(reason));
    this.db = new Kysely<Database>({ dialect: new SqliteThreadDialect(this.#queue) });
  }

  /** @throws {StoreStartError} `ERR_STORE_LOCKED`, `ERR_STORE_DAMAGED`, `ERR_STORE_NEWER`, `ERR_STORE_FILE`. */
  static async open(options: SqliteStoreOptions): Promise<SqliteStore> {
    const store = new SqliteStore(options);
    try {
      await store.#startThread();
      await migrate(store.db as unknown as Kysely<unknown>, { kind: 'sqlite', logger: options.logger });
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  get health(): StoreHealth {
    return this.#health.current;
  }

  onHealth(listener: (health: StoreHealth) => void): () => void {
    return this.#health.onChange(listener);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#prober.close();
    // What was asked before is answered before: the thread takes messages in their order.
    await this.#queue.drained();
    this.#queue.detach('the gateway is ending');
    const thread = this.#thread;
    this.#thread = undefined;
    // Kysely is left as it is: what still asks is told by the queue, in the words of the store.
    await thread?.close();
  }

  async #startThread(): Promise<void> {
    const thread = new SqliteThread({ file: this.#file });
    this.#options.onThread?.(thread);
    await thread.opened;
    if (this.#closed !== undefined) {
      await thread.close();
      throw new StoreUnavailableError('the gateway is ending');
    }
    this.#thread = thread;
    this.#queue.attach(thread);
    void thread.exited.then((error) => {
      if (this.#thread !== thread) return;
      this.#thread = undefined;
      this.#queue.detach(error.message);
      this.#prober.trouble(error.message);
    });
  }

  async #probe(): Promise<void> {
    if (this.#thread === undefined) await this.#startThread();
    await sql`insert into "storeProbe" ("id", "at") values (1, ${Date.now()})
      on conflict ("id") do update set "at" = excluded."at"`.execute(this.db);
  }
}
