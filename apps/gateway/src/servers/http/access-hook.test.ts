import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { silentLogger } from '../../observability/logger.ts';
import { statingAccess } from './access-hook.ts';
import { OPEN_HTTP_ACCESS, type HttpAccess, type HttpAccessOptions } from './http-access.ts';
import type { HttpApp } from './http-app.ts';
import { HttpServer } from './http-server.ts';
import { TestAccess, type TestPerson } from './testing/test-access.ts';

const PEOPLE: readonly TestPerson[] = [
  { name: 'admin', role: 'admin' },
  { name: 'guard', role: 'operator' },
  { name: 'mai', may: ['view'] },
  { name: 'stranger' },
];
const ORIGIN = 'http://pages.example';

/** One route of each kind; each answers with who asks. */
function addRoutes(app: HttpApp, access: HttpAccess): void {
  const who = ({ identity }: { readonly identity: object }): object => ({ ...identity });
  app.get('/public', { config: { access: 'public' } }, who);
  app.get('/known', { config: { access: 'known' } }, who);
  app.post('/known', { config: { access: 'known' } }, who);
  app.get('/site', { config: { access: { site: 'configure' } } }, who);
  app.get('/cameras/:id', { config: { access: { camera: 'view', parameter: 'id' } } }, who);
  app.post('/cameras/:id/ptz', { config: { access: { camera: 'ptz', parameter: 'id' } } }, who);
  app.get('/live/:id/facts', { config: { access: { camera: 'view', parameter: 'id' } } }, who);
  app.get('/live/:id/media', { config: { access: 'door' } }, async (request) => {
    const { id } = request.params as { readonly id: string };
    return who({ identity: await access.admit(request, { action: 'view', cameraId: id, protocol: 'ts' }) });
  });
}

interface Site {
  readonly url: string;
  readonly test: TestAccess;
}

async function start(
  context: TestContext,
  options: Partial<HttpAccessOptions> & { readonly api?: number; readonly sessions?: number } = {},
): Promise<Site> {
  const testAccess = new TestAccess(PEOPLE, options);
  const url = await serve(context, testAccess.access);
  return { url, test: testAccess };
}

async function serve(context: TestContext, access: HttpAccess): Promise<string> {
  const site = { host: '127.0.0.1', port: 0, allowedOrigins: [ORIGIN], logger: silentLogger };
  const http = new HttpServer({ ...site, access });
  context.after(async () => http.close());
  await http.prepare();
  addRoutes(http.app, access);
  return http.listen();
}

type Headers = Record<string, string>;

function bearer(name: string): Headers {
  return { authorization: `Bearer ${name}-token` };
}

function basic(name: string): Headers {
  return { authorization: `Basic ${Buffer.from(`${name}:${name}-password`).toString('base64')}` };
}

/** As fetch, which adds and alters headers of its own. */
async function ask(url: string, method: string, headers: Headers): Promise<{ status: number; text: string }> {
  const [response] = (await once(request(url, { method, headers }).end(), 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, text: await text(response) };
}

async function codeOf(response: Response): Promise<string> {
  assert.equal(response.headers.get('content-type'), 'application/problem+json');
  return ((await response.json()) as { code: string }).code;
}

test('a route that does not state who may use it stops the start, and is named', async () => {
  const http = new HttpServer({
    ...{ host: '127.0.0.1', port: 0, allowedOrigins: [], logger: silentLogger },
    access: OPEN_HTTP_ACCESS,
  });
  await http.prepare();
  http.app.get('/forgotten/:id', () => 'secret');
  await assert.rejects(http.listen(), /GET \/forgotten\/:id does not state who may use it/);
  await http.close();
});

test('routes that a plugin brings are stated for it', async (context) => {
  const { access } = new TestAccess(PEOPLE);
  const site = { host: '127.0.0.1', port: 0, allowedOrigins: [], logger: silentLogger };
  const http = new HttpServer({ ...site, access });
  context.after(async () => http.close());
  await http.prepare();
  await statingAccess(http.app, 'known', () =>
    http.app.register(async (scope) => {
      scope.get('/brought', () => 'secret');
      await Promise.resolve();
    }),
  );
  const url = await http.listen();
  assert.equal((await fetch(`${url}/brought`)).status, 401);
  assert.equal((await fetch(`${url}/brought`, { headers: bearer('stranger') })).status, 200);
});

const WHOLE_TABLE: readonly (readonly [who: string, path: string, status: number, code?: string])[] = [
  ['nobody', '/public', 200],
  ['nobody', '/known', 401, 'ERR_UNAUTHENTICATED'],
  ['nobody', '/site', 401, 'ERR_UNAUTHENTICATED'],
  ['nobody', '/cameras/gate', 401, 'ERR_UNAUTHENTICATED'],
  ['nobody', '/cameras/nowhere', 401, 'ERR_UNAUTHENTICATED'],
  ['nobody', '/live/gate/media', 401, 'ERR_UNAUTHENTICATED'],
  ['nobody', '/live/nowhere/media', 401, 'ERR_UNAUTHENTICATED'],
  ['unheard', '/known', 401, 'ERR_UNAUTHENTICATED'],
  ['unheard', '/live/gate/media', 401, 'ERR_UNAUTHENTICATED'],
  ['stranger', '/known', 200],
  ['stranger', '/site', 403, 'ERR_FORBIDDEN'],
  ['stranger', '/cameras/gate', 404, 'ERR_CAMERA_NOT_FOUND'],
  ['stranger', '/cameras/nowhere', 404, 'ERR_CAMERA_NOT_FOUND'],
  ['stranger', '/live/gate/media', 404, 'ERR_CAMERA_NOT_FOUND'],
  ['stranger', '/live/nowhere/media', 404, 'ERR_CAMERA_NOT_FOUND'],
  ['mai', '/cameras/gate', 200],
  ['mai', '/live/gate/facts', 200],
  ['mai', '/live/gate/media', 200],
  ['mai', '/live/yard/media', 404, 'ERR_CAMERA_NOT_FOUND'],
  ['guard', '/site', 403, 'ERR_FORBIDDEN'],
  ['guard', '/live/yard/media', 200],
  ['admin', '/site', 200],
];
for (const [who, path, status, code] of WHOLE_TABLE) {
  test(`${who} asks for ${path}: ${status} ${code ?? ''}`, async (context) => {
    const { url } = await start(context);
    for (const headers of who === 'nobody'
      ? [{}]
      : [bearer(who), basic(who), { cookie: `vedette_session=${who}-cookie` }]) {
      const response = await fetch(url + path, { headers });
      assert.equal(response.status, status);
      if (code !== undefined) assert.equal(await codeOf(response), code);
      else if (path !== '/public') assert.equal(((await response.json()) as { id: string }).id, who);
      const head = await fetch(url + path, { method: 'HEAD', headers });
      assert.equal(head.status, status);
    }
  });
}

test('what is hidden is answered to the letter as what is not there', async (context) => {
  const { url } = await start(context);
  const answer = async (id: string): Promise<unknown> =>
    (await (await fetch(`${url}/cameras/${id}`, { headers: bearer('stranger') })).text()).replace(id, 'X');
  assert.equal(await answer('gate'), await answer('nope'));
});

test('who may view and not steer is told so', async (context) => {
  const { url } = await start(context);
  const steer = async (name: string): Promise<Response> =>
    fetch(`${url}/cameras/gate/ptz`, { method: 'POST', headers: bearer(name) });
  const [mai, stranger, guard] = [await steer('mai'), await steer('stranger'), await steer('guard')];
  assert.deepEqual([mai.status, await codeOf(mai)], [403, 'ERR_FORBIDDEN']);
  assert.equal(stranger.status, 404);
  assert.equal(guard.status, 200);
});

for (const { name, path, headers, want } of [
  { name: 'of the API', path: '/known', headers: {}, want: /^Bearer realm="Vedette"$/ },
  {
    name: 'to a player',
    path: '/live/gate/media',
    headers: { 'user-agent': 'Lavf/61' },
    want: /^Bearer .*, Basic realm="Vedette"/,
  },
  {
    name: 'to a person in a browser',
    path: '/live/gate/media',
    headers: { 'user-agent': 'Mozilla/5.0', accept: 'text/html,*/*' },
    want: /, Basic/,
  },
  {
    name: 'to a script of a page, that shall not make the browser ask for a password',
    path: '/live/gate/media',
    headers: { 'user-agent': 'Mozilla/5.0', accept: '*/*' },
    want: /^Bearer realm="Vedette"$/,
  },
] as readonly { name: string; path: string; headers: Headers; want: RegExp }[]) {
  test(`401 says how to log in: ${name}`, async (context) => {
    const { url } = await start(context);
    const response = await fetch(url + path, { headers });
    assert.equal(response.status, 401);
    assert.match(response.headers.get('www-authenticate') ?? '', want);
  });
}

test('the ways to log in come in a line each: ffmpeg reads no second one behind a comma', async (context) => {
  const { url } = await start(context);
  const [response] = (await once(request(`${url}/live/gate/media`).end(), 'response')) as [IncomingMessage];
  response.resume();
  const { rawHeaders } = response;
  const lines = rawHeaders.filter(
    (_value, index) => rawHeaders[index - 1]?.toLowerCase() === 'www-authenticate',
  );
  assert.deepEqual(
    lines.map((line) => line.split(' ')[0]),
    ['Bearer', 'Basic'],
  );
});

test('?token= is for media alone: addresses end up in logs and histories', async (context) => {
  const { url } = await start(context);
  assert.equal((await fetch(`${url}/live/gate/media?token=mai-token`)).status, 200);
  assert.equal((await fetch(`${url}/known?token=mai-token`)).status, 401);
  const both = await fetch(`${url}/live/gate/media?token=mai-token`, { headers: bearer('stranger') });
  assert.equal(both.status, 404, 'Authorization was written for this request');
});

const COOKIE = { cookie: 'vedette_session=mai-cookie' };
for (const { name, method = 'POST', headers, status, code } of [
  { name: 'a page of this site', headers: { origin: 'SELF' }, status: 200 },
  { name: 'a page of this site, without Origin', headers: { 'sec-fetch-site': 'same-origin' }, status: 200 },
  { name: 'nothing that says where it comes from', headers: {}, status: 403, code: 'ERR_CROSS_SITE' },
  {
    name: 'another port of this host',
    headers: { 'sec-fetch-site': 'same-site' },
    status: 403,
    code: 'ERR_CROSS_SITE',
  },
  { name: 'a foreign page', headers: { origin: 'http://evil.example' }, status: 403, code: 'ERR_ORIGIN' },
  { name: 'a page in a sandbox', headers: { origin: 'null' }, status: 403, code: 'ERR_ORIGIN' },
  {
    name: 'an allowed page: its login does not count',
    headers: { origin: ORIGIN },
    status: 403,
    code: 'ERR_CROSS_SITE',
  },
  {
    name: 'a link that was followed',
    method: 'GET',
    headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
    status: 200,
  },
  {
    name: 'a picture in a page of another port',
    method: 'GET',
    headers: { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' },
    status: 403,
    code: 'ERR_CROSS_SITE',
  },
  { name: 'a program with the cookie', method: 'GET', headers: {}, status: 200 },
] as readonly { name: string; method?: string; headers: Headers; status: number; code?: string }[]) {
  test(`a cookie, ${method} from ${name}: ${status}`, async (context) => {
    const { url } = await start(context);
    const own = headers['origin'] === 'SELF' ? { origin: url } : headers;
    const response = await ask(`${url}/known`, method, { ...COOKIE, ...own });
    assert.equal(response.status, status);
    if (code !== undefined) assert.equal((JSON.parse(response.text) as { code: string }).code, code);
  });
}

test('an allowed page shows a token; the browser is told that it may, and never to send cookies', async (context) => {
  const { url } = await start(context);
  const response = await fetch(`${url}/known`, {
    method: 'POST',
    headers: { origin: ORIGIN, ...bearer('mai') },
  });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('access-control-allow-origin'), ORIGIN);
  assert.equal(response.headers.get('access-control-allow-credentials'), null);
  const preflight = await fetch(`${url}/known`, {
    method: 'OPTIONS',
    headers: {
      origin: ORIGIN,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    },
  });
  assert.equal(preflight.status, 204, 'a preflight comes without credentials');
  assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /Authorization/);
});

test('somebody who is logged in opens a share link: what opens counts, and no refusal is written down', async (context) => {
  const { url, test: site } = await start(context);
  const both = { cookie: 'vedette_session=stranger-cookie; vedette_share=mai-token' };
  for (const path of ['/live/gate/media', '/live/gate/facts', '/cameras/gate']) {
    const response = await fetch(url + path, { headers: both });
    assert.equal(response.status, 200, path);
    assert.equal(((await response.json()) as { id: string }).id, 'mai');
  }
  const known = await fetch(`${url}/known`, { headers: both });
  assert.equal(((await known.json()) as { id: string }).id, 'stranger');
  assert.deepEqual(site.audit, []);
  const stale = { cookie: 'vedette_session=gone-cookie; vedette_share=mai-token' };
  assert.equal((await fetch(`${url}/live/gate/media`, { headers: stale })).status, 200);
});

test('too many requests: 429, and when to come again; each counts for itself', async (context) => {
  const { url } = await start(context, { api: 2, sessions: 1 });
  const statusOf = async (path: string, headers: Headers = {}): Promise<number> =>
    (await fetch(url + path, { headers })).status;
  assert.deepEqual(
    [await statusOf('/known', bearer('mai')), await statusOf('/known', bearer('mai'))],
    [200, 200],
  );
  const refused = await fetch(`${url}/known`, { headers: bearer('mai') });
  assert.deepEqual([refused.status, await codeOf(refused)], [429, 'ERR_RATE_LIMITED']);
  assert.ok(Number(refused.headers.get('retry-after')) >= 1);
  assert.equal(await statusOf('/known', bearer('guard')), 200);
  assert.deepEqual(
    [await statusOf('/known'), await statusOf('/known'), await statusOf('/known')],
    [401, 401, 429],
  );
  assert.equal(await statusOf('/public'), 200);
  assert.deepEqual(
    [await statusOf('/live/gate/media', bearer('mai')), await statusOf('/live/gate/media', bearer('mai'))],
    [200, 429],
  );
});

test('where it cannot be found out who asks: 503, and when to come again', async (context) => {
  const { url, test: site } = await start(context);
  site.answer = {
    ok: false,
    reason: 'unavailable',
    code: 'ERR_STORE_UNAVAILABLE',
    message: 'The database is away.',
  };
  for (const path of ['/known', '/live/gate/media']) {
    const response = await fetch(url + path, { headers: bearer('mai') });
    assert.deepEqual([response.status, await codeOf(response)], [503, 'ERR_STORE_UNAVAILABLE']);
    assert.notEqual(response.headers.get('retry-after'), null);
  }
});

test('somebody who has to do something else first does nothing but that', async (context) => {
  const { url } = await start(context, {
    mayProceed: (identity, { method, url: route }) =>
      `${method} ${route}` === 'POST /known' || !('id' in identity) || identity.id !== 'mai'
        ? undefined
        : {
            ok: false,
            reason: 'forbidden',
            code: 'ERR_PASSWORD_CHANGE_REQUIRED',
            message: 'Choose a password.',
          },
  });
  for (const path of ['/known', '/cameras/gate', '/live/gate/media']) {
    const response = await fetch(url + path, { headers: bearer('mai') });
    assert.deepEqual([response.status, await codeOf(response)], [403, 'ERR_PASSWORD_CHANGE_REQUIRED'], path);
  }
  assert.equal((await fetch(`${url}/known`, { method: 'POST', headers: bearer('mai') })).status, 200);
  assert.equal((await fetch(`${url}/known`, { headers: bearer('guard') })).status, 200);
});

test('somebody who was removed is nobody at once', async (context) => {
  const { url, test: site } = await start(context);
  site.rights.remove('user', 'mai');
  for (const path of ['/cameras/gate', '/live/gate/media']) {
    assert.equal((await fetch(url + path, { headers: bearer('mai') })).status, 401, path);
  }
});

test('X-Forwarded-For counts where a trusted proxy wrote it, and only what it wrote', async (context) => {
  const forwarded = { 'x-forwarded-for': '203.0.113.9, 198.51.100.7', 'x-forwarded-proto': 'https' };
  const trusting = new TestAccess([], { trustedProxies: ['127.0.0.0/8', '198.51.100.7'] });
  const wary = new TestAccess([]);
  for (const [site, want] of [
    [trusting, '203.0.113.9'],
    [wary, '127.0.0.1'],
  ] as const) {
    const url = await serve(context, site.access);
    await fetch(`${url}/live/gate/media`, { headers: { ...forwarded, ...bearer('mai') } });
    await fetch(`${url}/live/gate/media`, {
      headers: { ...forwarded, 'x-forwarded-for': 'rubbish, 203.0.113.9', ...bearer('mai') },
    });
    assert.ok(site.audit.every(({ address }) => address === want));
    assert.notEqual(site.audit.length, 0);
  }
});

test('open access: everybody may do everything, from this machine', async (context) => {
  const url = await serve(context, OPEN_HTTP_ACCESS);
  for (const path of ['/known', '/site', '/cameras/gate', '/live/gate/media']) {
    const response = await fetch(url + path);
    assert.deepEqual([response.status, await response.json()], [200, { kind: 'everybody' }], path);
  }
  assert.equal((await fetch(`${url}/known`, { method: 'POST', headers: COOKIE })).status, 200);
});

test('any host name will do where who comes has to prove himself; else this machine’s alone', async (context) => {
  const { url } = await start(context);
  const open = await serve(context, OPEN_HTTP_ACCESS);
  const named = async (site: string): Promise<number> =>
    (await ask(`${site}/public`, 'GET', { host: 'cameras.example' })).status;
  assert.equal(await named(url), 200);
  assert.equal(await named(open), 421);
});

test('what is no route is not found, whoever asks', async (context) => {
  const { url } = await start(context);
  assert.equal((await fetch(`${url}/nothing`)).status, 404);
});
