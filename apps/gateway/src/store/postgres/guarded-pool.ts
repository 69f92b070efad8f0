import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import pg from 'pg';
import { storableValue } from '../storable.ts';
import type { StoreLimits } from '../store-limits.ts';
import { StoreQueryError, StoreUnavailableError } from '../store.ts';
import { TRANSACTION_EXPIRED, TRANSACTION_OVER } from '../transaction-words.ts';
import { readPostgresError } from './postgres-errors.ts';

/** "vedette" on a telephone, so that no other program takes the same by chance. */
const TRANSACTION_LOCK = 8_333_883;
/** Clients of the server; what we ask takes milliseconds. */
const MAX_CLIENTS = 8;
const IDLE_MS = 60_000;
/** The server ends a statement at its limit; where it does not even do that, we do, this much later. */
const GRACE_MS = 1000;

/** Values as SQLite gives them: numbers (counts, sums and moments stay far below 2^53), yes and no as 1 and 0. */
function typesAsInSqlite(): pg.TypeOverrides {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, Number);
  types.setTypeParser(pg.types.builtins.NUMERIC, Number);
  types.setTypeParser(pg.types.builtins.BOOL, (text) => (text === 't' ? 1 : 0));
  return types;
}

export interface GuardedPoolOptions {
  readonly databaseUrl: string;
  readonly limits: Omit<StoreLimits, 'reachMs'>;
  /** Until there is a client, ms. */
  readonly connectMs: number;
  readonly maxClients?: number;
  /** Why nothing is to be asked now; `undefined` while the server is there. */
  readonly absence: () => string | undefined;
  /** Told each time that the server is at fault; `isHopeless`: it will refuse until somebody changes something. */
  readonly onTrouble: (reason: string, isHopeless: boolean) => void;
}

/**
 * The clients of one server, as Kysely takes them: their errors are ours, their waits limited, and their
 * transactions run one after another, as SQLite's do.
 */
export class GuardedPool implements PostgresPool {
  /** Kysely would open clients of its own with these; it is given none. */
  readonly options = {};
  readonly #options: GuardedPoolOptions;
  readonly #pool: pg.Pool;

  constructor(options: GuardedPoolOptions) {
    this.#options = options;
    const { databaseUrl, limits, connectMs, maxClients = MAX_CLIENTS } = options;
    this.#pool = new pg.Pool({
      connectionString: databaseUrl,
      application_name: 'vedette',
      max: maxClients,
      idleTimeoutMillis: IDLE_MS,
      connectionTimeoutMillis: connectMs,
      statement_timeout: limits.statementMs,
      query_timeout: limits.statementMs + GRACE_MS,
      idle_in_transaction_session_timeout: limits.transactionMs + GRACE_MS,
      keepAlive: true,
      types: typesAsInSqlite(),
    });
    // A client that nobody uses has lost its server.
    this.#pool.on('error', (error) => this.#told(error));
  }

  async connect(): Promise<PostgresPoolClient> {
    const absence = this.#options.absence();
    if (absence !== undefined) throw new StoreUnavailableError(absence);
    if (this.#pool.waitingCount >= this.#options.limits.waiting) {
      throw new StoreUnavailableError(
        `${this.#options.limits.waiting} statements wait for the database already`,
      );
    }
    return this.#client();
  }

  /** Asks even while the server counts as away. @throws as Kysely's queries do. */
  async ask<Row>(text: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    const client = await this.#client();
    try {
      return (await client.query<Row>(text, parameters)).rows;
    } finally {
      client.release();
    }
  }

  /** Safe to call twice. Ends what is under way first. */
  async end(): Promise<void> {
    if (!this.#pool.ending) await this.#pool.end();
  }

  async #client(): Promise<GuardedClient> {
    try {
      const client = await this.#pool.connect();
      return new GuardedClient(client, this.#options.limits, (error) => this.#told(error));
    } catch (error) {
      throw this.#told(error);
    }
  }

  /** Tells of trouble. @returns the error for whoever asked. */
  #told(error: unknown): Error {
    const reading = readPostgresError(error);
    if (reading.isTrouble) this.#options.onTrouble(reading.error.message, reading.isHopeless);
    return reading.error;
  }
}

const NOTHING: PostgresQueryResult<never> = { command: 'ROLLBACK', rowCount: 0, rows: [] };

class GuardedClient implements PostgresPoolClient {
  readonly #client: pg.PoolClient;
  readonly #limits: GuardedPoolOptions['limits'];
  readonly #told: (error: unknown) => Error;
  readonly #onError: (error: Error) => void;
  #transactionTimer: NodeJS.Timeout | undefined;
  #isExpired = false;
  #isOver = false;
  #isBroken = false;
  #underWay = 0;

  constructor(client: pg.PoolClient, limits: GuardedPoolOptions['limits'], told: (error: unknown) => Error) {
    this.#client = client;
    this.#limits = limits;
    this.#told = told;
    // Between two statements of a transaction there is nobody else who would hear it, and the process would end.
    this.#onError = (error) => {
      this.#isBroken = true;
      this.#told(error);
    };
    client.on('error', this.#onError);
  }

  query<Row>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>>;
  query(): never;
  async query<Row>(text = '', parameters: readonly unknown[] = []): Promise<PostgresQueryResult<Row>> {
    const isBegin = text === 'begin' || text.startsWith('start transaction');
    const isRollback = text === 'rollback';
    // Kysely rolls back also what could not be committed; that has ended it.
    if (this.#isOver && isRollback) return NOTHING;
    if (!isBegin && !isRollback) this.#assertOpen();
    if (isRollback || text === 'commit') this.#onEnd();
    const result = await this.#send<Row>(text, parameters);
    if (isBegin) await this.#onBegin();
    return result;
  }

  release(isDiscarded = false): void {
    this.#onEnd();
    this.#client.off('error', this.#onError);
    this.#client.release(isDiscarded || this.#isBroken);
  }

  async #send<Row>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>> {
    const values = parameters.map(storableValue);
    this.#underWay += 1;
    try {
      const result = await this.#client.query(text, values);
      return result as unknown as PostgresQueryResult<Row>;
    } catch (error) {
      // An error that is none of the server's may have left half an answer on the line.
      if (!(error instanceof pg.DatabaseError)) this.#isBroken = true;
      throw this.#told(error);
    } finally {
      this.#underWay -= 1;
    }
  }

  #assertOpen(): void {
    if (this.#isExpired) throw new StoreUnavailableError(TRANSACTION_EXPIRED);
    // A statement that was asked for together with one that failed comes after the rollback: it would be kept.
    if (this.#isOver) throw new StoreQueryError(TRANSACTION_OVER);
  }

  /** One transaction at a time, of all gateways at this database: queries are written once, for both databases. */
  async #onBegin(): Promise<void> {
    this.#isOver = false;
    this.#transactionTimer = setTimeout(() => this.#expire(), this.#limits.transactionMs);
    try {
      await this.#send('select pg_advisory_xact_lock($1)', [TRANSACTION_LOCK]);
    } catch (error) {
      // Kysely takes a transaction that did not begin for none, and does not end it.
      this.#isBroken = true;
      throw error;
    }
  }

  #onEnd(): void {
    clearTimeout(this.#transactionTimer);
    this.#isExpired = false;
    this.#isOver = true;
  }

  #expire(): void {
    this.#isExpired = true;
    // What is under way has its own limit, and whoever waits for it learns at his next statement.
    if (this.#underWay === 0) void this.#send('rollback', []).catch(() => undefined);
  }
}
