import type { ApiTokens } from './api-tokens.ts';
import type { PasswordState, UserChange, UserRecord, UserRecords } from './user-records.ts';
import type { FoundSession, WebSessions } from './web-sessions.ts';

export interface LogoutOptions {
  readonly users: UserRecords;
  readonly sessions: WebSessions;
  readonly tokens: ApiTokens;
  readonly now?: () => number;
}

/** Ends logins of a user: one, or all of them with every token and cookie that was issued before. */
export class Logout {
  readonly #options: LogoutOptions;
  readonly #now: () => number;

  constructor(options: LogoutOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /**
   * Ends one login: that of the dashboard, of the access token and of the refresh token that are shown.
   *
   * @returns the id of the user whose login it was.
   * @throws {StoreUnavailableError}
   */
  async one(shown: {
    readonly session?: FoundSession | undefined;
    readonly accessToken?: string | undefined;
    readonly refreshToken?: string | undefined;
  }): Promise<string | undefined> {
    const { sessions, tokens } = this.#options;
    const found = shown.session;
    if (found !== undefined) await sessions.end(found.user.id, found.session.id);
    const holder = shown.accessToken === undefined ? undefined : tokens.find(shown.accessToken);
    if (holder !== undefined) await tokens.endFamily(holder.familyId);
    const owner =
      shown.refreshToken === undefined ? undefined : await tokens.endByRefreshToken(shown.refreshToken);
    return found?.user.id ?? holder?.user.id ?? owner;
  }

  /**
   * Voids everything that was issued before, and changes the user in the same write.
   *
   * @returns the user as he is then; `undefined`: he is no more.
   * @throws {StoreUnavailableError}
   */
  async everywhere(
    user: Pick<UserRecord, 'id' | 'validFromMs'>,
    change: UserChange = {},
  ): Promise<UserRecord | undefined> {
    const { users, sessions } = this.#options;
    // Later than any moment at which something was issued, also within this millisecond.
    const validFromMs = Math.max(this.#now(), user.validFromMs) + 1;
    const changed = await users.update(user.id, { ...change, validFromMs });
    await sessions.endOthers(user.id, undefined);
    return changed;
  }

  /** A new password: whoever knew the old one is logged out by it. */
  withPassword(
    user: Pick<UserRecord, 'id' | 'validFromMs'>,
    password: PasswordState,
  ): Promise<UserRecord | undefined> {
    return this.everywhere(user, { password, mustChangePassword: false });
  }
}
