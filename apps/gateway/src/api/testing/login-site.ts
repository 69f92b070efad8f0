import { Identifier } from '../../access/identifier.ts';
import { passwordChangeFirst } from '../../access/login/must-change-password.ts';
import { AccessTokenProver } from '../../access/login/provers/access-token-prover.ts';
import { ApiKeyProver } from '../../access/login/provers/api-key-prover.ts';
import { CookieProver } from '../../access/login/provers/cookie-prover.ts';
import { PasswordProver } from '../../access/login/provers/password-prover.ts';
import { LoginDesk } from '../../access/login/testing/login-desk.ts';
import { TestDoor } from '../../access/testing/test-door.ts';
import { HttpAccess } from '../../servers/http/http-access.ts';
import { HttpServer } from '../../servers/http/http-server.ts';
import { apiKeyRoutes } from '../api-key-routes.ts';
import { authRoutes } from '../auth-routes.ts';
import { profileRoutes } from '../profile-routes.ts';

export interface Asked {
  readonly method?: string;
  readonly body?: unknown;
  readonly bearer?: string;
  readonly cookies?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answered {
  readonly status: number;
  /** `undefined` where there is none. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
  readonly headers: Headers;
  /** `Set-Cookie`, by name: the value, then the attributes. */
  readonly cookies: Readonly<Record<string, readonly string[]>>;
}

/** A server with the routes of logging in, as a client on another machine meets it through a proxy. */
export class LoginSite {
  readonly desk: LoginDesk;
  readonly #server: HttpServer;
  #url = '';

  constructor(desk: LoginDesk) {
    this.desk = desk;
    const { users, check, sessions, tokens, apiKeys, rights, limits, logger, now } = desk;
    const provers = [
      new CookieProver(sessions),
      new AccessTokenProver(tokens),
      new ApiKeyProver(apiKeys),
      new PasswordProver({ users, check, hasOutside: false }),
    ];
    const identifier = new Identifier({ provers, users, limits, logger, now });
    const access = new HttpAccess({
      door: new TestDoor([]),
      identify: (...shown) => identifier.identify(...shown),
      rights,
      limits,
      trustedProxies: ['127.0.0.1'],
      mayProceed: passwordChangeFirst(users),
    });
    this.#server = new HttpServer({ host: '127.0.0.1', port: 0, allowedOrigins: [], access, logger });
    this.#access = access;
  }

  readonly #access: HttpAccess;
  /** Whose media sessions were ended, and why. */
  readonly ended: [string, string][] = [];

  static async open(): Promise<LoginSite> {
    const site = new LoginSite(await LoginDesk.open());
    await site.#listen();
    return site;
  }

  async #listen(): Promise<void> {
    const { desk } = this;
    const { users, devices, tokens, rights, now } = desk;
    const common = {
      users,
      devices,
      tokens,
      webSessions: desk.sessions,
      audit: { record: (entry: (typeof desk.audit)[number]) => desk.audit.push(entry) },
      http: this.#access,
      sessionHours: 12,
      refreshTokenDays: 30,
      login: desk.login,
      logout: desk.logout,
      endSessions: (userId: string, reason: string) => this.ended.push([userId, reason]),
      now,
    };
    await this.#server.prepare();
    const { app } = this.#server;
    await app.register(
      authRoutes({
        ...common,
        methods: () => ({ mode: 'required', isLoginNeeded: true, password: true, oidc: null }),
      }),
    );
    await app.register(
      profileRoutes({
        ...common,
        rights,
        passwords: desk.passwords,
        recoveryCodes: desk.recoveryCodes,
        cameraIds: () => ['gate', 'yard'],
      }),
    );
    await app.register(apiKeyRoutes({ ...common, apiKeys: desk.apiKeys, limits: desk.limits }));
    this.#url = await this.#server.listen();
  }

  async ask(path: string, { method, body, bearer, cookies, headers }: Asked = {}): Promise<Answered> {
    const cookie = Object.entries(cookies ?? {})
      .map(([name, value]) => `${name}=${value}`)
      .join('; ');
    const response = await fetch(`${this.#url}${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: {
        'x-forwarded-for': '192.0.2.1',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        // As a browser sends them from a page of the site.
        ...(cookie === '' ? {} : { cookie, origin: this.#url }),
        ...headers,
      },
    });
    const text = await response.text();
    const set = response.headers.getSetCookie().map((line) => {
      const [pair = '', ...attributes] = line.split('; ');
      const [name = '', value = ''] = pair.split('=', 2);
      return [name, [value, ...attributes.sort()]] as const;
    });
    return {
      status: response.status,
      json: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>),
      headers: response.headers,
      cookies: Object.fromEntries(set),
    };
  }

  async close(): Promise<void> {
    await this.#server.close();
    await this.desk.close();
  }
}
