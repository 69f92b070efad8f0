import { type Kysely, type RawBuilder, sql } from 'kysely';

/** Names of types of columns, where the two databases differ. */
export interface ColumnTypes {
  /** 64 bits: numbers, moments, flags. */
  readonly integer: RawBuilder<unknown>;
  /** Compared by its bytes, in every language. */
  readonly text: RawBuilder<unknown>;
  /** What ends a `create table`. */
  readonly tableEnd: RawBuilder<unknown>;
}

/**
 * A step from one shape of the tables to the next. Steps are never changed once they have been released, and there is
 * no way back: a step may lose what it replaces.
 */
export interface Migration {
  /** Ends in what is recorded beside its number. */
  readonly name: string;
  /** Inside a transaction; uses SQL only, never the types of today's schema. */
  up(db: Kysely<unknown>, types: ColumnTypes): Promise<void>;
}

export const columnTypes: Readonly<Record<'sqlite' | 'postgres', ColumnTypes>> = {
  // STRICT: as in PostgreSQL, a column takes no value of another type (https://sqlite.org/stricttables.html).
  sqlite: { integer: sql`integer`, text: sql`text`, tableEnd: sql`strict` },
  postgres: { integer: sql`bigint`, text: sql`text collate "C"`, tableEnd: sql`` },
};
