import { PUBLISH_KEY_PREFIX } from '@vedette/contract';
import { randomUUID } from 'node:crypto';
import type { Logger } from '../../observability/logger.ts';
import type { PublishKeysTable } from '../../store/schema.ts';
import type { Store } from '../../store/store.ts';
import type { AuditTrail } from '../audit-entry.ts';
import type { Refusal } from '../door.ts';
import type { Identity } from '../identity.ts';
import type { RateLimits } from '../rate-limit.ts';
import type { Rights } from '../rights.ts';
import { askedBy, type Asker, lenderId, NOTHING_TO_LEND, rateRefusal, refusal } from './asker.ts';
import { DeferredWrites } from './deferred-writes.ts';
import { newSecretWord, secretHash } from './secret-word.ts';

export interface PublishKeysOptions {
  readonly store: Pick<Store, 'db' | 'onHealth'>;
  readonly rights: Rights;
  readonly audit: AuditTrail;
  readonly limits: RateLimits;
  readonly logger: Logger;
  readonly now?: () => number;
}

export interface PublishKeyRecord {
  readonly id: string;
  readonly cameraId: string;
  readonly name: string;
  /** Of the user or the API key that made it. */
  readonly userId: string;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number | undefined;
  readonly identity: Extract<Identity, { kind: 'publishKey' }>;
}

/** Of one camera. */
const MAX_KEYS = 50;
/** How far what is kept of the last use may be behind. */
const USE_WRITTEN_MS = 60_000;

/** Keys by which encoders publish: each to one camera, until it is revoked. Kept as hashes. */
export class PublishKeys {
  readonly #options: PublishKeysOptions;
  readonly #writes: DeferredWrites;
  readonly #byId = new Map<string, PublishKeyRecord>();
  /** Ids by the hash of the key. */
  readonly #byHash = new Map<string, string>();
  /** When the last use of a key was written. */
  readonly #useWritten = new Map<string, number>();
  readonly #now: () => number;

  private constructor(options: PublishKeysOptions) {
    this.#options = options;
    this.#writes = new DeferredWrites(options.store, options.logger);
    this.#now = options.now ?? Date.now;
  }

  /** Reads what is kept. */
  static async open(options: PublishKeysOptions): Promise<PublishKeys> {
    const keys = new PublishKeys(options);
    const rows = await options.store.db
      .selectFrom('publishKeys')
      .selectAll()
      .where('revokedAt', 'is', null)
      .execute();
    for (const row of rows) keys.#enter(recordOf(row), row.hash);
    return keys;
  }

  /** @returns the key itself beside what is known of it; it is told now and never again. */
  async create(
    asker: Asker,
    cameraId: string,
    name: string,
  ): Promise<{ readonly ok: true; readonly record: PublishKeyRecord; readonly key: string } | Refusal> {
    const { limits, store } = this.#options;
    const userId = lenderId(asker.identity);
    if (userId === undefined) return NOTHING_TO_LEND;
    const refused = await rateRefusal(limits, asker);
    if (refused !== undefined) return refused;
    if (this.listOf(cameraId).length >= MAX_KEYS) {
      const message = `The camera has ${MAX_KEYS} publish keys already: revoke those that nobody uses.`;
      return refusal('forbidden', 'ERR_PUBLISH_KEY_LIMIT', message);
    }
    const key = newSecretWord(PUBLISH_KEY_PREFIX);
    const hash = secretHash(key);
    const id = randomUUID();
    const createdAtMs = this.#now();
    const kept = { id, cameraId, name, createdBy: userId, createdAt: createdAtMs };
    await store.db
      .insertInto('publishKeys')
      .values({ ...kept, hash, lastUsedAt: null, revokedAt: null })
      .execute();
    const record = recordOf({ ...kept, lastUsedAt: null });
    this.#enter(record, hash);
    this.#audit('created', asker, record, { name });
    return { ok: true, record, key };
  }

  /**
   * Whose key this is: `undefined` where it is none by its form, `null` where it is good for nothing. That it was
   * used is noted.
   */
  use(word: string): PublishKeyRecord | undefined | null {
    if (!word.startsWith(PUBLISH_KEY_PREFIX)) return undefined;
    const record = this.#byId.get(this.#byHash.get(secretHash(word)) ?? '');
    if (record === undefined) return null;
    this.#noteUse(record);
    return record;
  }

  get(id: string): PublishKeyRecord | undefined {
    return this.#byId.get(id);
  }

  listOf(cameraId: string): PublishKeyRecord[] {
    return [...this.#byId.values()].filter((record) => record.cameraId === cameraId);
  }

  /** Ends a key: who publishes by it is cut off at once. @returns whether there was one. */
  async revoke(asker: Asker, id: string): Promise<boolean> {
    const record = this.#byId.get(id);
    if (record === undefined) return false;
    const revokedAt = this.#now();
    this.#forget(id);
    this.#options.rights.remove('publishKey', id);
    this.#audit('revoked', asker, record, { name: record.name });
    await this.#writes.run(async () => {
      const { db } = this.#options.store;
      await db.updateTable('publishKeys').set({ revokedAt }).where('id', '=', id).execute();
    });
    return true;
  }

  /** Ends all keys of a camera: it was removed, and another one of its name must not inherit them. */
  async revokeCamera(asker: Asker, cameraId: string): Promise<void> {
    for (const { id } of this.listOf(cameraId)) await this.revoke(asker, id);
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    await this.#writes.close();
  }

  #enter(record: PublishKeyRecord, hash: string): void {
    this.#byId.set(record.id, record);
    this.#byHash.set(hash, record.id);
    this.#options.rights.put('publishKey', { id: record.id, cameraId: record.cameraId });
  }

  #forget(id: string): void {
    this.#byId.delete(id);
    this.#useWritten.delete(id);
    for (const [hash, of] of this.#byHash) if (of === id) this.#byHash.delete(hash);
  }

  #noteUse(record: PublishKeyRecord): void {
    const { id } = record;
    const now = this.#now();
    this.#byId.set(id, { ...record, lastUsedAtMs: now });
    if (now - (this.#useWritten.get(id) ?? 0) < USE_WRITTEN_MS) return;
    this.#useWritten.set(id, now);
    const { store, logger } = this.#options;
    const write = async (): Promise<void> => {
      await store.db.updateTable('publishKeys').set({ lastUsedAt: now }).where('id', '=', id).execute();
    };
    this.#writes.run(write).catch((error: unknown) => {
      logger.warn({ err: error }, 'the use of a publish key was not noted');
    });
  }

  #audit(
    verb: 'created' | 'revoked',
    asker: Asker,
    { id, cameraId }: PublishKeyRecord,
    detail: Readonly<Record<string, unknown>>,
  ): void {
    const action = `publishKey.${verb}` as const;
    this.#options.audit.record({ ...askedBy(asker), action, cameraId, target: id, result: 'ok', detail });
  }
}

function recordOf(row: Omit<PublishKeysTable, 'hash' | 'revokedAt'>): PublishKeyRecord {
  return {
    id: row.id,
    cameraId: row.cameraId,
    name: row.name,
    userId: row.createdBy,
    createdAtMs: row.createdAt,
    lastUsedAtMs: row.lastUsedAt ?? undefined,
    identity: { kind: 'publishKey', id: row.id, name: row.name },
  };
}
