import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLogger } from '../../../observability/logger.ts';
import { openStore } from '../../../store/open-store.ts';
import type { Store } from '../../../store/store.ts';
import type { AuditEntry, AuditTrail } from '../../audit-entry.ts';
import { Passwords } from '../../login/passwords.ts';
import { Rights } from '../../rights.ts';
import { Secrets } from '../../secrets.ts';
import type { Actor } from '../actor.ts';

/** What people and cameras are kept in, on a real disk. */
export interface PeopleSite {
  readonly store: Store;
  readonly secrets: Secrets;
  readonly rights: Rights;
  readonly passwords: Passwords;
  /** Everything that was written down, in order. */
  readonly entries: AuditEntry[];
  readonly audit: AuditTrail;
  /** Opens the same data once more, as a restart does; the first must be closed. */
  restart(): Promise<PeopleSite>;
  close(): Promise<void>;
}

/** Cheap: these tests are not about hashing. */
const COST = { memoryCost: 64, timeCost: 1, parallelism: 1 };

export const ROOT: Actor = {
  identity: { kind: 'user', id: 'id-of-root', name: 'root' },
  address: '10.0.0.9',
  userAgent: 'test',
};

/** Needs closing. */
export async function openPeopleSite(): Promise<PeopleSite> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'vedette-people-'));
  return open(dataDir, new Secrets(randomBytes(32)));
}

async function open(dataDir: string, secrets: Secrets): Promise<PeopleSite> {
  const store = await openStore({ dataDir, databaseUrl: undefined, logger: silentLogger });
  const entries: AuditEntry[] = [];
  return {
    store,
    secrets,
    rights: new Rights(),
    passwords: new Passwords({ cost: COST }),
    entries,
    audit: { record: (entry) => entries.push(entry) },
    restart: async () => {
      await store.close();
      return open(dataDir, secrets);
    },
    close: async () => {
      await store.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
