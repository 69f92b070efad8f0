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

/**
 * Where everything is kept that has to outlive the process. Whoever needs an answer on the media path keeps what he
 * read: the database may be away for hours, and media goes on.
 */
export interface Store {
  /**
   * Queries and transactions. Each rejects with {@link StoreUnavailableError} within seconds where the database is
   * away; what was acknowledged is on the disk.
   */
  readonly db: Kysely<Database>;
  readonly health: StoreHealth;
  /** Called when it goes away and when it is back. @returns the function that ends this. */
  onHealth(listener: (health: StoreHealth) => void): () => void;
  /** Safe to call twice. */
  close(): Promise<void>;
}
