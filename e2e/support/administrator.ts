import assert from 'node:assert/strict';
import type { CreatedUser, Grant, NewUser, TokenPair } from '@vedette/contract';
import type { Browser } from './chromium.ts';
import type { Login } from './visitor.ts';

/** What the API answers to JSON; `undefined` where there is nothing. @throws where it says no. */
async function ask<Answer>(
  url: string,
  method: string,
  token: string | undefined,
  body?: object,
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${url}: ${response.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as Answer;
}

/** Does by the API what tests of the dashboard need done beforehand. */
export class Administrator {
  readonly #http: string;
  readonly #token: string;

  private constructor(http: string, token: string) {
    this.#http = http;
    this.#token = token;
  }

  static async logIn(http: string, password: string): Promise<Administrator> {
    const request = { name: 'admin', password };
    const { accessToken } = await ask<TokenPair>(`${http}/api/v1/auth/login`, 'POST', undefined, request);
    return new Administrator(http, accessToken);
  }

  async send<Answer>(method: string, path: string, body?: object): Promise<Answer> {
    return ask<Answer>(`${this.#http}${path}`, method, this.#token, body);
  }

  async newUser(user: NewUser): Promise<CreatedUser> {
    return this.send<CreatedUser>('POST', '/api/v1/users', user);
  }

  /** Somebody who has logged in before, and chosen `password`. */
  async newPerson(name: string, password: string, grants: Grant[] = []): Promise<CreatedUser> {
    const user = await this.newUser({ name, grants });
    const { initialPassword } = user;
    assert.ok(initialPassword !== null);
    const first = { name, password: initialPassword };
    const { accessToken } = await ask<TokenPair>(`${this.#http}/api/v1/auth/login`, 'POST', undefined, first);
    const change = { currentPassword: initialPassword, newPassword: password };
    await ask(`${this.#http}/api/v1/me/password`, 'POST', accessToken, change);
    return user;
  }
}

/** Logs in as a browser does. @returns what a visitor has then. */
export async function logIn(browser: Browser, http: string, name: string, password: string): Promise<Login> {
  const visitor = await browser.newContext();
  const answer = await visitor.request.post(`${http}/api/v1/auth/login`, {
    data: { name, password, cookie: true },
  });
  assert.equal(answer.status(), 200, await answer.text());
  const login = await visitor.storageState();
  await visitor.close();
  return login;
}
