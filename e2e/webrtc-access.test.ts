import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { SessionGuard } from '../apps/gateway/src/access/session-guard.ts';
import { silentLogger } from '../apps/gateway/src/observability/logger.ts';
import { identityOf, TestAccess } from '../apps/gateway/src/servers/http/testing/test-access.ts';
import { CHROMIUM_OFFER } from '../packages/protocols/src/whip/testing/offers.ts';
import { until } from './support/until.ts';
import { GATE, startWebrtcSite, type WebrtcSite } from './support/webrtc-site.ts';

const VIEWER = { name: 'mai', may: ['view'] } as const;
const PUBLISHER = { name: 'encoder', may: ['publish', 'view'] } as const;
const OFFERS = { whep: CHROMIUM_OFFER, whip: CHROMIUM_OFFER.replaceAll('a=recvonly', 'a=sendonly') };
type Way = keyof typeof OFFERS;

async function start(context: TestContext): Promise<{ site: WebrtcSite; people: TestAccess }> {
  const people = new TestAccess([VIEWER, PUBLISHER, { name: 'stranger' }]);
  const site = await startWebrtcSite(context, { access: people.access });
  const guard = new SessionGuard({ sessions: site.sessions, rights: people.rights, logger: silentLogger });
  guard.start();
  context.after(() => guard.close());
  return { site, people };
}

type Headers = Readonly<Record<string, string>>;

async function post(
  site: WebrtcSite,
  way: Way,
  headers: Headers = {},
  path: string = GATE,
): Promise<Response> {
  const [camera = '', query = ''] = path.split('?');
  return fetch(`${site.url}/live/${camera}/${way}?${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp', ...headers },
    body: OFFERS[way],
  });
}

function bearer(name: string): Headers {
  return { authorization: `Bearer ${name}-token` };
}

async function codeOf(response: Response): Promise<string> {
  return ((await response.json()) as { code: string }).code;
}

test('WHEP and WHIP: who may not is told so, by the statuses of RFC 9725, and no session begins', async (context) => {
  const { site } = await start(context);
  for (const { way, headers = {}, path = GATE, status, code } of [
    { way: 'whep', status: 401, code: 'ERR_UNAUTHENTICATED' },
    { way: 'whip', status: 401, code: 'ERR_UNAUTHENTICATED' },
    { way: 'whep', path: 'nowhere', status: 401, code: 'ERR_UNAUTHENTICATED' },
    { way: 'whip', path: 'nowhere', status: 401, code: 'ERR_UNAUTHENTICATED' },
    { way: 'whep', headers: bearer('nobody'), status: 401, code: 'ERR_UNAUTHENTICATED' },
    { way: 'whep', headers: bearer('stranger'), status: 404, code: 'ERR_CAMERA_NOT_FOUND' },
    { way: 'whip', headers: bearer('stranger'), status: 404, code: 'ERR_CAMERA_NOT_FOUND' },
    { way: 'whip', headers: bearer('mai'), status: 403, code: 'ERR_FORBIDDEN' },
    { way: 'whep', headers: bearer('mai'), path: 'yard', status: 404, code: 'ERR_CAMERA_NOT_FOUND' },
    { way: 'whep', headers: { cookie: 'vedette_session=mai-cookie' }, status: 403, code: 'ERR_CROSS_SITE' },
  ] as readonly { way: Way; headers?: Headers; path?: string; status: number; code: string }[]) {
    const response = await post(site, way, headers, path);
    const said = `${way} of ${path} with ${JSON.stringify(headers)}`;
    assert.deepEqual([response.status, await codeOf(response)], [status, code], said);
    const challenge = response.headers.get('www-authenticate');
    if (status === 401) assert.match(challenge ?? '', /^Bearer .*, Basic /, said);
    else assert.equal(challenge, null, said);
  }
  assert.deepEqual(site.sessions.list(), []);
});

test('WHEP and WHIP let in by token, password and the login of this site’s pages', async (context) => {
  const { site } = await start(context);
  await site.play();
  const basic = `Basic ${Buffer.from('mai:mai-password').toString('base64')}`;
  for (const { way, name, headers = {}, path = GATE } of [
    { way: 'whep', name: 'mai', headers: bearer('mai') },
    { way: 'whep', name: 'mai', headers: { authorization: basic } },
    { way: 'whep', name: 'mai', path: `${GATE}?token=mai-token` },
    { way: 'whep', name: 'mai', headers: { cookie: 'vedette_session=mai-cookie', origin: site.url } },
    { way: 'whip', name: 'encoder', headers: bearer('encoder') },
  ] as readonly { way: Way; name: string; headers?: Headers; path?: string }[]) {
    const response = await post(site, way, headers, path);
    assert.equal(response.status, 201);
    const [session] = site.sessions.list();
    assert.deepEqual(session?.identity, identityOf(name));
    // Whoever reads the list of sessions must not be able to end them by it.
    const location = response.headers.get('location') ?? '';
    assert.ok(!location.includes(session.id));
    const guessed = `${site.url}/live/${GATE}/${way}/${session.id}`;
    assert.equal((await fetch(guessed, { method: 'DELETE' })).status, 404);
    assert.equal((await fetch(site.url + location, { method: 'DELETE' })).status, 200);
    assert.deepEqual(site.sessions.list(), []);
  }
});

test('WHEP and WHIP end with the permission', async (context) => {
  const { site, people } = await start(context);
  await site.play();
  const view = await post(site, 'whep', bearer('mai'));
  const publish = await post(site, 'whip', bearer('encoder'));
  assert.deepEqual([view.status, publish.status], [201, 201]);
  people.grant({ name: 'mai' });
  people.grant({ ...PUBLISHER, may: ['view'] });
  await until(() => site.sessions.list().length === 0);
  for (const { headers } of [view, publish]) {
    const ended = await fetch(site.url + (headers.get('location') ?? ''), { method: 'DELETE' });
    assert.equal(ended.status, 404);
  }
});

test('the bootstrap of WebRTC is for those who may view', async (context) => {
  const { site } = await start(context);
  const ask = async (headers: Headers): Promise<number> =>
    (await fetch(`${site.url}/live/${GATE}/webrtc`, { headers })).status;
  assert.deepEqual([await ask({}), await ask(bearer('stranger')), await ask(bearer('mai'))], [401, 404, 200]);
  assert.equal((await fetch(`${site.url}/live/${GATE}/webrtc?token=mai-token`)).status, 200);
});
