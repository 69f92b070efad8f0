import type { CameraAction } from '@vedette/contract';
import type { Identity } from '../identity.ts';

/** A stream token, as everything here needs it. */
export interface StreamTokenRecord {
  readonly id: string;
  /** Of the user or the API key that made it. */
  readonly userId: string;
  readonly cameraId: string;
  readonly actions: readonly CameraAction[];
  /** The only address that it is good from. */
  readonly address: string | undefined;
  /** SHA-256 of the only User-Agent that it is good with. */
  readonly userAgentHash: string | undefined;
  readonly createdAtMs: number;
  /** Of the JWT that was issued last. */
  readonly expiresAtMs: number;
  /** Who shows it. */
  readonly identity: Extract<Identity, { kind: 'streamToken' }>;
}

/** One JWT of a token: a refresh issues another one, and the former stays good until its own end. */
export interface IssuedJwt {
  readonly hash: string;
  readonly tokenId: string;
  readonly expiresAtMs: number;
  /** The signature was found right: it is looked at once. */
  isChecked: boolean;
}

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** How many tokens somebody may have and make. */
export interface StreamTokenLimits {
  /** Valid ones at a time. */
  readonly perUser: number;
  readonly perHour: number;
  /** `undefined`: no plan says. */
  readonly perDay: number | undefined;
}

/** A limit that was reached. */
export interface LimitReached {
  readonly limit: keyof StreamTokenLimits;
  readonly allowed: number;
  readonly retryAfterMs: number;
}

/** What somebody made within the last day. */
class Made {
  readonly tokenIds = new Set<string>();
  /** When, ascending. */
  times: number[] = [];
}

/**
 * All stream tokens that are valid, and who made how many, in memory: checks cost a hash and two look-ups. Every
 * method is synchronous, so that what is counted and what is entered cannot come apart.
 */
export class StreamTokenBook {
  readonly #records = new Map<string, StreamTokenRecord>();
  readonly #jwts = new Map<string, IssuedJwt>();
  readonly #jwtsOf = new Map<string, IssuedJwt[]>();
  readonly #made = new Map<string, Made>();

  get size(): number {
    return this.#records.size;
  }

  get(id: string): StreamTokenRecord | undefined {
    return this.#records.get(id);
  }

  jwt(hash: string): IssuedJwt | undefined {
    return this.#jwts.get(hash);
  }

  /** Those of the token that are still good, the latest at the end. */
  jwtsOf(id: string): readonly IssuedJwt[] {
    return this.#jwtsOf.get(id) ?? [];
  }

  list(): StreamTokenRecord[] {
    return [...this.#records.values()];
  }

  /** Of one user or API key. */
  listOf(userId: string): StreamTokenRecord[] {
    return [...(this.#made.get(userId)?.tokenIds ?? [])].flatMap((id) => this.#records.get(id) ?? []);
  }

  /** Counts a token that was made, whatever became of it. */
  count(userId: string, createdAtMs: number): void {
    const { times } = this.#madeBy(userId);
    times.push(createdAtMs);
    const last = times.length - 1;
    if ((times[last - 1] ?? 0) > createdAtMs) times.sort((a, b) => a - b);
  }

  /** Takes back what {@link count} counted: it was not made after all. */
  uncount(userId: string, createdAtMs: number): void {
    const { times } = this.#madeBy(userId);
    const index = times.lastIndexOf(createdAtMs);
    if (index >= 0) times.splice(index, 1);
    this.#forgetIdle(userId);
  }

  /** Enters a token, or replaces what is known of it. */
  put(record: StreamTokenRecord): void {
    this.#records.set(record.id, record);
    this.#madeBy(record.userId).tokenIds.add(record.id);
  }

  /** Enters a JWT of a token. */
  putJwt(jwt: IssuedJwt): void {
    this.#jwts.set(jwt.hash, jwt);
    const those = (this.#jwtsOf.get(jwt.tokenId) ?? []).filter(({ hash }) => hash !== jwt.hash);
    this.#jwtsOf.set(jwt.tokenId, [...those, jwt]);
  }

  /** Takes out a token and all its JWTs; that it was made still counts. */
  remove(id: string): StreamTokenRecord | undefined {
    const record = this.#records.get(id);
    if (record === undefined) return undefined;
    this.#records.delete(id);
    for (const { hash } of this.jwtsOf(id)) this.#jwts.delete(hash);
    this.#jwtsOf.delete(id);
    this.#made.get(record.userId)?.tokenIds.delete(id);
    this.#forgetIdle(record.userId);
    return record;
  }

  /** Takes out what is over. @returns the ids of the tokens that were. */
  removeExpired(nowMs: number): string[] {
    for (const [userId, made] of this.#made) {
      made.times = made.times.filter((time) => time > nowMs - DAY_MS);
      this.#forgetIdle(userId);
    }
    for (const [id, those] of this.#jwtsOf) {
      for (const { hash, expiresAtMs } of those) if (expiresAtMs <= nowMs) this.#jwts.delete(hash);
      const left = those.filter(({ expiresAtMs }) => expiresAtMs > nowMs);
      if (left.length < those.length) this.#jwtsOf.set(id, left);
    }
    const over = this.list().filter(({ expiresAtMs }) => expiresAtMs <= nowMs);
    return over.flatMap(({ id }) => this.remove(id)?.id ?? []);
  }

  /** The limit that one more token of this user would break; `undefined`: none. */
  limitReached(userId: string, limits: StreamTokenLimits, nowMs: number): LimitReached | undefined {
    const { times } = this.#made.get(userId) ?? { times: [] };
    const ends = this.listOf(userId)
      .map(({ expiresAtMs }) => expiresAtMs)
      .filter((end) => end > nowMs)
      .sort((a, b) => a - b);
    const reached = (
      limit: keyof StreamTokenLimits,
      allowed: number | undefined,
      until: readonly number[],
    ): LimitReached[] => {
      if (allowed === undefined || until.length < allowed) return [];
      const free = until[until.length - allowed] ?? nowMs;
      return [{ limit, allowed, retryAfterMs: Math.max(1, free - nowMs) }];
    };
    const after = (spanMs: number): number[] =>
      times.filter((time) => time > nowMs - spanMs).map((time) => time + spanMs);
    return [
      ...reached('perUser', limits.perUser, ends),
      ...reached('perHour', limits.perHour, after(HOUR_MS)),
      ...reached('perDay', limits.perDay, after(DAY_MS)),
    ].sort((a, b) => b.retryAfterMs - a.retryAfterMs)[0];
  }

  #madeBy(userId: string): Made {
    let made = this.#made.get(userId);
    if (made === undefined) {
      made = new Made();
      this.#made.set(userId, made);
    }
    return made;
  }

  #forgetIdle(userId: string): void {
    const made = this.#made.get(userId);
    if (made?.tokenIds.size === 0 && made.times.length === 0) this.#made.delete(userId);
  }
}
