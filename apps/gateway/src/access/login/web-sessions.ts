import { randomBytes, randomUUID } from 'node:crypto';
import type { Logger } from '../../observability/logger.ts';
import type { WebSessionsTable } from '../../store/schema.ts';
import type { Store } from '../../store/store.ts';
import type { Peer } from '../door.ts';
import { secretHash } from '../tokens/secret-word.ts';
import type { KnownAddresses } from './known-addresses.ts';
import type { UserRecord, UserRecords } from './user-records.ts';

/** A login of the dashboard. */
export type WebSession = Readonly<WebSessionsTable>;

export interface FoundSession {
  readonly session: WebSession;
  readonly user: UserRecord;
}

export interface WebSessionsOptions {
  readonly store: Pick<Store, 'db'>;
  readonly users: UserRecords;
  readonly logger: Logger;
  readonly now?: () => number;
}

/** Of one user; the one that was not used for longest ends for a further one. */
const MAX_OF_USER = 50;
const SEEN_WRITE_MS = 60_000;
const SWEEP_MS = 60 * 60_000;
const COOKIE_BYTES = 32;
const MAX_USER_AGENT = 300;

/**
 * Who is logged in on the dashboard. All of them are in memory, so that a page costs no query; of the cookie only the
 * hash is kept. One that is not used ends after the length that it was begun with.
 */
export class WebSessions {
  readonly #options: WebSessionsOptions;
  readonly #now: () => number;
  readonly #byHash = new Map<string, WebSessionsTable>();
  /** When each was written as seen. */
  readonly #writtenAt = new Map<string, number>();
  #sweptAt = 0;

  constructor(options: WebSessionsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  get size(): number {
    return this.#byHash.size;
  }

  /** Reads those that have not ended, and from where people have logged in. */
  async load(addresses: KnownAddresses): Promise<void> {
    const { db } = this.#options.store;
    const rows = await db.selectFrom('webSessions').selectAll().orderBy('lastSeenAt').execute();
    for (const row of rows) {
      addresses.note(row.userId, row.address);
      if (row.expiresAt > this.#now()) this.#byHash.set(row.hash, row);
    }
    await this.#sweep();
  }

  /**
   * Begins one.
   *
   * @param lengthMs how long it lasts without being used.
   * @returns the value of the cookie, which is kept nowhere.
   * @throws {StoreUnavailableError}
   */
  async begin(user: UserRecord, { address, userAgent = '' }: Peer, lengthMs: number): Promise<string> {
    const value = randomBytes(COOKIE_BYTES).toString('base64url');
    const now = this.#now();
    const session: WebSessionsTable = {
      hash: secretHash(value),
      id: randomUUID(),
      userId: user.id,
      createdAt: Math.max(now, user.validFromMs),
      lastSeenAt: now,
      expiresAt: now + lengthMs,
      address,
      userAgent: userAgent.slice(0, MAX_USER_AGENT),
    };
    await this.#options.store.db.insertInto('webSessions').values(session).execute();
    this.#byHash.set(session.hash, session);
    const surplus = this.list(user.id).slice(MAX_OF_USER);
    await this.#remove(surplus);
    if (now - this.#sweptAt > SWEEP_MS) await this.#sweep();
    return value;
  }

  /** Whose cookie it is; that he was here now is noted. */
  find(cookie: string): FoundSession | undefined {
    const session = this.#byHash.get(secretHash(cookie));
    if (session === undefined) return undefined;
    const user = this.#options.users.byId(session.userId);
    const now = this.#now();
    const isValid =
      user !== undefined &&
      !user.isDisabled &&
      session.expiresAt > now &&
      session.createdAt >= user.validFromMs;
    if (!isValid) return undefined;
    this.#touch(session, now);
    return { session, user };
  }

  /** Those of the user, the one that was used last first. */
  list(userId: string): WebSession[] {
    const user = this.#options.users.byId(userId);
    const now = this.#now();
    return [...this.#byHash.values()]
      .filter((session) => session.userId === userId && session.expiresAt > now)
      .filter(({ createdAt }) => user !== undefined && createdAt >= user.validFromMs)
      .sort((a, b) => b.lastSeenAt - a.lastSeenAt || (a.id < b.id ? -1 : 1));
  }

  /** Ends one of the user's. @returns whether there was one. */
  async end(userId: string, id: string): Promise<boolean> {
    const ended = this.list(userId).filter((session) => session.id === id);
    await this.#remove(ended);
    return ended.length > 0;
  }

  /** Ends all of the user's but one. @returns how many there were. */
  async endOthers(userId: string, exceptId: string | undefined): Promise<number> {
    const ended = [...this.#byHash.values()].filter(
      (session) => session.userId === userId && session.id !== exceptId,
    );
    await this.#remove(ended);
    return ended.length;
  }

  /** In memory first: it has ended, also where the store can't be told. */
  async #remove(sessions: readonly WebSession[]): Promise<void> {
    if (sessions.length === 0) return;
    const hashes = sessions.map(({ hash }) => hash);
    for (const hash of hashes) this.#forget(hash);
    await this.#options.store.db.deleteFrom('webSessions').where('hash', 'in', hashes).execute();
  }

  #forget(hash: string): void {
    this.#byHash.delete(hash);
    this.#writtenAt.delete(hash);
  }

  #touch(session: WebSessionsTable, now: number): void {
    // How long it lasts stands nowhere else: both moments are always set together.
    const lengthMs = session.expiresAt - session.lastSeenAt;
    session.lastSeenAt = now;
    session.expiresAt = now + lengthMs;
    const { hash, lastSeenAt, expiresAt } = session;
    if (now - (this.#writtenAt.get(hash) ?? 0) < SEEN_WRITE_MS) return;
    this.#writtenAt.set(hash, now);
    this.#options.store.db
      .updateTable('webSessions')
      .set({ lastSeenAt, expiresAt })
      .where('hash', '=', hash)
      .execute()
      .catch((error: unknown) => {
        this.#options.logger.debug({ err: error }, 'the last use of a login was not kept');
      });
  }

  async #sweep(): Promise<void> {
    const now = this.#now();
    this.#sweptAt = now;
    for (const { hash, expiresAt } of this.#byHash.values()) if (expiresAt <= now) this.#forget(hash);
    await this.#options.store.db.deleteFrom('webSessions').where('expiresAt', '<=', now).execute();
  }
}
