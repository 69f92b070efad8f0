import { loginAnswer, profile, tokenPair, totpSetup, type TokenPair } from '@vedette/contract';
import { Secret, TOTP } from 'otpauth';
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PASSWORD } from '../access/login/testing/login-desk.ts';
import { LoginSite, type Answered } from './testing/login-site.ts';

const ELSEWHERE = { 'x-forwarded-for': '198.51.100.7' };
const NEW_PASSWORD = 'another correct horse';

describe('routes of logging in', () => {
  let site: LoginSite;
  before(async () => {
    site = await LoginSite.open();
    await site.desk.addUser('admin', 'admin');
  });
  after(() => site.close());

  async function tokens(name: string, password = PASSWORD): Promise<TokenPair> {
    const { status, json } = await site.ask('/api/v1/auth/login', { body: { name, password } });
    assert.equal(status, 200, JSON.stringify(json));
    return tokenPair.parse(json);
  }
  async function cookie(name: string, more: object = {}): Promise<Record<string, string>> {
    const body = { name, password: PASSWORD, cookie: true, ...more };
    const { status, cookies } = await site.ask('/api/v1/auth/login', { body });
    assert.equal(status, 200);
    return Object.fromEntries(Object.entries(cookies).map(([key, [value = '']]) => [key, value]));
  }
  const codeOf = ({ status, json }: Answered): string => `${status} ${String(json?.['code'])}`;

  test('anybody may ask how people log in', async () => {
    const { status, json } = await site.ask('/api/v1/auth/methods');
    assert.equal(status, 200);
    assert.deepEqual(json, { mode: 'required', isLoginNeeded: true, password: true, oidc: null });
  });

  test('by the API: tokens and no cookie', async () => {
    const answer = await site.ask('/api/v1/auth/login', { body: { name: 'Admin', password: PASSWORD } });
    assert.deepEqual(answer.cookies, {});
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    const { accessToken, expiresIn } = tokenPair.parse(answer.json);
    assert.equal(expiresIn, 900);
    const me = await site.ask('/api/v1/me', { bearer: accessToken });
    const { user, siteActions, cameras } = profile.parse(me.json);
    assert.equal(user?.name, 'admin');
    assert.deepEqual(siteActions, ['monitor', 'configure', 'manageUsers', 'readAudit']);
    assert.deepEqual(
      cameras.map(({ id, actions }) => [id, actions.length]),
      [
        ['gate', 6],
        ['yard', 6],
      ],
    );
  });

  test('by the dashboard: a cookie that scripts, other sites and plain lines do not get, and no tokens', async () => {
    const body = { name: 'admin', password: PASSWORD, cookie: true };
    const plain = await site.ask('/api/v1/auth/login', { body });
    assert.deepEqual(plain.json, { expiresIn: 12 * 3600, mustChangePassword: false });
    loginAnswer.parse(plain.json);
    assert.deepEqual(plain.cookies['vedette_session']?.slice(1), ['HttpOnly', 'Path=/', 'SameSite=Lax']);
    assert.deepEqual(plain.cookies['vedette_device']?.slice(1), [
      'HttpOnly',
      'Max-Age=31536000',
      'Path=/api/v1',
      'SameSite=Strict',
    ]);
    const secure = await site.ask('/api/v1/auth/login', {
      body: { ...body, remember: true },
      headers: { 'x-forwarded-proto': 'https' },
    });
    assert.deepEqual(secure.cookies['vedette_session']?.slice(1), [
      'HttpOnly',
      'Max-Age=34560000',
      'Path=/',
      'SameSite=Lax',
      'Secure',
    ]);
    assert.equal(secure.json?.['expiresIn'], 30 * 24 * 3600);
  });

  test('a wrong password and an unknown name have the same answer', async () => {
    const wrong = await site.ask('/api/v1/auth/login', {
      body: { name: 'admin', password: 'x' },
      headers: ELSEWHERE,
    });
    const unknown = await site.ask('/api/v1/auth/login', {
      body: { name: 'x', password: 'x' },
      headers: ELSEWHERE,
    });
    assert.equal(codeOf(wrong), '401 ERR_LOGIN_FAILED');
    assert.deepEqual(wrong.json, unknown.json);
  });

  test('who guesses is told when to come again', async () => {
    const guess = (): Promise<Answered> =>
      site.ask('/api/v1/auth/login', {
        body: { name: 'admin', password: `guess` },
        headers: { 'x-forwarded-for': '198.51.100.99' },
      });
    const answers = [];
    for (let attempt = 0; attempt < 6; attempt += 1) answers.push(await guess());
    assert.equal(codeOf(answers.at(-1) ?? assert.fail()), '429 ERR_RATE_LIMITED');
    assert.equal(answers.at(-1)?.headers.get('retry-after'), '1');
  });

  test('what is no login is told which field is wrong', async () => {
    const { status, json } = await site.ask('/api/v1/auth/login', { body: { name: 'a b', password: 'x' } });
    assert.deepEqual([status, json?.['field']], [400, 'name']);
  });

  test('refresh, reuse, and what becomes of the login', async () => {
    const first = await tokens('admin');
    const refresh = (refreshToken: string): Promise<Answered> =>
      site.ask('/api/v1/auth/refresh', { body: { refreshToken } });
    const second = tokenPair.parse((await refresh(first.refreshToken)).json);
    assert.equal((await site.ask('/api/v1/me', { bearer: second.accessToken })).status, 200);
    assert.equal(codeOf(await refresh(first.refreshToken)), '401 ERR_REFRESH_TOKEN_REUSED');
    assert.equal((await site.ask('/api/v1/me', { bearer: second.accessToken })).status, 401);
    assert.equal(site.desk.audit.at(-1)?.action, 'login.tokenReused');
  });

  test('logout ends what is shown, also without a body', async () => {
    const [bearer, cookies] = [await tokens('admin'), await cookie('admin')];
    const out = await site.ask('/api/v1/auth/logout', { method: 'POST', cookies });
    assert.equal(out.status, 204);
    assert.equal(out.cookies['vedette_session']?.[0], '');
    assert.equal((await site.ask('/api/v1/me', { cookies })).status, 401);
    assert.equal((await site.ask('/api/v1/me', { bearer: bearer.accessToken })).status, 200);
    await site.ask('/api/v1/auth/logout', { method: 'POST', bearer: bearer.accessToken });
    assert.equal((await site.ask('/api/v1/me', { bearer: bearer.accessToken })).status, 401);
    assert.equal((await site.ask('/api/v1/auth/logout', { method: 'POST' })).status, 204, 'of nobody');
  });

  test('a page of another site can neither use the cookie nor log anybody out', async () => {
    const cookies = await cookie('admin');
    const headers = { origin: 'https://evil.example' };
    await site.ask('/api/v1/auth/logout', { method: 'POST', cookies, headers });
    await site.ask('/api/v1/auth/logout-everywhere', { method: 'POST', cookies, headers });
    assert.equal((await site.ask('/api/v1/me', { cookies })).status, 200);
  });

  test('logout everywhere', async () => {
    const user = await site.desk.addUser('everywhere');
    const [one, two] = [await tokens('everywhere'), await cookie('everywhere')];
    const out = await site.ask('/api/v1/auth/logout-everywhere', { method: 'POST', cookies: two });
    assert.equal(out.status, 204);
    assert.equal((await site.ask('/api/v1/me', { bearer: one.accessToken })).status, 401);
    assert.equal((await site.ask('/api/v1/me', { cookies: two })).status, 401);
    assert.equal(
      codeOf(await site.ask('/api/v1/auth/refresh', { body: { refreshToken: one.refreshToken } })),
      '401 ERR_REFRESH_TOKEN',
    );
    assert.ok(site.desk.users.byId(user.id));
    assert.deepEqual(site.ended.at(-1), [user.id, 'logged out everywhere']);
    await tokens('everywhere');
  });

  test('who has to change his password can do that, and nothing else before', async () => {
    const { id } = await site.desk.addUser('fresh', 'admin');
    await site.desk.users.update(id, { mustChangePassword: true });
    const cookies = await cookie('fresh');
    const ask = (path: string, body?: unknown): Promise<Answered> =>
      site.ask(path, { cookies, ...(body === undefined ? {} : { body }) });
    assert.equal((await ask('/api/v1/me')).status, 200);
    assert.equal(codeOf(await ask('/api/v1/api-keys')), '403 ERR_PASSWORD_CHANGE_REQUIRED');
    assert.equal(codeOf(await ask('/api/v1/me/sessions')), '403 ERR_PASSWORD_CHANGE_REQUIRED');
    const change = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
    assert.equal(
      codeOf(await ask('/api/v1/me/password', { ...change, currentPassword: 'x' })),
      '403 ERR_PASSWORD_WRONG',
    );
    assert.equal(
      codeOf(await ask('/api/v1/me/password', { ...change, newPassword: PASSWORD })),
      '400 ERR_PASSWORD_SAME',
    );
    assert.equal((await ask('/api/v1/me/password', { ...change, newPassword: 'short' })).status, 400);
    const changed = await ask('/api/v1/me/password', change);
    assert.equal(changed.status, 200);
    assert.deepEqual(site.ended.at(-1), [id, 'the password was changed']);
    assert.equal((await ask('/api/v1/me')).status, 401, 'the cookie before is void');
    const [value = ''] = changed.cookies['vedette_session'] ?? [];
    const next = { cookies: { vedette_session: value } };
    assert.equal((await site.ask('/api/v1/api-keys', next)).status, 200);
    await tokens('fresh', NEW_PASSWORD);
  });

  test('a password that is changed with a token is answered with tokens', async () => {
    await site.desk.addUser('bearer');
    const other = await cookie('bearer');
    const { accessToken } = await tokens('bearer');
    const body = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
    const { json } = await site.ask('/api/v1/me/password', { bearer: accessToken, body });
    const next = tokenPair.parse(json);
    assert.equal((await site.ask('/api/v1/me', { bearer: next.accessToken })).status, 200);
    assert.equal((await site.ask('/api/v1/me', { cookies: other })).status, 401, 'all others have ended');
    const basic = `Basic ${Buffer.from(`bearer:${PASSWORD}`).toString('base64')}`;
    assert.equal((await site.ask('/api/v1/me', { headers: { authorization: basic } })).status, 401);
  });

  test('a second factor from set-up to its end', async () => {
    await site.desk.addUser('two');
    const cookies = await cookie('two');
    const ask = (path: string, body: unknown): Promise<Answered> => site.ask(path, { cookies, body });
    const login = (code?: string): Promise<Answered> =>
      site.ask('/api/v1/auth/login', {
        body: { name: 'two', password: PASSWORD, ...(code === undefined ? {} : { code }) },
      });
    assert.equal(codeOf(await ask('/api/v1/me/totp/enable', { code: '123456' })), '409 ERR_TOTP_OFF');
    assert.equal(codeOf(await ask('/api/v1/me/totp', { password: 'x' })), '403 ERR_PASSWORD_WRONG');
    const { secret } = totpSetup.parse((await ask('/api/v1/me/totp', { password: PASSWORD })).json);
    const code = (): string =>
      new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: site.desk.now() });
    assert.equal((await login()).status, 200, 'not asked for before it is enabled');
    assert.equal(codeOf(await ask('/api/v1/me/totp/enable', { code: '000000' })), '403 ERR_TOTP_WRONG');
    const enabled = await ask('/api/v1/me/totp/enable', { code: code() });
    const [first = ''] = (enabled.json?.['codes'] ?? []) as string[];
    assert.equal(codeOf(await login()), '401 ERR_TOTP_REQUIRED');
    assert.equal(codeOf(await login(code())), '401 ERR_TOTP_WRONG', 'the code that enabled it is used up');
    site.desk.passMs(30_000);
    assert.equal((await login(code())).status, 200);
    assert.equal((await login(first)).status, 200);
    assert.equal(codeOf(await ask('/api/v1/me/totp', { password: PASSWORD })), '409 ERR_TOTP_ENABLED');
    const { user } = profile.parse((await site.ask('/api/v1/me', { cookies })).json);
    assert.deepEqual([user?.totp, user?.recoveryCodesLeft], [true, 9]);
    const renewed = await ask('/api/v1/me/recovery-codes', { password: PASSWORD });
    assert.equal((renewed.json?.['codes'] as string[]).length, 10);
    assert.equal((await ask('/api/v1/me/totp/disable', { password: PASSWORD })).status, 204);
    assert.equal((await login()).status, 200);
  });

  test('logins of the dashboard are listed, and ended', async () => {
    await site.desk.addUser('many');
    const [one, two, three] = [await cookie('many'), await cookie('many'), await cookie('many')];
    const list = async (cookies: Record<string, string>): Promise<{ id: string; current: boolean }[]> =>
      (await site.ask('/api/v1/me/sessions', { cookies })).json?.['items'] as never;
    const all = await list(one);
    assert.equal(all.length, 3);
    assert.equal(all.filter(({ current }) => current).length, 1);
    const own = (await list(two)).find(({ current }) => current)?.id ?? assert.fail();
    const end = (path: string): Promise<Answered> => site.ask(path, { method: 'DELETE', cookies: one });
    assert.equal((await end(`/api/v1/me/sessions/${own}`)).status, 204);
    assert.equal(codeOf(await end(`/api/v1/me/sessions/${own}`)), '404 ERR_LOGIN_NOT_FOUND');
    assert.equal((await site.ask('/api/v1/me', { cookies: two })).status, 401);
    assert.equal((await end('/api/v1/me/sessions')).status, 204);
    assert.equal((await site.ask('/api/v1/me', { cookies: three })).status, 401);
    assert.equal((await list(one)).length, 1);
  });

  test('the display name', async () => {
    const cookies = await cookie('admin');
    const body = { displayName: 'Mai Trần' };
    const { json } = await site.ask('/api/v1/me', { method: 'PATCH', cookies, body });
    assert.equal(profile.parse(json).user?.displayName, 'Mai Trần');
    assert.deepEqual(site.desk.audit.at(-1)?.detail, {
      before: { displayName: 'admin' },
      after: { displayName: 'Mai Trần' },
    });
  });

  test('keys of the API: made, used, listed without the key, revoked', async () => {
    const cookies = await cookie('admin');
    const scope = {
      actions: ['manageUsers'],
      grants: [{ target: { kind: 'camera', id: 'gate' }, actions: ['view'] }],
    };
    const made = await site.ask('/api/v1/api-keys', { cookies, body: { name: 'export', scope } });
    assert.equal(made.status, 201);
    const key = String(made.json?.['key']);
    const me = profile.parse((await site.ask('/api/v1/me', { bearer: key })).json);
    assert.deepEqual(me, {
      kind: 'apiKey',
      name: 'export',
      user: null,
      siteActions: ['manageUsers'],
      cameras: [{ id: 'gate', actions: ['view'] }],
    });
    assert.equal(codeOf(await site.ask('/api/v1/me/sessions', { bearer: key })), '403 ERR_NOT_A_PERSON');
    const greater = { name: 'greater', scope: { actions: ['configure'] } };
    assert.equal(
      codeOf(await site.ask('/api/v1/api-keys', { bearer: key, body: greater })),
      '403 ERR_FORBIDDEN',
    );
    const past = { name: 'past', scope: {}, expiresAt: '2020-01-01T00:00:00Z' };
    assert.equal((await site.ask('/api/v1/api-keys', { cookies, body: past })).status, 400);
    const listed = await site.ask('/api/v1/api-keys', { cookies });
    assert.ok(JSON.stringify(listed.json).includes('export'));
    assert.ok(!JSON.stringify(listed.json).includes(key));
    const path = `/api/v1/api-keys/${String(made.json?.['id'])}`;
    assert.equal((await site.ask(path, { method: 'DELETE', cookies })).status, 204);
    assert.equal(codeOf(await site.ask(path, { method: 'DELETE', cookies })), '404 ERR_API_KEY_NOT_FOUND');
    assert.equal((await site.ask('/api/v1/me', { bearer: key })).status, 401);
    assert.ok(!JSON.stringify(site.desk.audit).includes(key));
  });

  test('who may not manage users makes no keys', async () => {
    await site.desk.addUser('plain', 'operator');
    const { accessToken } = await tokens('plain');
    const body = { name: 'x', scope: {} };
    assert.equal(
      codeOf(await site.ask('/api/v1/api-keys', { bearer: accessToken, body })),
      '403 ERR_FORBIDDEN',
    );
  });
});

test('while the store is away: 503, and who is logged in stays so', async () => {
  const site = await LoginSite.open();
  try {
    const { id } = await site.desk.addUser('mai');
    const user = site.desk.users.byId(id) ?? assert.fail();
    const vedette_session = await site.desk.sessions.begin(user, { address: '192.0.2.1' }, 3_600_000);
    await site.desk.store.close();
    const body = { name: 'mai', password: PASSWORD };
    const answer = await site.ask('/api/v1/auth/login', { body });
    assert.deepEqual([answer.status, answer.json?.['code']], [503, 'ERR_STORE_UNAVAILABLE']);
    assert.equal((await site.ask('/api/v1/me', { cookies: { vedette_session } })).status, 200);
  } finally {
    await site.close();
  }
});
