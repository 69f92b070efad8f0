import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Logger } from '../../observability/logger.ts';
import { migrate } from '../migrations/migrate.ts';
import { Prober } from '../prober.ts';
import type { Database } from '../schema.ts';
import { HealthState } from '../store-health.ts';
import type { StoreLimits } from '../store-limits.ts';
import {
  type Store,
  type StoreHealth,
  StoreQueryError,
  StoreStartError,
  StoreUnavailableError,
} from '../store.ts';
import { GuardedPool } from './guarded-pool.ts';

export interface PostgresStoreOptions {
  readonly databaseUrl: string;
  readonly logger: Logger;
  readonly limits: StoreLimits;
}

/** Asked this often where nobody else asks, so that the health page is true, ms. */
const HEARTBEAT_MS = 5000;
const RETRY_MS = 500;
/** A change of tables may rewrite a long audit log. */
const MIGRATION_MS = 30 * 60_000;

const PROBE = `insert into "storeProbe" ("id", "at") values (1, $1)
  on conflict ("id") do update set "at" = excluded."at"`;

/** The store on a PostgreSQL server. */
export class PostgresStore implements Store {
  readonly db: Kysely<Database>;
  readonly #pool: GuardedPool;
  readonly #health: HealthState;
  readonly #prober: Prober;
  readonly #heartbeat: NodeJS.Timeout;
  #closed: Promise<void> | undefined;

  private constructor({ databaseUrl, logger, limits }: PostgresStoreOptions) {
    this.#health = new HealthState('postgres', logger);
    this.#prober = new Prober(this.#health, () => this.#probe());
    this.#pool = new GuardedPool({
      databaseUrl,
      limits,
      connectMs: limits.statementMs,
      absence: () => this.#absence(),
      onTrouble: (reason) => this.#prober.trouble(reason),
    });
    this.db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: this.#pool }) });
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS).unref();
  }

  /**
   * Waits for a server that starts at the same time as we do, up to `limits.reachMs`.
   *
   * @throws {StoreStartError} `ERR_STORE_UNREACHABLE`, `ERR_STORE_LOGIN`, `ERR_STORE_NEWER`, `ERR_STORE_TABLES`.
   */
  static async open(options: PostgresStoreOptions): Promise<PostgresStore> {
    await prepare(options);
    return new PostgresStore(options);
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
    clearInterval(this.#heartbeat);
    // What is under way ends first; each statement has its limit. Kysely is left as it is: what still asks is told
    // by the pool, in the words of the store.
    await this.#pool.end();
  }

  #absence(): string | undefined {
    if (this.#closed !== undefined) return 'the gateway is ending';
    return this.#health.current.isUp ? undefined : this.#health.current.reason;
  }

  async #probe(): Promise<void> {
    await this.#pool.ask(PROBE, [Date.now()]);
  }

  #beat(): void {
    // Told by the pool where it fails.
    if (this.#health.current.isUp) this.#pool.ask('select 1').catch(() => undefined);
  }
}

/** Reaches the server, looks at it, and brings the tables up to date, with limits of its own. */
async function prepare({ databaseUrl, logger, limits }: PostgresStoreOptions): Promise<void> {
  const place = placeOf(databaseUrl);
  let refusal: string | undefined;
  const pool = new GuardedPool({
    databaseUrl,
    maxClients: 1,
    limits: { ...limits, statementMs: MIGRATION_MS, transactionMs: MIGRATION_MS },
    connectMs: limits.statementMs,
    absence: () => undefined,
    onTrouble: (reason, isHopeless) => {
      if (isHopeless) refusal = reason;
    },
  });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    const settings = await reach(pool, { reachMs: limits.reachMs, place, logger, refusal: () => refusal });
    warnOf(settings, logger);
    await migrate(db, { kind: 'postgres', logger });
  } catch (error) {
    if (error instanceof StoreQueryError || error instanceof StoreUnavailableError) {
      throw new StoreStartError(
        'ERR_STORE_TABLES',
        `the tables at ${place} cannot be made (${error.message})`,
      );
    }
    throw error;
  } finally {
    await db.destroy();
    await pool.end();
  }
}

/** `host:port`; nothing else of the address may be told. */
function placeOf(databaseUrl: string): string {
  try {
    const { host, port } = new pg.Client({ connectionString: databaseUrl });
    return `${host}:${port}`;
  } catch {
    // Whatever was wrong, the error holds the address, and the address a password.
    throw new StoreStartError(
      'ERR_STORE_ADDRESS',
      'databaseUrl is no address of a PostgreSQL database: it must be postgres://USER:PASSWORD@HOST:PORT/DATABASE, ' +
        'with special characters of the password percent-encoded',
    );
  }
}

interface ServerSettings {
  readonly fsync: string;
  readonly commits: string;
  readonly encoding: string;
}

interface ReachOptions {
  readonly reachMs: number;
  readonly place: string;
  readonly logger: Logger;
  /** Why the server will not let us in, however often we try. */
  readonly refusal: () => string | undefined;
}

async function reach(pool: GuardedPool, options: ReachOptions): Promise<ServerSettings | undefined> {
  const { reachMs, place, logger, refusal } = options;
  const deadline = performance.now() + reachMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const [row] = await pool.ask<ServerSettings>(
        `select current_setting('fsync') as "fsync", current_setting('synchronous_commit') as "commits",
          current_setting('server_encoding') as "encoding"`,
      );
      return row;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (refusal() !== undefined) {
        throw new StoreStartError(
          'ERR_STORE_LOGIN',
          `the database at ${place} refuses (${reason}): check databaseUrl`,
        );
      }
      if (performance.now() >= deadline) {
        throw new StoreStartError(
          'ERR_STORE_UNREACHABLE',
          `the database at ${place} was not reached within ${reachMs / 1000} s (${reason}): ` +
            'is it running, and is databaseUrl right?',
        );
      }
      if (attempt === 1) logger.warn({ reason }, 'the database is not there yet; waiting for it');
      await sleep(RETRY_MS);
    }
  }
}

function warnOf(settings: ServerSettings | undefined, logger: Logger): void {
  if (settings === undefined) return;
  const { fsync, commits, encoding } = settings;
  if (fsync !== 'on' || commits === 'off')
    logger.warn(
      { fsync, synchronous_commit: commits },
      'what the database acknowledges may be lost in a crash',
    );
  if (encoding !== 'UTF8')
    logger.warn({ encoding }, 'the database takes no text but that of its encoding; use UTF8');
}
