import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** The file cannot be the store of this process; `message` says why, and what to do. */
export class StoreRefused extends Error {
  override readonly name = 'StoreRefused';
  readonly code: `ERR_STORE_${string}`;

  constructor(code: StoreRefused['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** How long somebody else may hold the file, `sqlite3` by hand for instance, ms. */
const BUSY_MS = 3000;
/** Up to this size everything is checked at the start, a second at most; beyond, all but the audit log. */
const WHOLE_CHECK_BYTES = 64 * 1024 * 1024;
/** What the log of SQLite shrinks to after it has grown. */
const WAL_BYTES = 16 * 1024 * 1024;

const SQLITE_BUSY = 5;

function sqliteCode(error: unknown): number {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function otherProcess(pidFile: string): string {
  try {
    return ` (process ${String(Number.parseInt(readFileSync(pidFile, 'utf8'), 10))})`;
  } catch {
    return '';
  }
}

/**
 * Holds a lock of the operating system on a file beside the database: it goes with the process, however that ends.
 * Not on the database itself, which others may read: `vedette backup`.
 */
function lock(file: string): DatabaseSync {
  const pidFile = path.join(path.dirname(file), 'vedette.pid');
  const held = new DatabaseSync(`${file}.lock`);
  try {
    held.exec('pragma journal_mode = memory; pragma locking_mode = exclusive; begin exclusive');
  } catch (error) {
    held.close();
    if (sqliteCode(error) !== SQLITE_BUSY) throw error;
    throw new StoreRefused(
      'ERR_STORE_LOCKED',
      `another gateway${otherProcess(pidFile)} uses the data folder ${path.dirname(file)}: ` +
        'stop it, or give this one a folder of its own (dataDir)',
    );
  }
  writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  return held;
}

function damaged(file: string, what: string): StoreRefused {
  return new StoreRefused(
    'ERR_STORE_DAMAGED',
    `the database ${file} is damaged (${what}): put a copy made by "vedette backup" in its place ` +
      `and delete ${path.basename(file)}-wal and ${path.basename(file)}-shm; docs/store.md says how to save what can still be read`,
  );
}

/** @throws {StoreRefused} `ERR_STORE_DAMAGED` with the first thing that is wrong. */
export function checkIntegrity(database: DatabaseSync, file: string): void {
  const tables =
    statSync(file).size <= WHOLE_CHECK_BYTES
      ? [undefined]
      : database
          .prepare(`select name from sqlite_schema where type = 'table' and name <> 'audit'`)
          .all()
          .map(({ name }) => String(name));
  for (const table of tables) {
    const argument = table === undefined ? '1' : `"${table}"`;
    const [row] = database.prepare(`pragma quick_check(${argument})`).all();
    const word = String(Object.values(row ?? {})[0]);
    if (word !== 'ok') throw damaged(file, word.replaceAll('\n', ' '));
  }
}

function configure(database: DatabaseSync): void {
  database.exec(`
    pragma busy_timeout = ${BUSY_MS};
    pragma journal_mode = wal;
    pragma synchronous = full;
    pragma foreign_keys = on;
    pragma trusted_schema = off;
    pragma case_sensitive_like = on;
    pragma temp_store = memory;
    pragma journal_size_limit = ${WAL_BYTES};
  `);
}

/** Its owner reads it, nobody else; SQLite gives the files beside it the rights of the database. */
function makeFile(file: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  if (existsSync(file)) chmodSync(file, 0o600);
  else closeSync(openSync(file, 'a', 0o600));
}

/**
 * Opens the database of this process: nobody else's until it is closed or the process is gone.
 *
 * @throws {StoreRefused} `ERR_STORE_LOCKED`, `ERR_STORE_DAMAGED`, `ERR_STORE_FILE`.
 */
export function openDatabase(file: string): { database: DatabaseSync; close: () => void } {
  let held: DatabaseSync | undefined;
  let database: DatabaseSync | undefined;
  try {
    makeFile(file);
    held = lock(file);
    database = new DatabaseSync(file);
    configure(database);
    checkIntegrity(database, file);
  } catch (error) {
    database?.close();
    held?.close();
    throw refusal(error, file);
  }
  const [opened, lockHolder] = [database, held];
  return {
    database: opened,
    close: () => {
      opened.close();
      lockHolder.close();
    },
  };
}

const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

function refusal(error: unknown, file: string): StoreRefused {
  if (error instanceof StoreRefused) return error;
  const code = sqliteCode(error);
  if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) return damaged(file, textOf(error));
  return new StoreRefused(
    'ERR_STORE_FILE',
    `the database ${file} cannot be opened (${textOf(error)}): ` +
      'is its folder on a local disk, and may Vedette write there?',
    { cause: error },
  );
}
