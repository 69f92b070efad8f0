import { randomUUID } from 'node:crypto';
import type { Store } from '../../store/store.ts';
import type { Refusal } from '../door.ts';
import type { Secrets } from '../secrets.ts';
import { newSecretWord, secretHash } from '../tokens/secret-word.ts';
import { TOKEN_ISSUER, TokenSigner } from '../tokens/token-signer.ts';
import type { UserRecord, UserRecords } from './user-records.ts';

/** RFC 9068 §2.1. */
const ACCESS_TOKEN_TYPE = 'at+jwt';
const REFRESH_TOKEN_PREFIX = 'vdr_';
const DAY_MS = 24 * 3600_000;
const SWEEP_MS = 3600_000;

export interface ApiTokensOptions {
  readonly store: Pick<Store, 'db'>;
  readonly users: UserRecords;
  readonly secrets: Pick<Secrets, 'key'>;
  readonly accessTokenMinutes: number;
  readonly refreshTokenDays: number;
  readonly now?: () => number;
}

/** What somebody who logs in by the API gets. */
export interface IssuedTokens {
  readonly user: UserRecord;
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Of the access token. */
  readonly expiresInSeconds: number;
}

export interface AccessTokenHolder {
  readonly user: UserRecord;
  /** The login that the token comes from: its refresh tokens are a family. */
  readonly familyId: string;
}

export type Refreshed = ({ readonly ok: true } & IssuedTokens) | (Refusal & { readonly stolenFrom?: string });

const REFRESH_REFUSED: Refusal = {
  ok: false,
  reason: 'unauthenticated',
  code: 'ERR_REFRESH_TOKEN',
  message: 'The refresh token is not valid, or has expired: log in again.',
};

const REFRESH_REUSED: Refusal = {
  ok: false,
  reason: 'unauthenticated',
  code: 'ERR_REFRESH_TOKEN_REUSED',
  message: 'The refresh token was used before: this login has ended, because somebody may have copied it.',
};

/**
 * Logins of the API: an access token for some minutes (JWT, RFC 9068), and a refresh token that changes itself for a
 * new pair. Each refresh token is good once; one that is shown again ends its login, because two hold it (RFC 9700
 * §4.14.2). Access tokens are checked without I/O.
 */
export class ApiTokens {
  readonly #options: ApiTokensOptions;
  readonly #signer: TokenSigner;
  readonly #now: () => number;
  /** Logins that were ended while access tokens of theirs may still be about: until when. */
  readonly #endedFamilies = new Map<string, number>();
  #sweptAt = 0;

  constructor(options: ApiTokensOptions) {
    this.#options = options;
    this.#signer = new TokenSigner(options.secrets.key('login.accessToken'), ACCESS_TOKEN_TYPE);
    this.#now = options.now ?? Date.now;
  }

  /** Reads which logins were ended of late. */
  async load(): Promise<void> {
    const { store, accessTokenMinutes } = this.#options;
    const since = this.#now() - accessTokenMinutes * 60_000;
    const rows = await store.db
      .selectFrom('refreshTokens')
      .select(['familyId', 'revokedAt'])
      .where('revokedAt', '>', since)
      .execute();
    for (const { familyId } of rows) this.#noteEnded(familyId);
  }

  /** @throws {StoreUnavailableError} */
  async issue(user: UserRecord): Promise<IssuedTokens> {
    const familyId = randomUUID();
    const refreshToken = newSecretWord(REFRESH_TOKEN_PREFIX);
    await this.#options.store.db
      .insertInto('refreshTokens')
      .values(this.#row(refreshToken, familyId, user))
      .execute();
    await this.#sweep();
    return this.#pair(user, familyId, refreshToken);
  }

  /**
   * Changes a refresh token for a new pair.
   *
   * @throws {StoreUnavailableError}
   */
  async refresh(refreshToken: string): Promise<Refreshed> {
    const { store, users } = this.#options;
    const hash = secretHash(refreshToken);
    const row = await store.db
      .selectFrom('refreshTokens')
      .selectAll()
      .where('hash', '=', hash)
      .executeTakeFirst();
    if (row === undefined) return REFRESH_REFUSED;
    if (row.usedAt !== null) return this.#reused(row);
    const user = users.byId(row.userId);
    const now = this.#now();
    const isValid =
      row.revokedAt === null &&
      row.expiresAt > now &&
      user !== undefined &&
      !user.isDisabled &&
      row.createdAt >= user.validFromMs;
    if (!isValid) return REFRESH_REFUSED;
    const next = newSecretWord(REFRESH_TOKEN_PREFIX);
    const isFirst = await store.db.transaction().execute(async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('refreshTokens')
        .set({ usedAt: now })
        .where('hash', '=', hash)
        .where('usedAt', 'is', null)
        .where('revokedAt', 'is', null)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
      await transaction
        .insertInto('refreshTokens')
        .values(this.#row(next, row.familyId, user))
        .execute();
      return true;
    });
    if (!isFirst) return this.#reused(row);
    if (this.#isEnded(row.familyId)) {
      // Ended while the new one was being written: that one has to go, too.
      await this.endFamily(row.familyId);
      return REFRESH_REFUSED;
    }
    return { ok: true, ...(await this.#pair(user, row.familyId, next)) };
  }

  /** Whose access token it is; `undefined`: it is none of ours that is valid. */
  find(token: string): AccessTokenHolder | undefined {
    const claims = this.#signer.claimsOf(token);
    if (claims === undefined) return undefined;
    const { iss, sub, exp = 0, fam, gen } = claims;
    const user = typeof sub === 'string' ? this.#options.users.byId(sub) : undefined;
    const isValid =
      iss === TOKEN_ISSUER &&
      user !== undefined &&
      !user.isDisabled &&
      exp * 1000 > this.#now() &&
      gen === user.validFromMs &&
      typeof fam === 'string' &&
      !this.#isEnded(fam);
    return isValid ? { user, familyId: fam } : undefined;
  }

  /** Whether the token says that it is an access token. */
  isAccessToken(token: string): boolean {
    return this.#signer.isOfType(token);
  }

  /** Ends the login that a refresh token belongs to. @returns whose it was. */
  async endByRefreshToken(refreshToken: string): Promise<string | undefined> {
    const row = await this.#options.store.db
      .selectFrom('refreshTokens')
      .select(['familyId', 'userId'])
      .where('hash', '=', secretHash(refreshToken))
      .executeTakeFirst();
    if (row === undefined) return undefined;
    await this.endFamily(row.familyId);
    return row.userId;
  }

  /** Ends a login: its refresh tokens and access tokens are void. */
  async endFamily(familyId: string): Promise<void> {
    this.#noteEnded(familyId);
    await this.#options.store.db
      .updateTable('refreshTokens')
      .set({ revokedAt: this.#now() })
      .where('familyId', '=', familyId)
      .where('revokedAt', 'is', null)
      .execute();
  }

  async #reused(row: { readonly familyId: string; readonly userId: string }): Promise<Refreshed> {
    await this.endFamily(row.familyId);
    return { ...REFRESH_REUSED, stolenFrom: row.userId };
  }

  #row(token: string, familyId: string, user: UserRecord) {
    const now = this.#now();
    return {
      hash: secretHash(token),
      familyId,
      userId: user.id,
      createdAt: Math.max(now, user.validFromMs),
      expiresAt: now + this.#options.refreshTokenDays * DAY_MS,
      usedAt: null,
      revokedAt: null,
    };
  }

  async #pair(user: UserRecord, familyId: string, refreshToken: string): Promise<IssuedTokens> {
    const issuedAt = Math.floor(this.#now() / 1000);
    const expiresInSeconds = this.#options.accessTokenMinutes * 60;
    const accessToken = await this.#signer.sign({
      iss: TOKEN_ISSUER,
      sub: user.id,
      iat: issuedAt,
      exp: issuedAt + expiresInSeconds,
      jti: randomUUID(),
      fam: familyId,
      // Seconds, as `iat` has them, can't tell what was issued just before "logout everywhere" from just after.
      gen: user.validFromMs,
    });
    return { user, accessToken, refreshToken, expiresInSeconds };
  }

  #isEnded(familyId: string): boolean {
    return (this.#endedFamilies.get(familyId) ?? 0) > this.#now();
  }

  #noteEnded(familyId: string): void {
    const now = this.#now();
    for (const [id, until] of this.#endedFamilies) {
      if (until > now) break;
      this.#endedFamilies.delete(id);
    }
    this.#endedFamilies.delete(familyId);
    this.#endedFamilies.set(familyId, now + this.#options.accessTokenMinutes * 60_000);
  }

  /** Takes out what has expired: of one that has, it no longer matters that it was used. */
  async #sweep(): Promise<void> {
    const now = this.#now();
    if (now - this.#sweptAt < SWEEP_MS) return;
    this.#sweptAt = now;
    await this.#options.store.db.deleteFrom('refreshTokens').where('expiresAt', '<=', now).execute();
  }
}
