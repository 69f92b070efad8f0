import { DEVICE_COOKIE, SESSION_COOKIE, type CookieLogin, type TokenPair } from '@vedette/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AuditAction, AuditEntry, AuditTrail } from '../access/audit-entry.ts';
import type { Peer, Refusal } from '../access/door.ts';
import type { ApiTokens, IssuedTokens } from '../access/login/api-tokens.ts';
import { DEVICE_COOKIE_SECONDS, type DeviceCookies } from '../access/login/device-cookies.ts';
import type { UserRecord, UserRecords } from '../access/login/user-records.ts';
import type { FoundSession, WebSessions } from '../access/login/web-sessions.ts';
import type { HttpAccess } from '../servers/http/http-access.ts';
import type { HttpProblem } from '../servers/http/problems.ts';
import { NOT_A_PERSON, refusalProblem } from '../servers/http/refusal-problem.ts';

export interface LoginContextDependencies {
  readonly users: UserRecords;
  readonly webSessions: WebSessions;
  readonly tokens: ApiTokens;
  readonly devices: DeviceCookies;
  readonly audit: AuditTrail;
  readonly http: Pick<HttpAccess, 'seen' | 'peer' | 'shown'>;
  /** `access.sessionHours`. */
  readonly sessionHours: number;
  /** `access.refreshTokenDays`: as long lasts a login of the dashboard that is to be remembered. */
  readonly refreshTokenDays: number;
  /** Ends the running media sessions of a user: `SessionGuard.endSessionsOfUser`. */
  readonly endSessions: (userId: string, reason: string) => void;
}

const HOUR_MS = 3_600_000;
/** Browsers keep none longer (RFC 6265bis §5.5); when the login ends, the server knows. */
const COOKIE_SECONDS = 400 * 24 * 3600;
const DEVICE_COOKIE_PATH = '/api/v1';

/** What the routes of logging in and of the profile share: who asks, from where, and how he is answered. */
export class LoginContext {
  readonly #dependencies: LoginContextDependencies;

  constructor(dependencies: LoginContextDependencies) {
    this.#dependencies = dependencies;
  }

  peer(request: FastifyRequest): Peer {
    return this.#dependencies.http.peer(request.raw);
  }

  /** From where, and on which device. */
  from(request: FastifyRequest): { readonly peer: Peer; readonly device: string | undefined } {
    return { peer: this.peer(request), device: request.cookies[DEVICE_COOKIE] };
  }

  /** The person who asks, for routes whose access is `person`. @throws {HttpProblem} he was removed just now. */
  userOf({ identity, headers }: FastifyRequest): UserRecord {
    const user = identity.kind === 'user' ? this.#dependencies.users.byId(identity.id) : undefined;
    if (user !== undefined) return user;
    throw refusalProblem(NOT_A_PERSON, { headers, isMedia: false });
  }

  /** Whoever knows what was void is not to go on watching. */
  endMedia({ id }: UserRecord, reason: string): void {
    this.#dependencies.endSessions(id, reason);
  }

  /** The login of the dashboard that the request comes from, where it counts. */
  sessionOf(request: FastifyRequest): FoundSession | undefined {
    const { http, webSessions } = this.#dependencies;
    for (const credentials of http.shown(request.raw).credentials) {
      if (credentials.kind === 'cookie') return webSessions.find(credentials.value);
    }
    return undefined;
  }

  /** Whether the login that the request comes from was to outlive the browser. */
  isRemembered(request: FastifyRequest): boolean {
    const { session } = this.sessionOf(request) ?? {};
    return session !== undefined && session.expiresAt - session.lastSeenAt > this.#sessionMs();
  }

  /** Whether the request shows the cookie of a login, though that may have ended since. */
  showsCookie(request: FastifyRequest): boolean {
    return this.#dependencies.http.shown(request.raw).credentials.some(({ kind }) => kind === 'cookie');
  }

  /** The token that the request shows. */
  bearerOf(request: FastifyRequest): string | undefined {
    for (const credentials of this.#dependencies.http.shown(request.raw).credentials) {
      if (credentials.kind === 'token') return credentials.token;
    }
    return undefined;
  }

  /** Begins a login of the dashboard: sets the cookie, and the one by which this browser is known again. */
  async beginSession(
    request: FastifyRequest,
    reply: FastifyReply,
    user: UserRecord,
    isRemembered: boolean,
  ): Promise<CookieLogin> {
    const { webSessions, devices, refreshTokenDays } = this.#dependencies;
    const lengthMs = isRemembered ? refreshTokenDays * 24 * HOUR_MS : this.#sessionMs();
    const value = await webSessions.begin(user, this.peer(request), lengthMs);
    const common = { httpOnly: true, secure: this.#isSecure(request) } as const;
    void reply
      .header('cache-control', 'no-store')
      .setCookie(SESSION_COOKIE, value, {
        ...common,
        path: '/',
        sameSite: 'lax',
        ...(isRemembered ? { maxAge: COOKIE_SECONDS } : {}),
      })
      .setCookie(DEVICE_COOKIE, devices.make(user.id), {
        ...common,
        path: DEVICE_COOKIE_PATH,
        sameSite: 'strict',
        maxAge: DEVICE_COOKIE_SECONDS,
      });
    return { expiresIn: lengthMs / 1000, mustChangePassword: user.mustChangePassword };
  }

  endCookie(request: FastifyRequest, reply: FastifyReply): void {
    void reply.clearCookie(SESSION_COOKIE, {
      path: '/',
      httpOnly: true,
      sameSite: 'lax',
      secure: this.#isSecure(request),
    });
  }

  /** Begins a login of the API. */
  async issueTokens(reply: FastifyReply, user: UserRecord): Promise<TokenPair> {
    return this.pair(reply, await this.#dependencies.tokens.issue(user));
  }

  pair(reply: FastifyReply, issued: IssuedTokens): TokenPair {
    void reply.header('cache-control', 'no-store');
    return {
      tokenType: 'Bearer',
      accessToken: issued.accessToken,
      refreshToken: issued.refreshToken,
      expiresIn: issued.expiresInSeconds,
      mustChangePassword: issued.user.mustChangePassword,
    };
  }

  record(
    request: FastifyRequest,
    action: AuditAction,
    user: Pick<UserRecord, 'id' | 'name'>,
    detail: Readonly<Record<string, unknown>> = {},
    result: AuditEntry['result'] = 'ok',
  ): void {
    const { address, userAgent } = this.peer(request);
    const identity = { kind: 'user', id: user.id, name: user.name } as const;
    this.#dependencies.audit.record({
      identity,
      action,
      target: user.name,
      address,
      userAgent,
      result,
      detail,
    });
  }

  refused({ headers }: FastifyRequest, refusal: Refusal): HttpProblem {
    return refusalProblem(refusal, { headers, isMedia: false });
  }

  #sessionMs(): number {
    return this.#dependencies.sessionHours * HOUR_MS;
  }

  #isSecure(request: FastifyRequest): boolean {
    return this.#dependencies.http.seen(request.raw).isEncrypted;
  }
}
