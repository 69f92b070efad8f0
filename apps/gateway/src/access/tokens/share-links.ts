import { type CameraAction, SHARE_LINK_PREFIX } from '@vedette/contract';
import { randomUUID } from 'node:crypto';
import type { Logger } from '../../observability/logger.ts';
import type { ShareLinksTable } from '../../store/schema.ts';
import type { Store } from '../../store/store.ts';
import type { AuditTrail } from '../audit-entry.ts';
import type { Peer, Refusal } from '../door.ts';
import type { Identity } from '../identity.ts';
import { type Passwords, PasswordsBusyError } from '../login/passwords.ts';
import type { RateLimits } from '../rate-limit.ts';
import type { Rights } from '../rights.ts';
import {
  askedBy,
  type Asker,
  lenderId,
  lendingRefusal,
  NOTHING_TO_LEND,
  rateRefusal,
  refusal,
} from './asker.ts';
import { DeferredWrites } from './deferred-writes.ts';
import { newSecretWord, secretHash } from './secret-word.ts';
import { TOKEN_ISSUER, TokenSigner } from './token-signer.ts';

export interface ShareLinksOptions {
  readonly store: Pick<Store, 'db' | 'onHealth'>;
  readonly rights: Rights;
  readonly audit: AuditTrail;
  readonly limits: RateLimits;
  readonly passwords: Pick<Passwords, 'hash' | 'verify'>;
  /** `Secrets.key('share-links')`. */
  readonly key: Uint8Array;
  /** How long links that are over are listed: `access.retention.shareLinkDays`; default 30. */
  readonly keptDays?: number;
  readonly logger: Logger;
  readonly now?: () => number;
}

export interface ShareLinkWish {
  readonly cameraId: string;
  readonly name: string;
  readonly actions: readonly CameraAction[];
  readonly minutes: number;
  readonly password?: string | undefined;
}

export interface ShareLinkRecord {
  readonly id: string;
  readonly cameraId: string;
  readonly name: string;
  readonly actions: readonly CameraAction[];
  /** Of the user or the API key that made it. */
  readonly userId: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly revokedAtMs: number | undefined;
  readonly views: number;
  /** Argon2id; `undefined`: none is asked for. */
  readonly passwordHash: string | undefined;
  readonly identity: Extract<Identity, { kind: 'shareLink' }>;
}

export interface OpenedShareLink {
  readonly ok: true;
  readonly record: ShareLinkRecord;
  /** Shown in its cookie or as a token, by whoever may watch. */
  readonly token: string;
  readonly tokenExpiresAtMs: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;
/** Whoever opened the link opens it again after this long: the password may be asked for again. */
const OPENED_MS = 12 * 60 * MINUTE_MS;
const KEPT_DAYS = 30;
const CLEANING_MS = 60 * MINUTE_MS;
/** Of one user or API key. */
const MAX_LINKS = 1000;

const NOT_FOUND = refusal(
  'forbidden',
  'ERR_SHARE_LINK_NOT_FOUND',
  'The link is wrong, has ended, or was taken back.',
);
const BUSY = refusal('limited', 'ERR_RATE_LIMITED', 'Too many passwords are being checked; try again.', 1000);
const PASSWORD_NEEDED = refusal(
  'unauthenticated',
  'ERR_SHARE_LINK_PASSWORD',
  'The link asks for a password, and this is not the one.',
);

/**
 * Links that show one camera to whoever has them, for a while, with or without a password. The secret of a link is
 * kept as a hash; opening it is answered with a signed token for that link alone, which holds as long as the link.
 */
export class ShareLinks {
  readonly #options: ShareLinksOptions;
  readonly #signer: TokenSigner;
  readonly #writes: DeferredWrites;
  readonly #byId = new Map<string, ShareLinkRecord>();
  /** Ids by the hash of the secret. */
  readonly #byHash = new Map<string, string>();
  readonly #now: () => number;
  readonly #keptMs: number;
  #cleaner: NodeJS.Timeout | undefined;

  private constructor(options: ShareLinksOptions) {
    this.#options = options;
    this.#keptMs = (options.keptDays ?? KEPT_DAYS) * DAY_MS;
    this.#signer = new TokenSigner(options.key, 'share+jwt');
    this.#writes = new DeferredWrites(options.store, options.logger);
    this.#now = options.now ?? Date.now;
  }

  /** Reads what is kept, and takes out hourly what is over. */
  static async open(options: ShareLinksOptions): Promise<ShareLinks> {
    const links = new ShareLinks(options);
    const rows = await options.store.db
      .selectFrom('shareLinks')
      .selectAll()
      .where('expiresAt', '>', links.#now() - links.#keptMs)
      .execute();
    for (const row of rows) links.#enter(recordOf(row), row.hash);
    links.#cleaner = setInterval(() => void links.clean(), CLEANING_MS).unref();
    return links;
  }

  /** @returns the link, and its secret, which is told now and never again. */
  async create(
    { identity, peer }: Asker,
    wish: ShareLinkWish,
  ): Promise<{ readonly ok: true; readonly record: ShareLinkRecord; readonly secret: string } | Refusal> {
    const userId = lenderId(identity);
    if (userId === undefined) return NOTHING_TO_LEND;
    const refused = await this.#refusalOf({ identity, peer }, wish);
    if (refused !== undefined) return refused;
    const secret = newSecretWord(SHARE_LINK_PREFIX);
    const hash = secretHash(secret);
    const passwordHash = await this.#hashOf(wish.password);
    if (passwordHash === 'busy') return BUSY;
    const now = this.#now();
    const id = randomUUID();
    const record: ShareLinkRecord = {
      id,
      cameraId: wish.cameraId,
      name: wish.name,
      actions: [...new Set(wish.actions)].sort(),
      userId,
      createdAtMs: now,
      expiresAtMs: now + wish.minutes * MINUTE_MS,
      revokedAtMs: undefined,
      views: 0,
      passwordHash,
      identity: identityOf(id, wish.name),
    };
    // Not deferred: a link that is handed round must not be lost.
    await this.#options.store.db.insertInto('shareLinks').values(rowOf(record, hash)).execute();
    this.#enter(record, hash);
    this.#audit('created', { identity, peer }, record, {
      name: record.name,
      actions: record.actions,
      expiresAt: new Date(record.expiresAtMs).toISOString(),
      hasPassword: passwordHash !== undefined,
    });
    return { ok: true, record, secret };
  }

  /** Somebody follows a link. Attempts are limited by address. */
  async openLink(
    secret: string,
    password: string | undefined,
    peer: Peer,
  ): Promise<OpenedShareLink | Refusal> {
    const waitMs = await this.#options.limits.take('login', `share:${peer.address}`);
    if (waitMs > 0)
      return refusal('limited', 'ERR_RATE_LIMITED', 'Too many attempts; try again later.', waitMs);
    const record = this.#valid(this.#byHash.get(secretHash(secret)));
    if (record === undefined) return NOT_FOUND;
    const refused = await this.#passwordRefusal(record, password, peer);
    if (refused !== undefined) return refused;
    // It may have been taken back while the password was looked at.
    const now = this.#now();
    if (this.#valid(record.id) === undefined) return NOT_FOUND;
    const exp = Math.floor(Math.min(record.expiresAtMs, now + OPENED_MS) / 1000);
    const token = await this.#signer.sign({ jti: record.id, exp, iss: TOKEN_ISSUER });
    this.#countView(record.id);
    this.#audit('opened', { identity: record.identity, peer }, record);
    return { ok: true, record, token, tokenExpiresAtMs: exp * 1000 };
  }

  /**
   * Whose link a token or a secret is: `undefined` where it is neither by its form, `null` where it is good for
   * nothing. A link with a password is not opened by its secret alone.
   */
  check(word: string): ShareLinkRecord | undefined | null {
    if (word.startsWith(SHARE_LINK_PREFIX)) {
      const record = this.#valid(this.#byHash.get(secretHash(word)));
      return record === undefined || record.passwordHash !== undefined ? null : record;
    }
    if (!this.#signer.isOfType(word)) return undefined;
    const claims = this.#signer.claimsOf(word);
    if (claims === undefined || (claims.exp ?? 0) * 1000 <= this.#now()) return null;
    return this.#valid(claims.jti) ?? null;
  }

  get(id: string): ShareLinkRecord | undefined {
    return this.#byId.get(id);
  }

  /** All, also those that ended within the last 30 days. */
  list(): ShareLinkRecord[] {
    return [...this.#byId.values()];
  }

  stateOf({ revokedAtMs, expiresAtMs }: ShareLinkRecord): 'valid' | 'expired' | 'revoked' {
    if (revokedAtMs !== undefined) return 'revoked';
    return expiresAtMs <= this.#now() ? 'expired' : 'valid';
  }

  /** Takes a link back: whoever watches by it is cut off at once. @returns whether it was valid. */
  async revoke(asker: Asker, id: string): Promise<boolean> {
    const record = this.#valid(id);
    if (record === undefined) return false;
    const revokedAtMs = this.#now();
    this.#byId.set(id, { ...record, revokedAtMs });
    this.#options.rights.remove('shareLink', id);
    this.#audit('revoked', asker, record);
    await this.#writes.run(async () => {
      const { db } = this.#options.store;
      await db.updateTable('shareLinks').set({ revokedAt: revokedAtMs }).where('id', '=', id).execute();
    });
    return true;
  }

  /** Takes all links of a camera back: it was removed, and another one of its name must not inherit them. */
  async revokeCamera(asker: Asker, cameraId: string): Promise<void> {
    for (const record of this.list()) if (record.cameraId === cameraId) await this.revoke(asker, record.id);
  }

  /** Takes out what is over. Called hourly. */
  async clean(): Promise<void> {
    const now = this.#now();
    for (const [hash, id] of this.#byHash) {
      const record = this.#byId.get(id);
      if (record !== undefined && record.expiresAtMs > now) continue;
      this.#options.rights.remove('shareLink', id);
      if (record !== undefined && record.expiresAtMs > now - this.#keptMs) continue;
      this.#byHash.delete(hash);
      this.#byId.delete(id);
    }
    const { store, logger } = this.#options;
    try {
      await store.db
        .deleteFrom('shareLinks')
        .where('expiresAt', '<=', now - this.#keptMs)
        .execute();
    } catch (error) {
      logger.warn({ err: error }, 'old share links were not removed from the database');
    }
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    clearInterval(this.#cleaner);
    this.#cleaner = undefined;
    await this.#writes.close();
  }

  #enter(record: ShareLinkRecord, hash: string): void {
    this.#byId.set(record.id, record);
    this.#byHash.set(hash, record.id);
    if (this.stateOf(record) === 'valid') this.#options.rights.put('shareLink', record);
  }

  #valid(id: string | undefined): ShareLinkRecord | undefined {
    const record = id === undefined ? undefined : this.#byId.get(id);
    return record !== undefined && this.stateOf(record) === 'valid' ? record : undefined;
  }

  async #refusalOf(asker: Asker, { cameraId, actions }: ShareLinkWish): Promise<Refusal | undefined> {
    const { rights, limits } = this.#options;
    const refused =
      lendingRefusal(rights, asker.identity, cameraId, actions) ?? (await rateRefusal(limits, asker));
    if (refused !== undefined) return refused;
    const own = this.list().filter(({ userId }) => userId === lenderId(asker.identity)).length;
    if (own < MAX_LINKS) return undefined;
    return refusal('limited', 'ERR_SHARE_LINK_LIMIT', `You have ${MAX_LINKS} share links already.`, DAY_MS);
  }

  async #hashOf(password: string | undefined): Promise<string | undefined> {
    try {
      return password === undefined ? undefined : await this.#options.passwords.hash(password);
    } catch (error) {
      if (error instanceof PasswordsBusyError) return 'busy';
      throw error;
    }
  }

  async #passwordRefusal(
    record: ShareLinkRecord,
    password: string | undefined,
    peer: Peer,
  ): Promise<Refusal | undefined> {
    const { id, passwordHash, identity } = record;
    if (passwordHash === undefined) return undefined;
    if (password === undefined) return PASSWORD_NEEDED;
    const verdict = await this.#options.passwords.verify(`share:${id}`, passwordHash, password, 'stranger');
    if (verdict === 'right') return undefined;
    if (verdict === 'busy') return BUSY;
    const { address, userAgent } = peer;
    this.#options.audit.record({
      identity,
      action: 'shareLink.opened',
      cameraId: record.cameraId,
      target: id,
      address,
      userAgent,
      result: 'refused',
      detail: { reason: 'wrong password' },
    });
    return PASSWORD_NEEDED;
  }

  #countView(id: string): void {
    const record = this.#byId.get(id);
    if (record === undefined) return;
    this.#byId.set(id, { ...record, views: record.views + 1 });
    const { db } = this.#options.store;
    const write = async (): Promise<void> => {
      await db
        .updateTable('shareLinks')
        .set(({ eb }) => ({ views: eb('views', '+', 1) }))
        .where('id', '=', id)
        .execute();
    };
    this.#writes.run(write).catch((error: unknown) => {
      this.#options.logger.warn({ err: error }, 'a view of a share link was not counted');
    });
  }

  #audit(
    verb: 'created' | 'opened' | 'revoked',
    asker: Asker,
    { id, cameraId }: ShareLinkRecord,
    detail: Readonly<Record<string, unknown>> = {},
  ): void {
    const action = `shareLink.${verb}` as const;
    this.#options.audit.record({ ...askedBy(asker), action, cameraId, target: id, result: 'ok', detail });
  }
}

function identityOf(id: string, name: string): ShareLinkRecord['identity'] {
  return { kind: 'shareLink', id, name: name === '' ? 'share link' : name };
}

function recordOf(row: ShareLinksTable): ShareLinkRecord {
  return {
    id: row.id,
    cameraId: row.cameraId,
    name: row.name,
    actions: JSON.parse(row.actions) as CameraAction[],
    userId: row.createdBy,
    createdAtMs: row.createdAt,
    expiresAtMs: row.expiresAt,
    revokedAtMs: row.revokedAt ?? undefined,
    views: row.views,
    passwordHash: row.passwordHash ?? undefined,
    identity: identityOf(row.id, row.name),
  };
}

function rowOf(record: ShareLinkRecord, hash: string): ShareLinksTable {
  return {
    id: record.id,
    hash,
    cameraId: record.cameraId,
    actions: JSON.stringify(record.actions),
    passwordHash: record.passwordHash ?? null,
    name: record.name,
    createdBy: record.userId,
    createdAt: record.createdAtMs,
    expiresAt: record.expiresAtMs,
    revokedAt: null,
    views: 0,
  };
}
