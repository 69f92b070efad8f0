import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { silentLogger, type Logger } from '../../../observability/logger.ts';
import { openStore } from '../../../store/open-store.ts';
import type { Store } from '../../../store/store.ts';
import type { Place } from '../../../store/testing/both-databases.ts';
import type { AuditEntry } from '../../audit-entry.ts';
import { AuditLog } from '../audit-log.ts';
import { AuditReader } from '../audit-reader.ts';
import { ChainSeal } from '../chain-seal.ts';

/** A log in a real store. */
export interface AuditBed {
  readonly store: Store;
  readonly seal: ChainSeal;
  readonly audit: AuditLog;
  readonly reader: AuditReader;
  close(): Promise<void>;
}

export const SEAL_KEY = randomBytes(32);

/** Opens one, which is closed after the test at the latest. */
export async function openAuditBed(
  context: TestContext,
  place: Place,
  { logger = silentLogger, now = Date.now }: { logger?: Logger; now?: () => number } = {},
): Promise<AuditBed> {
  const store = await openStore({ ...place, logger });
  const seal = new ChainSeal(SEAL_KEY);
  const audit = new AuditLog({ store, seal, logger, now });
  const close = async (): Promise<void> => {
    await audit.close();
    await store.close();
  };
  context.after(close);
  return { store, seal, audit, reader: new AuditReader(store.db), close };
}

/** An entry; what is not said is of no matter. */
export function entryOf(about: Partial<AuditEntry> = {}): AuditEntry {
  return {
    identity: { kind: 'user', id: 'id-of-mai', name: 'mai' },
    action: 'view.started',
    cameraId: 'door',
    address: '192.0.2.7',
    userAgent: 'VLC/3.0',
    result: 'ok',
    ...about,
  };
}

export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
