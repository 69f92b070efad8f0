import { StoreConstraintError, StoreQueryError, StoreUnavailableError } from '../store.ts';
import type { Fault } from './statement.ts';

// Result codes: https://sqlite.org/rescode.html
const CONSTRAINT = 19;
const CONSTRAINTS: ReadonlyMap<number, StoreConstraintError['constraint']> = new Map([
  [2067, 'unique'], // SQLITE_CONSTRAINT_UNIQUE
  [1555, 'unique'], // SQLITE_CONSTRAINT_PRIMARYKEY
  [2579, 'unique'], // SQLITE_CONSTRAINT_ROWID
  [787, 'reference'], // SQLITE_CONSTRAINT_FOREIGNKEY
]);

/** Not the query's fault: the same may succeed later. */
const ENVIRONMENT: ReadonlyMap<number, string> = new Map([
  [5, 'another program holds the database file'], // SQLITE_BUSY
  [6, 'another program holds the database file'], // SQLITE_LOCKED
  [7, 'no memory is left'], // SQLITE_NOMEM
  [8, 'the database file may not be written'], // SQLITE_READONLY
  [10, 'the disk fails'], // SQLITE_IOERR
  [11, 'the database file is damaged'], // SQLITE_CORRUPT
  [13, 'the disk is full'], // SQLITE_FULL
  [14, 'the database file cannot be opened'], // SQLITE_CANTOPEN
  [15, 'another program holds the database file'], // SQLITE_PROTOCOL
  [26, 'the database file is damaged'], // SQLITE_NOTADB
]);

export function sqliteError({ errcode, message }: Fault): Error {
  const primary = errcode & 0xff;
  if (primary === CONSTRAINT) {
    return new StoreConstraintError(CONSTRAINTS.get(errcode) ?? 'value', `SQLite: ${message}`);
  }
  const reason = ENVIRONMENT.get(primary);
  if (reason !== undefined) return new StoreUnavailableError(`${reason} (SQLite: ${message})`);
  return new StoreQueryError(`SQLite: ${message}`);
}
