import {
  createdPublishKey,
  createdShareLink,
  createdUser,
  issuedStreamToken,
  madeApiKey,
  openedShareLink,
  sessionPage,
  tokenPair,
  type ApiKeyScope,
  type CreatedUser,
  type Grant,
  type IssuedStreamToken,
  type NewShareLink,
  type NewStreamToken,
  type NewUser,
  type Session,
} from '@vedette/contract';

/** Who the tests' administrator is; the password is for `VEDETTE_ADMIN_PASSWORD`. */
export const ADMINISTRATOR = { name: 'admin', password: 'the first of all passwords' } as const;

/** Limits that a test never comes to which asks thousands of times from one address. */
export const NO_LIMITS =
  'access: {limits: {login: {count: 100000, seconds: 60}, tokens: {count: 100000, seconds: 60}, ' +
  'api: {count: 100000, seconds: 60}, sessions: {count: 100000, seconds: 60}}, ' +
  'streamTokens: {perUser: 100000, perHour: 100000}}';

/** What a stranger cannot know. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly password: string;
  /** For `Authorization: Bearer`, and in place of a password at media doors. */
  readonly token: string;
}

/** An answer that was not expected. */
export class ApiFault extends Error {
  readonly status: number;

  constructor(method: string, path: string, status: number, body: string) {
    super(`${method} ${path}: ${status} ${body}`);
    this.status = status;
  }
}

/** Somebody who uses the API with one secret word; nobody without. */
export class ApiClient {
  readonly http: string;
  readonly token: string | undefined;

  constructor(http: string, token?: string) {
    this.http = http;
    this.token = token;
  }

  /** @param body sent as JSON where there is one. */
  async send(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(`${this.http}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** The answer's body. @throws {ApiFault} it is a refusal. */
  async ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await this.send(method, path, body);
    const text = await response.text();
    if (!response.ok) throw new ApiFault(method, path, response.status, text);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  }

  async sessions(): Promise<Session[]> {
    return sessionPage.parse(await this.ask('GET', '/api/v1/sessions?limit=1000')).items;
  }

  async makeStreamToken(wish: NewStreamToken): Promise<IssuedStreamToken> {
    return issuedStreamToken.parse(await this.ask('POST', '/api/streaming/token', wish));
  }

  /** @returns its id, and what it is opened with. */
  async makeShareLink(wish: NewShareLink): Promise<{ readonly id: string; readonly secret: string }> {
    return createdShareLink.parse(await this.ask('POST', '/api/v1/share-links', wish));
  }

  /** @returns what stands for whoever opened the link. */
  async openShareLink(secret: string): Promise<string> {
    return openedShareLink.parse(await this.ask('POST', '/api/v1/share-links/open', { secret })).token;
  }

  async makePublishKey(camera: string): Promise<string> {
    const made = await this.ask('POST', `/api/v1/cameras/${camera}/publish-keys`, { name: 'encoder' });
    return createdPublishKey.parse(made).key;
  }

  async makeApiKey(
    name: string,
    scope: Partial<ApiKeyScope>,
    expiresAt?: Date,
  ): Promise<{ readonly id: string; readonly key: string }> {
    const wish = { name, scope, expiresAt: expiresAt?.toISOString() ?? null };
    return madeApiKey.parse(await this.ask('POST', '/api/v1/api-keys', wish));
  }

  /** Somebody who has not logged in yet. */
  async makeNewcomer(wish: NewUser): Promise<CreatedUser> {
    return createdUser.parse(await this.ask('POST', '/api/v1/users', wish));
  }

  /** Somebody who has logged in once, and chosen `password`. */
  async makePerson(wish: NewUser, password: string): Promise<CreatedUser> {
    const made = await this.makeNewcomer(wish);
    const first = made.initialPassword ?? wish.password ?? '';
    const newcomer = await logIn(this.http, made.name, first);
    await newcomer.ask('POST', '/api/v1/me/password', { currentPassword: first, newPassword: password });
    return made;
  }

  /** Somebody with a password of his own, and logged in. */
  async makeUser(wish: NewUser): Promise<Account> {
    const password = `own-word-of-${wish.name}`;
    const { id, name } = await this.makePerson(wish, password);
    const { token = '' } = await logIn(this.http, name, password);
    return { id, name, password, token };
  }

  /** What is granted to somebody from now on. */
  async grant(userId: string, grants: readonly Grant[]): Promise<void> {
    await this.ask('PATCH', `/api/v1/users/${userId}`, { grants });
  }
}

/** @param headers of a proxy, say. @throws {ApiFault} */
export async function logIn(
  http: string,
  name: string,
  password: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<ApiClient> {
  const path = '/api/v1/auth/login';
  const response = await fetch(`${http}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ name, password }),
  });
  if (!response.ok) throw new ApiFault('POST', path, response.status, await response.text());
  return new ApiClient(http, tokenPair.parse(await response.json()).accessToken);
}

/** The administrator of a gateway that was started with {@link ADMINISTRATOR}'s password. */
export async function administrator(http: string): Promise<ApiClient> {
  return logIn(http, ADMINISTRATOR.name, ADMINISTRATOR.password);
}

/** Leave to do some things with one camera. */
export function grantOf(camera: string, ...actions: Grant['actions']): Grant {
  return { target: { kind: 'camera', id: camera }, actions };
}
