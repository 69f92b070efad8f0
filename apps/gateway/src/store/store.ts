import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

export interface StoreHealth {
  readonly kind: 'sqlite' | 'postgres';
  readonly isUp: boolean;
  /** Why not; `undefined` while it is up. */
  readonly reason: string | undefined;
  /** Since when, ms since the Unix epoch. */
  readonly sinceMs: number;
}

/** The database could not be reached, or did not answer in time; nothing is known of what was asked. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
  readonly code = 'ERR_STORE_UNAVAILABLE';
}

/** What was to be written contradicts what is there; nothing was written. */
export class StoreConstraintError extends Error {
  override readonly name = 'StoreConstraintError';
  /**
   * `unique`: there is one already; `reference`: what it belongs to is not there; `value`: a value of the wrong kind
   * or none where one is needed.
   */
  readonly constraint: 'unique' | 'reference' | 'value';

  constructor(constraint: StoreConstraintError['constraint'], message: string) {
    super(message);
    this.constraint = constraint;
  }
}

/** The database refuses the query itself: a fault of this program. */
export class StoreQueryError extends Error {
  override readonly name = 'StoreQueryError';
}

/** Why there is no store to start with; `message` says what to do. */
export class StoreStartError extends Error {
  override readonly name = 'StoreStartError';
  readonly code: `ERR_STORE_${string}` | 'ERR_SECRET_KEY_WRONG';

  constructor(code: StoreStartError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Where everything is kept that has to outlive the process. Whoever needs an answer on the media path keeps what he
 * read: the database may be away for hours, and media goes on.
 */
export interface Store {
  /**
   * Queries and transactions. Each rejects with {@link StoreUnavailableError} within seconds where the database is
   * away; what was acknowledged is on the disk.
   *
   * Both databases mean the same by a query: transactions run one after another, text is compared by its bytes, a
   * statement that fails ends its transaction, and a transaction that takes longer than 10 s is rolled back. Inside
   * one, ask its own object only: what asks the store meanwhile waits for its end.
   */
  readonly db: Kysely<Database>;
  readonly health: StoreHealth;
  /** Called when it goes away and when it is back. @returns the function that ends this. */
  onHealth(listener: (health: StoreHealth) => void): () => void;
  /** Safe to call twice. */
  close(): Promise<void>;
}
