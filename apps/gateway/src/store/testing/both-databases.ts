import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type PostgresServer, startPostgres } from './postgres.ts';

/** Where a store keeps its data: opened again, it has them again. */
export interface Place {
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
}

export interface RealDatabase {
  readonly name: 'SQLite' | 'PostgreSQL';
  /** A new empty one. */
  newPlace(): Promise<Place>;
}

/** Both databases that a store can be in, for tests that hold for each. */
export interface BothDatabases {
  readonly all: readonly RealDatabase[];
  readonly postgres: PostgresServer;
  close(): Promise<void>;
}

/** Starts a PostgreSQL server, a second or two; close it after the tests of the file. */
export async function startBothDatabases(): Promise<BothDatabases> {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-store-'));
  const postgres = await startPostgres();
  const newFolder = (): string => mkdtempSync(path.join(folder, 'data-'));
  return {
    all: [
      {
        name: 'SQLite',
        newPlace: () => Promise.resolve({ dataDir: newFolder(), databaseUrl: undefined }),
      },
      {
        name: 'PostgreSQL',
        newPlace: async () => ({ dataDir: newFolder(), databaseUrl: await postgres.newDatabase() }),
      },
    ],
    postgres,
    close: async () => {
      await postgres.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
