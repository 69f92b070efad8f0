import assert from 'node:assert/strict';
import type { CreatedUser, Grant, NewUser } from '@vedette/contract';
import { ADMINISTRATOR, logIn as logInByApi, type ApiClient } from './access.ts';
import type { Browser } from './chromium.ts';
import type { Login } from './visitor.ts';

/** Does by the API what tests of the dashboard need done beforehand. */
export class Administrator {
  readonly #api: ApiClient;

  private constructor(api: ApiClient) {
    this.#api = api;
  }

  static async logIn(http: string, password: string): Promise<Administrator> {
    return new Administrator(await logInByApi(http, ADMINISTRATOR.name, password));
  }

  /** What the API answers. @throws {ApiFault} it says no. */
  async send<Answer>(method: string, path: string, body?: object): Promise<Answer> {
    return (await this.#api.ask(method, path, body)) as Answer;
  }

  async newUser(user: NewUser): Promise<CreatedUser> {
    return this.#api.makeNewcomer(user);
  }

  /** Somebody who has logged in before, and chosen `password`. */
  async newPerson(name: string, password: string, grants: Grant[] = []): Promise<CreatedUser> {
    return this.#api.makePerson({ name, grants }, password);
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
