import type { CameraAction } from '@vedette/contract';
import type { Store } from '../../store/store.ts';
import type { StreamTokensTable } from '../../store/schema.ts';
import { DAY_MS, type IssuedJwt, type StreamTokenRecord } from './stream-token-book.ts';

/** A token as it is kept, and what it was when the process ended. */
export interface KeptStreamToken {
  readonly record: Omit<StreamTokenRecord, 'identity'>;
  readonly jwts: readonly IssuedJwt[];
  readonly isRevoked: boolean;
}

export class StreamTokenRows {
  readonly #db: Store['db'];

  constructor({ db }: Pick<Store, 'db'>) {
    this.#db = db;
  }

  /** Everything that is valid, or that still counts because it was made within a day. */
  async load(nowMs: number): Promise<KeptStreamToken[]> {
    const rows = await this.#db
      .selectFrom('streamTokens')
      .selectAll()
      .where((where) => where.or([where('expiresAt', '>', nowMs), where('createdAt', '>', nowMs - DAY_MS)]))
      .orderBy('createdAt')
      .execute();
    return rows.map(keptOf);
  }

  /** Enters a token; entering it a second time does nothing. */
  async insert(record: StreamTokenRecord, hash: string): Promise<void> {
    await this.#db
      .insertInto('streamTokens')
      .values({
        id: record.id,
        hash,
        formerHashes: '[]',
        userId: record.userId,
        cameraId: record.cameraId,
        actions: JSON.stringify(record.actions),
        address: record.address ?? null,
        userAgentHash: record.userAgentHash ?? null,
        createdAt: record.createdAtMs,
        expiresAt: record.expiresAtMs,
        revokedAt: null,
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
  }

  /** The token was refreshed: `jwts`, the new one at the end, are good from now on. */
  async update(id: string, jwts: readonly IssuedJwt[]): Promise<void> {
    const latest = jwts.at(-1);
    if (latest === undefined) return;
    await this.#db
      .updateTable('streamTokens')
      .set({
        hash: latest.hash,
        expiresAt: latest.expiresAtMs,
        formerHashes: JSON.stringify(jwts.slice(0, -1).map(({ hash, expiresAtMs }) => [hash, expiresAtMs])),
      })
      .where('id', '=', id)
      .where('revokedAt', 'is', null)
      .execute();
  }

  async revoke(id: string, nowMs: number): Promise<void> {
    await this.#db
      .updateTable('streamTokens')
      .set({ revokedAt: nowMs })
      .where('id', '=', id)
      .where('revokedAt', 'is', null)
      .execute();
  }

  /** What is over and no longer counts. @returns how many there were. */
  async removeExpired(nowMs: number): Promise<number> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('streamTokens')
      .where('expiresAt', '<=', nowMs)
      .where('createdAt', '<=', nowMs - DAY_MS)
      .executeTakeFirst();
    return Number(numDeletedRows);
  }
}

function keptOf(row: StreamTokensTable): KeptStreamToken {
  const jwts = [...(JSON.parse(row.formerHashes) as [string, number][]), [row.hash, row.expiresAt] as const];
  return {
    record: {
      id: row.id,
      userId: row.userId,
      cameraId: row.cameraId,
      actions: JSON.parse(row.actions) as CameraAction[],
      address: row.address ?? undefined,
      userAgentHash: row.userAgentHash ?? undefined,
      createdAtMs: row.createdAt,
      expiresAtMs: row.expiresAt,
    },
    jwts: jwts.map(([hash, expiresAtMs]) => ({ hash, expiresAtMs, tokenId: row.id, isChecked: false })),
    isRevoked: row.revokedAt !== null,
  };
}
