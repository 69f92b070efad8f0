import { API_KEY_PREFIX, apiKeyScope, type ApiKeyScope, type GrantTarget } from '@vedette/contract';
import { randomUUID } from 'node:crypto';
import type { Logger } from '../../observability/logger.ts';
import type { ApiKeysTable } from '../../store/schema.ts';
import type { Store } from '../../store/store.ts';
import type { Identity } from '../identity.ts';
import type { Rights } from '../rights.ts';
import { newSecretWord, secretHash } from '../tokens/secret-word.ts';

/** A key of the API, without the key. */
export interface ApiKeyRecord {
  readonly id: string;
  readonly hash: string;
  readonly name: string;
  readonly scope: ApiKeyScope;
  /** Id of the user or key that made it. */
  readonly createdBy: string;
  readonly createdAtMs: number;
  /** `undefined`: never. */
  readonly expiresAtMs: number | undefined;
  readonly lastUsedAtMs: number | undefined;
}

export interface NewApiKeyRecord {
  readonly name: string;
  readonly scope: ApiKeyScope;
  readonly expiresAtMs: number | undefined;
}

export interface ApiKeysOptions {
  readonly store: Pick<Store, 'db'>;
  readonly rights: Rights;
  readonly logger: Logger;
  readonly now?: () => number;
}

const USED_WRITE_MS = 60_000;

/** Keys by which programs use the API. What one may do stands in its scope alone; of the key only the hash is kept. */
export class ApiKeys {
  readonly #options: ApiKeysOptions;
  readonly #now: () => number;
  readonly #byHash = new Map<string, ApiKeyRecord>();
  readonly #usedWrittenAt = new Map<string, number>();

  constructor(options: ApiKeysOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** Reads those that were not revoked. */
  async load(): Promise<void> {
    const { db } = this.#options.store;
    const rows = await db.selectFrom('apiKeys').selectAll().where('revokedAt', 'is', null).execute();
    for (const row of rows) this.#enter(recordOf(row));
  }

  /** In the order in which they were made. */
  list(): ApiKeyRecord[] {
    return [...this.#byHash.values()].sort((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1));
  }

  get(id: string): ApiKeyRecord | undefined {
    return this.list().find((key) => key.id === id);
  }

  /**
   * What of the scope its maker may not do himself: nobody makes a key that may more than he.
   *
   * @returns the first such action; `undefined`: he may make it.
   */
  excessOf(maker: Identity, { actions, grants }: ApiKeyScope): string | undefined {
    const { rights } = this.#options;
    const may = (...[action, cameraId]: [Parameters<Rights['decide']>[1], string?]): boolean =>
      rights.decide(maker, action, cameraId) === 'yes';
    const ofGrants = grants.flatMap(({ target, actions: granted }) =>
      granted.filter((action) => !may(action, target.kind === 'camera' ? target.id : undefined)),
    );
    return actions.find((action) => !may(action)) ?? ofGrants[0];
  }

  /**
   * Makes one.
   *
   * @returns its record, and the key itself, which is kept nowhere.
   * @throws {StoreUnavailableError}
   */
  async make(
    createdBy: string,
    { name, scope, expiresAtMs }: NewApiKeyRecord,
  ): Promise<{ readonly record: ApiKeyRecord; readonly key: string }> {
    const key = newSecretWord(API_KEY_PREFIX);
    const record: ApiKeyRecord = {
      id: randomUUID(),
      hash: secretHash(key),
      name,
      scope,
      createdBy,
      createdAtMs: this.#now(),
      expiresAtMs,
      lastUsedAtMs: undefined,
    };
    await this.#options.store.db
      .insertInto('apiKeys')
      .values({
        id: record.id,
        hash: record.hash,
        name,
        createdBy,
        scope: JSON.stringify(scope),
        createdAt: record.createdAtMs,
        expiresAt: expiresAtMs ?? null,
        lastUsedAt: null,
        revokedAt: null,
      })
      .execute();
    this.#enter(record);
    return { record, key };
  }

  /**
   * From now on nobody may do anything by it.
   *
   * @returns the one that was; `undefined`: there is none.
   * @throws {StoreUnavailableError}
   */
  async revoke(id: string): Promise<ApiKeyRecord | undefined> {
    const record = this.get(id);
    if (record === undefined) return undefined;
    await this.#options.store.db
      .updateTable('apiKeys')
      .set({ revokedAt: this.#now() })
      .where('id', '=', id)
      .execute();
    this.#byHash.delete(record.hash);
    this.#usedWrittenAt.delete(record.hash);
    this.#options.rights.remove('apiKey', id);
    return record;
  }

  /**
   * Takes what was granted for a camera, group or zone from all: a later one of its name is another.
   *
   * @throws {StoreUnavailableError}
   */
  async forgetTarget({ kind, id }: Exclude<GrantTarget, { kind: 'all' }>): Promise<void> {
    const isMeant = ({ target }: ApiKeyScope['grants'][number]): boolean =>
      target.kind === kind && target.id === id;
    for (const { id: keyId, hash, scope } of this.list()) {
      if (!scope.grants.some(isMeant)) continue;
      const left = { ...scope, grants: scope.grants.filter((grant) => !isMeant(grant)) };
      await this.#options.store.db
        .updateTable('apiKeys')
        .set({ scope: JSON.stringify(left) })
        .where('id', '=', keyId)
        .execute();
      // Revoked or used in the meantime.
      const latest = this.#byHash.get(hash);
      if (latest !== undefined) this.#enter({ ...latest, scope: left });
    }
  }

  /** Whose key it is; that it was used now is noted. `undefined`: none that is valid. */
  find(key: string): ApiKeyRecord | undefined {
    const hash = secretHash(key);
    const record = this.#byHash.get(hash);
    const now = this.#now();
    if (record === undefined || (record.expiresAtMs ?? Infinity) <= now) return undefined;
    this.#noteUse(record, now);
    return record;
  }

  #enter(record: ApiKeyRecord): void {
    this.#byHash.set(record.hash, record);
    this.#options.rights.put('apiKey', {
      id: record.id,
      actions: record.scope.actions,
      grants: record.scope.grants,
      expiresAtMs: record.expiresAtMs ?? Infinity,
    });
  }

  #noteUse(record: ApiKeyRecord, now: number): void {
    if (now - (this.#usedWrittenAt.get(record.hash) ?? 0) < USED_WRITE_MS) return;
    this.#usedWrittenAt.set(record.hash, now);
    this.#byHash.set(record.hash, { ...record, lastUsedAtMs: now });
    this.#options.store.db
      .updateTable('apiKeys')
      .set({ lastUsedAt: now })
      .where('id', '=', record.id)
      .execute()
      .catch((error: unknown) => {
        this.#options.logger.debug({ err: error }, 'the last use of an API key was not kept');
      });
  }
}

function recordOf(row: ApiKeysTable): ApiKeyRecord {
  return {
    id: row.id,
    hash: row.hash,
    name: row.name,
    scope: apiKeyScope.parse(JSON.parse(row.scope)),
    createdBy: row.createdBy,
    createdAtMs: row.createdAt,
    expiresAtMs: row.expiresAt ?? undefined,
    lastUsedAtMs: row.lastUsedAt ?? undefined,
  };
}
