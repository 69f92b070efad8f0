import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { checkIntegrity } from './sqlite/sqlite-database.ts';
import { DATABASE_FILE } from './sqlite/sqlite-store.ts';

export interface BackupOptions {
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  /** Where the copy goes; it must not be there yet. */
  readonly file: string;
}

interface Output {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

function onDisk(file: string): void {
  const handle = openSync(file, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** What speaks against a backup before anything is done. */
function objection({ databaseUrl, file }: BackupOptions, source: string): string | undefined {
  if (databaseUrl !== undefined)
    return 'the data is in PostgreSQL: "pg_dump" makes a consistent copy of it while everything runs';
  if (!existsSync(source)) return `there is no database at ${source}`;
  if (existsSync(file)) return `${file} is there already; it is not overwritten`;
  if (!existsSync(path.dirname(file))) return `the folder ${path.dirname(file)} is not there`;
  return undefined;
}

/** Never over what somebody put there in the meantime, which `rename` alone would replace. */
function publish(temporary: string, file: string): void {
  try {
    linkSync(temporary, file);
  } catch (error) {
    // File systems without hard links: memory sticks, some shares.
    if (existsSync(file)) throw error;
    renameSync(temporary, file);
  }
}

/** One moment of the database in one file, whole or not at all. The gateway may be writing meanwhile. */
function copy(source: string, file: string): void {
  const temporary = `${file}.${process.pid}.part`;
  const database = new DatabaseSync(source, { readOnly: true });
  try {
    // The file is made before, so that nobody else may read it at any moment; SQLite takes an empty one.
    closeSync(openSync(temporary, 'wx', 0o600));
    database.exec('pragma busy_timeout = 10000');
    database.prepare('vacuum into ?').run(temporary);
    const made = new DatabaseSync(temporary, { readOnly: true });
    try {
      checkIntegrity(made, temporary);
    } finally {
      made.close();
    }
    onDisk(temporary);
    publish(temporary, file);
  } finally {
    database.close();
    rmSync(temporary, { force: true });
  }
  onDisk(path.dirname(file));
}

/**
 * `vedette backup FILE`: copies the database while the gateway runs, or does not.
 *
 * @returns the exit code.
 */
export function backupCommand(options: BackupOptions, { stdout, stderr }: Output): number {
  const source = path.resolve(options.dataDir, DATABASE_FILE);
  const file = path.resolve(options.file);
  const against = objection({ ...options, file }, source);
  if (against !== undefined) {
    stderr.write(`vedette backup: ${against}\n`);
    return 1;
  }
  try {
    copy(source, file);
  } catch (error) {
    stderr.write(
      `vedette backup: no copy was made: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return 1;
  }
  stdout.write(
    `${file} holds the database of ${options.dataDir} as of now.\n` +
      'The key that opens its secrets is not in it: keep a copy of secret.key, somewhere else.\n',
  );
  return 0;
}
