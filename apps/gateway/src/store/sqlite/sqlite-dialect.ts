import {
  type CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { storableValue } from '../storable.ts';
import { StoreQueryError } from '../store.ts';
import type { Statement } from './statement.ts';
import type { StatementQueue, Turn } from './statement-queue.ts';

const WRITES: ReadonlySet<string> = new Set(['InsertQueryNode', 'UpdateQueryNode', 'DeleteQueryNode']);

function toStatement({ sql, parameters, query }: CompiledQuery): Statement {
  const isRead = query.kind === 'SelectQueryNode';
  return {
    sql,
    parameters: parameters.map(storableValue),
    isWrite: !isRead,
    isShareable: isRead || WRITES.has(query.kind),
  };
}

/** What Kysely takes for a connection: a place in the queue; the database to itself during a transaction. */
class QueuedConnection implements DatabaseConnection {
  turn: Turn | undefined;
  readonly #queue: StatementQueue;

  constructor(queue: StatementQueue) {
    this.#queue = queue;
  }

  async executeQuery<Row>(compiled: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      const { rows, changes } = await (this.turn ?? this.#queue).execute(toStatement(compiled));
      return { rows: rows as Row[], numAffectedRows: BigInt(changes) };
    } catch (error) {
      // It was made where the thread's answer came in; who asked is on this stack.
      if (error instanceof Error) Error.captureStackTrace(error);
      throw error;
    }
  }

  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    await Promise.reject(new StoreQueryError('results are not streamed: ask for pages'));
  }
}

class QueueDriver implements Driver {
  readonly #queue: StatementQueue;

  constructor(queue: StatementQueue) {
    this.#queue = queue;
  }

  init(): Promise<void> {
    return Promise.resolve();
  }

  acquireConnection(): Promise<QueuedConnection> {
    return Promise.resolve(new QueuedConnection(this.#queue));
  }

  async beginTransaction(connection: QueuedConnection): Promise<void> {
    connection.turn = await this.#queue.begin();
  }

  async commitTransaction({ turn }: QueuedConnection): Promise<void> {
    await turn?.commit();
  }

  async rollbackTransaction({ turn }: QueuedConnection): Promise<void> {
    await turn?.rollback();
  }

  releaseConnection({ turn }: QueuedConnection): Promise<void> {
    turn?.expire();
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    return Promise.resolve();
  }
}

/** Queries do not wait for each other before they are in the queue. */
class QueueAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/** SQLite in a thread, for Kysely. */
export class SqliteThreadDialect implements Dialect {
  readonly #queue: StatementQueue;

  constructor(queue: StatementQueue) {
    this.#queue = queue;
  }

  createDriver(): Driver {
    return new QueueDriver(this.#queue);
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler();
  }

  createAdapter(): SqliteAdapter {
    return new QueueAdapter();
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }
}
