import type { Logger } from '../observability/logger.ts';
import { PostgresStore } from './postgres/postgres-store.ts';
import { SqliteStore } from './sqlite/sqlite-store.ts';
import { STORE_LIMITS, type StoreLimits } from './store-limits.ts';
import type { Store } from './store.ts';

export interface OpenStoreOptions {
  /** Holds the database file where there is no `databaseUrl`. */
  readonly dataDir: string;
  /** `postgres://…`; its password is told to nobody. */
  readonly databaseUrl: string | undefined;
  readonly logger: Logger;
  readonly limits?: Partial<StoreLimits>;
}

/**
 * Opens the store and brings its tables up to date.
 *
 * @throws {StoreStartError} with what to do about it.
 */
export function openStore({ dataDir, databaseUrl, logger, limits }: OpenStoreOptions): Promise<Store> {
  const all = { ...STORE_LIMITS, ...limits };
  return databaseUrl === undefined
    ? SqliteStore.open({ dataDir, logger, limits: all })
    : PostgresStore.open({ databaseUrl, logger, limits: all });
}
