import { type Kysely, sql, type Transaction } from 'kysely';
import type { Logger } from '../../observability/logger.ts';
import { StoreStartError } from '../store.ts';
import { allMigrations } from './all-migrations.ts';
import { columnTypes, type Migration } from './migration.ts';

interface MigrateOptions {
  readonly kind: 'sqlite' | 'postgres';
  readonly logger: Logger;
  /** Others in tests. */
  readonly migrations?: readonly Migration[];
}

async function makeRecord(db: Transaction<unknown>, kind: MigrateOptions['kind']): Promise<void> {
  const { integer, text, tableEnd } = columnTypes[kind];
  await sql`create table if not exists "migrations" ("number" ${integer} primary key, "name" ${text} not null,
    "appliedAt" ${integer} not null) ${tableEnd}`.execute(db);
  // What is written to see whether the database takes anything.
  await sql`create table if not exists "storeProbe" ("id" ${integer} primary key, "at" ${integer} not null)
    ${tableEnd}`.execute(db);
}

async function lastApplied(db: Kysely<unknown>): Promise<number> {
  const { rows } = await sql<{
    last: number | null;
  }>`select max("number") as "last" from "migrations"`.execute(db);
  return rows[0]?.last ?? 0;
}

/**
 * Brings the tables to the shape that this program knows. Each step is a transaction, and transactions of a store run
 * one after another, also those of two gateways that start together: whoever comes second finds the step done.
 *
 * @throws {StoreStartError} `ERR_STORE_NEWER`: a later program has been here.
 */
export async function migrate(db: Kysely<unknown>, options: MigrateOptions): Promise<void> {
  const { kind, logger, migrations = allMigrations } = options;
  await db.transaction().execute((transaction) => makeRecord(transaction, kind));
  const last = await lastApplied(db);
  if (last > migrations.length) {
    throw new StoreStartError(
      'ERR_STORE_NEWER',
      `the database was written by a newer Vedette (its tables have version ${last}, this program knows ` +
        `${migrations.length}): start that one, or restore a copy from before the update`,
    );
  }
  for (const [index, migration] of migrations.entries()) {
    const number = index + 1;
    if (number <= last) continue;
    await db.transaction().execute(async (transaction) => {
      if ((await lastApplied(transaction)) >= number) return;
      await migration.up(transaction, columnTypes[kind]);
      await sql`insert into "migrations" ("number", "name", "appliedAt")
        values (${number}, ${migration.name}, ${Date.now()})`.execute(transaction);
    });
    logger.info({ migration: migration.name, number }, 'the tables were changed to the form of this version');
  }
}
