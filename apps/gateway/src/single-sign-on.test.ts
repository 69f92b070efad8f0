import { config as schema, type AuditPage, type Profile } from '@vedette/contract';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { TestBrowser, type Shown } from './access/oidc/testing/test-browser.ts';
import {
  CLIENT_ID,
  CLIENT_SECRET,
  TestProvider,
  type ProviderBehaviour,
} from './access/oidc/testing/test-provider.ts';
import { startGateway, type Gateway } from './gateway.ts';
import type { Logger } from './observability/logger.ts';

const START = '/api/v1/auth/oidc/start';
const CALLBACK = '/api/v1/auth/oidc/callback';
const dataDir = mkdtempSync(path.join(tmpdir(), 'vedette-oidc-'));
const lines: string[] = [];

function recorder(): Logger {
  const note = (details: object, message: string): void => {
    lines.push(
      `${JSON.stringify(details, (_key, value: unknown) => (value instanceof Error ? String(value) : value))} ${message}`,
    );
  };
  return { debug: note, info: note, warn: note, error: note, child: () => recorder() };
}

let provider: TestProvider;
let gateway: Gateway;
let http: string;
before(async () => {
  provider = await TestProvider.open();
  const off = { enabled: false };
  const config = schema.parse({
    ...{ dataDir, demo: false, rtsp: off, rtmp: off, srt: off, webrtc: off },
    http: { host: '127.0.0.1', port: 0 },
    cameras: { door: { source: 'publish' }, yard: { source: 'publish' } },
    access: {
      limits: { login: { count: 10_000, seconds: 1 } },
      oidc: {
        ...{ issuer: provider.issuer, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET },
        roles: { staff: 'user', guards: 'operator', chiefs: 'admin' },
        grants: {
          staff: [{ target: { kind: 'camera', id: 'door' }, actions: ['view'] }],
          gardeners: [{ target: { kind: 'camera', id: 'yard' }, actions: ['view', 'playback'] }],
        },
      },
    },
  });
  gateway = await startGateway(config, recorder(), {
    say: () => undefined,
    environment: { VEDETTE_ADMIN_PASSWORD: 'a password of the test' },
  });
  http = gateway.addresses.http;
});
after(async () => {
  await gateway.close();
  await provider.close();
  rmSync(dataDir, { recursive: true, force: true });
});

function behave(behaviour: Partial<ProviderBehaviour> = {}): void {
  provider.behave({ redirectUris: [`${http}${CALLBACK}`], ...behaviour });
}
beforeEach(() => {
  behave();
  provider.accounts.clear();
});

/** Logs in at the provider, wherever it shows its forms. */
async function login(browser: TestBrowser, account: string, next = '/'): Promise<Shown> {
  let page = await browser.go(`${http}${START}?next=${encodeURIComponent(next)}`);
  for (let form = 0; form < 3 && page.url.origin === provider.issuer; form += 1) {
    assert.equal(page.status, 200, page.text);
    const isLogin = page.text.includes('name="login"');
    page = await browser.submit(page, isLogin ? { login: account, password: 'of no matter here' } : {});
  }
  return page;
}

async function me(browser: TestBrowser): Promise<Profile | undefined> {
  const response = await browser.ask(`${http}/api/v1/me`);
  return response.status === 200 ? ((await response.json()) as Profile) : undefined;
}

function camerasOf(profile: Profile | undefined): string[] {
  return profile?.cameras.map(({ id, actions }) => `${id}: ${actions.join(' ')}`) ?? [];
}

const CASES: { name: string; behaviour: Partial<ProviderBehaviour> }[] = [
  { name: 'groups from the userinfo endpoint', behaviour: {} },
  { name: 'groups in the ID token', behaviour: { claimsInIdToken: true } },
];
for (const { name, behaviour } of CASES) {
  test(`somebody logs in: ${name}`, async () => {
    behave(behaviour);
    provider.accounts.set('sub-mai', {
      name: 'Mai Trần',
      preferred_username: 'Mai',
      groups: ['staff', 'gardeners', 'others'],
    });
    const browser = new TestBrowser();
    const page = await login(browser, 'sub-mai', '/cameras?view=grid#2');
    assert.equal(page.url.href, `${http}/cameras?view=grid#2`);
    const profile = await me(browser);
    assert.equal(profile?.user?.name, 'mai');
    assert.equal(profile.user.displayName, 'Mai Trần');
    assert.deepEqual([profile.user.role, profile.user.hasPassword], ['user', false]);
    assert.deepEqual(camerasOf(profile), ['door: view', 'yard: view playback']);
  });
}

test('role and grants are those of the groups at each login; who has left all of them keeps nothing', async () => {
  provider.accounts.set('sub-kim', { preferred_username: 'kim', groups: ['staff', 'chiefs', 'guards'] });
  const browser = new TestBrowser();
  await login(browser, 'sub-kim');
  const first = await me(browser);
  assert.equal(first?.user?.role, 'admin', 'the greatest counts');
  provider.accounts.set('sub-kim', { preferred_username: 'renamed', groups: 'staff' });
  await login(browser, 'sub-kim');
  const second = await me(browser);
  assert.deepEqual([second?.user?.id, second?.user?.name], [first.user.id, 'kim'], 'the same account');
  assert.equal(second?.user?.role, 'user');
  assert.deepEqual(camerasOf(second), ['door: view']);
  provider.accounts.set('sub-kim', { preferred_username: 'kim', groups: ['others'] });
  const refused = await login(browser, 'sub-kim');
  assert.equal(refused.url.pathname + refused.url.search, '/login?error=ERR_OIDC_NO_ROLE');
  assert.equal(await me(browser), undefined, 'the login that still ran has ended');
});

test('nobody without a group that has a role gets in, and no account is made', async () => {
  for (const groups of [undefined, [], ['others'], ['__proto__', 'constructor']]) {
    provider.accounts.set('sub-eve', {
      preferred_username: 'eve',
      ...(groups === undefined ? {} : { groups }),
    });
    const browser = new TestBrowser();
    const page = await login(browser, 'sub-eve');
    assert.equal(page.url.search, '?error=ERR_OIDC_NO_ROLE');
    assert.equal(browser.cookie(http, 'vedette_session'), undefined);
  }
});

test('an account of the same name is not taken over', async () => {
  provider.accounts.set('sub-evil', { preferred_username: 'ADMIN', groups: ['staff'] });
  const browser = new TestBrowser();
  await login(browser, 'sub-evil');
  const profile = await me(browser);
  assert.deepEqual([profile?.user?.name, profile?.user?.role], ['admin-2', 'user']);
});

for (const next of [
  '//evil.example',
  '/\\evil.example',
  'https://evil.example/',
  '/\t/evil.example',
  '/.//evil.example',
  'javascript:alert(1)',
  '',
]) {
  test(`nobody is led elsewhere: ${JSON.stringify(next)}`, async () => {
    provider.accounts.set('sub-mai', { preferred_username: 'mai', groups: ['staff'] });
    const page = await login(new TestBrowser(), 'sub-mai', next);
    assert.equal(page.url.href, `${http}/`);
  });
}

test('a login that was begun elsewhere, or is over, is refused', async () => {
  provider.accounts.set('sub-mai', { preferred_username: 'mai', groups: ['staff'] });
  const isErrorPage = (page: Shown, code: string): void =>
    assert.equal(page.url.pathname + page.url.search, `/login?error=${code}`);
  isErrorPage(await new TestBrowser().go(`${http}${CALLBACK}?code=x&state=y`), 'ERR_OIDC_STATE');

  const attacker = new TestBrowser();
  let page = await attacker.go(`${http}${START}`);
  page = await attacker.submit(page, { login: 'sub-mai', password: 'x' });
  const victim = new TestBrowser();
  await victim.go(`${http}${START}`, (url) => url.origin === http);
  const [, action = ''] = /<form[^>]*action="([^"]*)"/.exec(page.text) ?? [];
  assert.notEqual(action, '', 'asks for consent');
  const consent = await attacker.ask(
    new URL(action, page.url).href,
    new URLSearchParams({ prompt: 'consent' }),
  );
  const resume = await attacker.ask(consent.headers.get('location') ?? '');
  const callback = resume.headers.get('location') ?? '';
  assert.ok(callback.startsWith(`${http}${CALLBACK}?code=`), callback);
  isErrorPage(await victim.go(callback), 'ERR_OIDC_FAILED');
  assert.equal(victim.cookie(http, 'vedette_session'), undefined, 'not the attacker’s account');

  const flow = attacker.cookie(http, 'vedette_oidc') ?? '';
  assert.equal((await attacker.go(callback)).url.href, `${http}/`);
  attacker.setCookie(http, 'vedette_oidc', flow);
  isErrorPage(await attacker.go(callback), 'ERR_OIDC_FAILED');
  attacker.setCookie(http, 'vedette_oidc', `${flow.slice(0, -3)}AAA`);
  isErrorPage(await attacker.go(callback), 'ERR_OIDC_STATE');
});

test('who says no at the provider comes back to the login page', async () => {
  const browser = new TestBrowser();
  const page = await browser.go(`${http}${START}`);
  const [, abort = ''] = /href="([^"]*\/abort)"/.exec(page.text) ?? [];
  const end = await browser.go(new URL(abort, page.url).href);
  assert.equal(end.url.search, '?error=ERR_OIDC_DENIED');
});

for (const { name, forge } of [
  { name: 'signed by nobody', forge: (token: string) => `${token.split('.').slice(0, 2).join('.')}.` },
  { name: 'signed with another key', forge: (token: string) => `${token.slice(0, -8)}AAAAAAAA` },
  {
    name: 'of an hour ago',
    forge: (token: string) => replaced(token, (claims) => ({ ...claims, exp: Number(claims['exp']) - 7200 })),
  },
  {
    name: 'for somebody else',
    forge: (token: string) => replaced(token, (claims) => ({ ...claims, aud: 'other' })),
  },
]) {
  test(`an ID token ${name} lets nobody in`, async () => {
    behave({ around: (request, response, next) => forgeTokens(request.url, response, forge, next) });
    provider.accounts.set('sub-mai', { preferred_username: 'mai', groups: ['staff'] });
    const browser = new TestBrowser();
    const page = await login(browser, 'sub-mai');
    assert.equal(page.url.search, '?error=ERR_OIDC_FAILED');
    assert.equal(browser.cookie(http, 'vedette_session'), undefined);
  });
}

test('a provider that is away: said clearly, and it works again when it is back', async () => {
  provider.accounts.set('sub-mai', { preferred_username: 'mai', groups: ['staff'] });
  const browser = new TestBrowser();
  behave({
    around: (request, response, next) => {
      if (request.url?.startsWith('/token') === true) response.destroy();
      else next();
    },
  });
  assert.equal((await login(browser, 'sub-mai')).url.search, '?error=ERR_OIDC_UNAVAILABLE');
  behave();
  assert.equal((await login(browser, 'sub-mai')).url.href, `${http}/`);
});

test('a gateway whose provider is away starts, and says so to programs and to people', async (context) => {
  const elsewhere = await TestProvider.open();
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-oidc-'));
  const off = { enabled: false };
  const config = schema.parse({
    ...{ dataDir: folder, demo: false, rtsp: off, rtmp: off, srt: off, webrtc: off },
    http: { host: '127.0.0.1', port: 0 },
    access: {
      limits: { login: { count: 10_000, seconds: 1 } },
      oidc: {
        issuer: elsewhere.issuer,
        clientId: CLIENT_ID,
        clientSecret: CLIENT_SECRET,
        roles: { staff: 'user' },
      },
    },
  });
  const terminal = { say: () => undefined, environment: {} };
  const other = await startGateway(config, recorder(), terminal);
  context.after(async () => {
    await other.close();
    await elsewhere.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const start = `${other.addresses.http}${START}`;
  const plain = await fetch(start, { redirect: 'manual' });
  assert.equal(plain.status, 503);
  assert.equal(((await plain.json()) as { code: string }).code, 'ERR_OIDC_UNAVAILABLE');
  assert.ok(plain.headers.get('retry-after'));
  const page = await new TestBrowser().ask(start);
  assert.equal(page.headers.get('location'), '/login?error=ERR_OIDC_UNAVAILABLE');
  elsewhere.behave({
    redirectUris: [`${other.addresses.http}${CALLBACK}`],
    clientAuthentication: 'client_secret_post',
  });
  for (let attempt = 0; ; attempt += 1) {
    assert.ok(attempt < 200, 'it is found when it is back');
    const again = await fetch(start, { redirect: 'manual' });
    if (again.status === 302) {
      break;
    }
    assert.equal(again.status, 503);
    await delay(100);
  }
  elsewhere.accounts.set('sub-mai', { preferred_username: 'mai', groups: ['staff'] });
  const browser = new TestBrowser();
  let shown = await browser.go(start);
  shown = await browser.submit(shown, { login: 'sub-mai', password: 'x' });
  shown = await browser.submit(shown, {});
  assert.equal(
    shown.url.href,
    `${other.addresses.http}/`,
    'also with a provider that wants the secret in the form',
  );
});

test('logins are in the audit log, and nothing secret is in the log', async () => {
  const browser = new TestBrowser();
  provider.accounts.set('sub-chief', { preferred_username: 'chief', groups: ['chiefs'] });
  await login(browser, 'sub-chief');
  const response = await browser.ask(`${http}/api/v1/audit?action=login.&limit=1000`);
  const { items } = (await response.json()) as AuditPage;
  assert.deepEqual([items[0]?.action, items[0]?.actor.name], ['login.succeeded', 'chief']);
  const codes = new Set(items.map(({ detail }) => detail['code']));
  for (const code of ['ERR_OIDC_NO_ROLE', 'ERR_OIDC_FAILED', 'ERR_OIDC_DENIED'])
    assert.ok(codes.has(code), code);
  assert.ok(!lines.join('\n').includes(CLIENT_SECRET));
});

/** Other claims under the old signature. */
function replaced(
  token: string,
  change: (claims: Record<string, unknown>) => Record<string, unknown>,
): string {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
  return [header, Buffer.from(JSON.stringify(change(claims))).toString('base64url'), signature].join('.');
}

function forgeTokens(
  url: string | undefined,
  response: import('node:http').ServerResponse,
  forge: (token: string) => string,
  next: () => void,
): void {
  if (url?.startsWith('/token') === true) {
    const end = response.end.bind(response);
    response.end = ((body: unknown) => {
      const answer = JSON.parse(String(body)) as Record<string, unknown>;
      const forged = JSON.stringify({ ...answer, id_token: forge(String(answer['id_token'])) });
      response.setHeader('content-length', Buffer.byteLength(forged));
      return end(forged);
    }) as typeof response.end;
  }
  next();
}
