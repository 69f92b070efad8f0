import type { CameraAction } from '@vedette/contract';
import { randomUUID } from 'node:crypto';
import { plainAddress } from '../../net/plain-address.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Store } from '../../store/store.ts';
import type { AuditTrail } from '../audit-entry.ts';
import type { Peer, Refusal } from '../door.ts';
import { identityName, type Identity } from '../identity.ts';
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
import { secretHash } from './secret-word.ts';
import { type LimitReached, StreamTokenBook, type StreamTokenRecord } from './stream-token-book.ts';
import { StreamTokenRows } from './stream-token-rows.ts';
import { TOKEN_ISSUER, TokenSigner } from './token-signer.ts';

/** `access.streamTokens` of the configuration. */
export interface StreamTokenSettings {
  readonly minutes: number;
  readonly maxMinutes: number;
  readonly perUser: number;
  readonly perHour: number;
  readonly plans: Readonly<Record<string, { readonly perDay: number }>>;
}

export interface StreamTokensOptions {
  readonly store: Pick<Store, 'db' | 'onHealth'>;
  readonly rights: Rights;
  readonly audit: AuditTrail;
  readonly limits: RateLimits;
  /** `Secrets.key('stream-tokens')`. */
  readonly key: Uint8Array;
  /** Asked each time: the configuration may be reloaded. */
  readonly settings: () => StreamTokenSettings;
  /** The plan of a user; `undefined` where he has none, or is no user. */
  readonly planOf: (userId: string) => string | undefined;
  /** What people call the user or the API key of this id. */
  readonly nameOf: (userId: string) => string | undefined;
  readonly logger: Logger;
  readonly now?: () => number;
}

/** What somebody wants a token for. */
export interface StreamTokenWish {
  readonly cameraId: string;
  readonly actions: readonly CameraAction[];
  readonly minutes?: number | undefined;
  /** The only address that it shall be good from. */
  readonly address?: string | undefined;
  /** The only User-Agent that it shall be good with. */
  readonly userAgent?: string | undefined;
}

export interface IssuedStreamToken {
  readonly ok: true;
  /** Told now and never again. */
  readonly token: string;
  readonly record: StreamTokenRecord;
  /** Of this JWT. */
  readonly expiresAtMs: number;
}

export type StreamTokenFault = 'unknown' | 'expired' | 'revoked';

const CLEANING_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** In the whole gateway: bounds what they take of memory, some 60 MB. */
const MAX_TOKENS = 100_000;
/** JWTs of one token that are good at the same time. */
const MAX_JWTS = 16;
/** Least time that a token which is handed out a second time is still good for. */
const MIN_REST_MS = 5 * MINUTE_MS;

const TOO_MANY = 'There are too many stream tokens; wait until some have ended.';
const GONE = refusal('forbidden', 'ERR_STREAM_TOKEN_GONE', 'The token has ended: make a new one.');

/**
 * Stream tokens: some actions with one camera, for a while, on behalf of whoever made them, as a signed JWT of which
 * only the hash is kept.
 *
 * Checks never touch the store. What is made or revoked while the store is away holds in this process and is written
 * when it is back.
 */
export class StreamTokens {
  readonly #options: StreamTokensOptions;
  readonly #signer: TokenSigner;
  readonly #rows: StreamTokenRows;
  readonly #writes: DeferredWrites;
  readonly #book = new StreamTokenBook();
  /** Ids of tokens that were revoked since the last cleaning: to say so to whoever shows one. */
  readonly #revoked = new Map<string, number>();
  readonly #now: () => number;
  #cleaner: NodeJS.Timeout | undefined;

  private constructor(options: StreamTokensOptions) {
    this.#options = options;
    this.#signer = new TokenSigner(options.key, 'stream+jwt');
    this.#rows = new StreamTokenRows(options.store);
    this.#writes = new DeferredWrites(options.store, options.logger);
    this.#now = options.now ?? Date.now;
  }

  /** Reads what is kept, and cleans it hourly from now on. */
  static async open(options: StreamTokensOptions): Promise<StreamTokens> {
    const tokens = new StreamTokens(options);
    await tokens.#load();
    tokens.#cleaner = setInterval(() => void tokens.clean(), CLEANING_MS).unref();
    return tokens;
  }

  /** Whether a word is a stream token, by its form. */
  isStreamToken(word: string): boolean {
    return this.#signer.isOfType(word);
  }

  /** Makes a token. Nobody can lend what he may not do himself. */
  async create(asker: Asker, wish: StreamTokenWish): Promise<IssuedStreamToken | Refusal> {
    const refused = (await this.#refusalOf(asker, wish)) ?? this.#overLimit(asker, wish);
    if (refused !== undefined) {
      // Who asks too fast is not written down each time.
      if (refused.code !== 'ERR_RATE_LIMITED')
        this.#audit('created', asker, wish.cameraId, undefined, { refused: refused.code });
      return refused;
    }
    const record = this.#newRecord(asker.identity, wish);
    // Counted before anything is waited for: of parallel requests none sees the others' places free.
    this.#book.count(record.userId, record.createdAtMs);
    this.#book.put(record);
    try {
      const token = await this.#sign(record, record.expiresAtMs);
      const hash = secretHash(token);
      await this.#writes.run(() => this.#rows.insert(record, hash));
      // Revoked as soon as it was in the list.
      if (this.#book.get(record.id) === undefined) return GONE;
      const { id, expiresAtMs } = record;
      this.#book.putJwt({ hash, tokenId: id, expiresAtMs, isChecked: true });
      this.#options.rights.put('streamToken', record);
      const { actions, address, userAgentHash } = record;
      this.#audit('created', asker, record.cameraId, id, {
        actions,
        expiresAt: new Date(expiresAtMs).toISOString(),
        address,
        isBoundToUserAgent: userAgentHash !== undefined,
      });
      return { ok: true, token, record, expiresAtMs };
    } catch (error) {
      this.#book.remove(record.id);
      this.#book.uncount(record.userId, record.createdAtMs);
      throw error;
    }
  }

  /**
   * A token to view with: one that this somebody has already, where it lasts for long enough, else a new one. Signing
   * the same claims makes the same token, so that it can be told again though it is kept nowhere.
   *
   * @returns `undefined` where he has no rights of his own to lend: what he showed serves him there too.
   */
  async issue(asker: Asker, cameraId: string): Promise<IssuedStreamToken | Refusal | undefined> {
    const userId = lenderId(asker.identity);
    if (userId === undefined) return undefined;
    const now = this.#now();
    const lasting = this.#book.listOf(userId).find((record) => {
      const isPlain = record.address === undefined && record.userAgentHash === undefined;
      const isToView = record.cameraId === cameraId && record.actions.join() === 'view';
      return isPlain && isToView && record.expiresAtMs > now + MIN_REST_MS;
    });
    if (lasting !== undefined) {
      const token = await this.#sign(lasting, lasting.expiresAtMs);
      if (this.#book.jwt(secretHash(token)) !== undefined)
        return { ok: true, token, record: lasting, expiresAtMs: lasting.expiresAtMs };
    }
    return this.create(asker, { cameraId, actions: ['view'] });
  }

  /**
   * Another JWT for the same token, with a later end; the former one stays good until its own. Sessions hold the
   * token by its id, and go on.
   */
  async refresh(asker: Asker, id: string, minutes?: number): Promise<IssuedStreamToken | Refusal> {
    const record = this.#book.get(id);
    const now = this.#now();
    if (record === undefined || record.expiresAtMs <= now) return GONE;
    const settings = this.#options.settings();
    const lastMs = record.createdAtMs + longest(settings) * MINUTE_MS;
    const wanted = wholeSecond(now + (minutes ?? settings.minutes) * MINUTE_MS);
    const expiresAtMs = Math.max(record.expiresAtMs, Math.min(wanted, wholeSecond(lastMs)));
    if (expiresAtMs === record.expiresAtMs && wanted > expiresAtMs) return GONE;
    const jwts = this.#book.jwtsOf(id).filter((jwt) => jwt.expiresAtMs > now);
    const [first] = jwts;
    if (first !== undefined && jwts.length >= MAX_JWTS) {
      const message = `A token can be refreshed again when one of its last ${MAX_JWTS} forms has ended.`;
      return refusal('limited', 'ERR_RATE_LIMITED', message, first.expiresAtMs - now);
    }
    const token = await this.#sign(record, expiresAtMs);
    const jwt = { hash: secretHash(token), tokenId: id, expiresAtMs, isChecked: true };
    // In one step from what is known to what is asked to be written: refreshes at the same time lose none of theirs.
    if (this.#book.get(id) === undefined) return GONE;
    this.#book.putJwt(jwt);
    await this.#writes.run(() => this.#rows.update(id, this.#book.jwtsOf(id)));
    // Revoked in the meantime: the store has seen both, and what is revoked there stays so.
    const latest = this.#book.get(id);
    if (latest === undefined) return GONE;
    const renewed = { ...latest, expiresAtMs: Math.max(latest.expiresAtMs, expiresAtMs) };
    this.#book.put(renewed);
    this.#options.rights.put('streamToken', renewed);
    this.#audit('refreshed', asker, record.cameraId, id, { expiresAt: new Date(expiresAtMs).toISOString() });
    return { ok: true, token, record: renewed, expiresAtMs };
  }

  /** Ends a token, at once: sessions that use it are cut. @returns whether there was one. */
  async revoke(asker: Asker, id: string): Promise<boolean> {
    const record = this.#book.remove(id);
    if (record === undefined) return false;
    this.#revoked.set(id, record.expiresAtMs);
    this.#options.rights.remove('streamToken', id);
    this.#audit('revoked', asker, record.cameraId, id);
    await this.#writes.run(() => this.#rows.revoke(id, this.#now()));
    return true;
  }

  /** Ends all tokens of a camera: it was removed, and another one of its name must not inherit them. */
  async revokeCamera(asker: Asker, cameraId: string): Promise<void> {
    const those = this.#book.list().filter((record) => record.cameraId === cameraId);
    for (const { id } of those) await this.revoke(asker, id);
  }

  /**
   * Whose token this is. Synchronous, some microseconds.
   *
   * @param peer who shows it; absent where it is only asked about, so that it may be bound to somebody else.
   */
  check(token: string, peer?: Peer): StreamTokenRecord | undefined {
    const jwt = this.#book.jwt(secretHash(token));
    if (jwt === undefined || jwt.expiresAtMs <= this.#now()) return undefined;
    jwt.isChecked ||= this.#signer.isOfType(token) && this.#signer.isSigned(token);
    const record = jwt.isChecked ? this.#book.get(jwt.tokenId) : undefined;
    return record === undefined || (peer !== undefined && !isBoundTo(record, peer)) ? undefined : record;
  }

  /** When this very JWT ends; `undefined`: it is none that is good. */
  endOf(token: string): number | undefined {
    return this.#book.jwt(secretHash(token))?.expiresAtMs;
  }

  /** Why a token is none that is good. */
  faultOf(token: string): StreamTokenFault {
    const claims = this.#signer.claimsOf(token);
    if (claims?.jti === undefined) return 'unknown';
    if (this.#revoked.has(claims.jti)) return 'revoked';
    return (claims.exp ?? 0) * 1000 <= this.#now() ? 'expired' : 'unknown';
  }

  get(id: string): StreamTokenRecord | undefined {
    return this.#book.get(id);
  }

  /** All that are valid. */
  list(): StreamTokenRecord[] {
    const now = this.#now();
    return this.#book.list().filter(({ expiresAtMs }) => expiresAtMs > now);
  }

  /** Takes out what is over. Called hourly. */
  async clean(): Promise<void> {
    const now = this.#now();
    for (const id of this.#book.removeExpired(now)) this.#options.rights.remove('streamToken', id);
    for (const [id, endMs] of this.#revoked) if (endMs <= now) this.#revoked.delete(id);
    try {
      await this.#rows.removeExpired(now);
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'expired stream tokens were not removed from the database');
    }
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    clearInterval(this.#cleaner);
    this.#cleaner = undefined;
    await this.#writes.close();
  }

  async #load(): Promise<void> {
    const now = this.#now();
    for (const { record, jwts, isRevoked } of await this.#rows.load(now)) {
      this.#book.count(record.userId, record.createdAtMs);
      if (record.expiresAtMs <= now) continue;
      if (isRevoked) {
        this.#revoked.set(record.id, record.expiresAtMs);
        continue;
      }
      const whole = { ...record, identity: this.#identity(record.id, record.userId) };
      this.#book.put(whole);
      for (const jwt of jwts) this.#book.putJwt(jwt);
      this.#options.rights.put('streamToken', whole);
    }
  }

  async #refusalOf(asker: Asker, wish: StreamTokenWish): Promise<Refusal | undefined> {
    const { rights, limits, settings } = this.#options;
    const { cameraId, actions, minutes } = wish;
    if (lenderId(asker.identity) === undefined) return NOTHING_TO_LEND;
    const most = longest(settings());
    if (minutes !== undefined && minutes > most) {
      return refusal('forbidden', 'ERR_STREAM_TOKEN_MINUTES', `A token lasts at most ${most} minutes here.`);
    }
    return lendingRefusal(rights, asker.identity, cameraId, actions) ?? rateRefusal(limits, asker);
  }

  #overLimit({ identity }: Asker, { cameraId }: StreamTokenWish): Refusal | undefined {
    const now = this.#now();
    if (this.#book.size >= MAX_TOKENS)
      return refusal('limited', 'ERR_STREAM_TOKEN_LIMIT', TOO_MANY, MINUTE_MS);
    // Keys are for programs, which make tokens for others; what people make is counted.
    if (identity.kind !== 'user') return undefined;
    const { perUser, perHour, plans } = this.#options.settings();
    const plan = this.#options.planOf(identity.id);
    const perDay = plan === undefined ? undefined : plans[plan]?.perDay;
    const reached = this.#book.limitReached(identity.id, { perUser, perHour, perDay }, now);
    if (reached === undefined) return undefined;
    this.#options.logger.info(
      { user: identity.name, camera: cameraId, limit: reached.limit },
      'refused a stream token: limit',
    );
    return refusal('limited', 'ERR_STREAM_TOKEN_LIMIT', limitSentence(reached), reached.retryAfterMs);
  }

  #newRecord(
    identity: Identity,
    { cameraId, actions, minutes, ...bound }: StreamTokenWish,
  ): StreamTokenRecord {
    const now = this.#now();
    const id = randomUUID();
    const userId = lenderId(identity) ?? '';
    const lastsMs = (minutes ?? this.#options.settings().minutes) * MINUTE_MS;
    return {
      id,
      userId,
      cameraId,
      actions: [...new Set(actions)].sort(),
      address: bound.address === undefined ? undefined : plainAddress(bound.address),
      userAgentHash: bound.userAgent === undefined ? undefined : secretHash(bound.userAgent),
      createdAtMs: now,
      expiresAtMs: wholeSecond(now + lastsMs),
      identity: { kind: 'streamToken', id, userId, name: identityName(identity) },
    };
  }

  #identity(id: string, userId: string): StreamTokenRecord['identity'] {
    return { kind: 'streamToken', id, userId, name: this.#options.nameOf(userId) ?? 'unknown' };
  }

  async #sign({ id, userId, cameraId, actions }: StreamTokenRecord, expiresAtMs: number): Promise<string> {
    return this.#signer.sign({
      jti: id,
      sub: userId,
      camera: cameraId,
      actions,
      exp: expiresAtMs / 1000,
      iss: TOKEN_ISSUER,
    });
  }

  #audit(
    verb: 'created' | 'refreshed' | 'revoked',
    asker: Asker,
    cameraId: string,
    target?: string,
    detail: Readonly<Record<string, unknown>> = {},
  ): void {
    const result = 'refused' in detail ? 'refused' : 'ok';
    const action = `streamToken.${verb}` as const;
    this.#options.audit.record({ ...askedBy(asker), action, cameraId, target, result, detail });
  }
}

function isBoundTo({ address, userAgentHash }: StreamTokenRecord, peer: Peer): boolean {
  if (address !== undefined && plainAddress(peer.address) !== address) return false;
  return userAgentHash === undefined || secretHash(peer.userAgent ?? '') === userAgentHash;
}

function longest({ minutes, maxMinutes }: StreamTokenSettings): number {
  return Math.max(minutes, maxMinutes);
}

/** `exp` counts seconds (RFC 7519 §2, NumericDate). */
function wholeSecond(timeMs: number): number {
  return Math.ceil(timeMs / 1000) * 1000;
}

function limitSentence({ limit, allowed }: LimitReached): string {
  const span = { perUser: 'valid at a time', perHour: 'an hour', perDay: 'a day in your plan' }[limit];
  return `The limit ${limit} is reached: ${allowed} stream tokens ${span}.`;
}
