import type { H264Track } from '@vedette/media';
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { until } from '../../../../../e2e/support/until.ts';
import { SessionGuard } from '../../access/session-guard.ts';
import { silentLogger } from '../../observability/logger.ts';
import { makeFootage } from '../../sinks/hls/testing/footage.ts';
import { picture } from '../../testing/units.ts';
import { identityOf, TestAccess } from '../http/testing/test-access.ts';
import { MseSite, type MseClient } from './testing/mse-site.ts';

const MAI = { name: 'mai', may: ['view'] } as const;

function track(): H264Track {
  const [made] = makeFootage({ seconds: 0.1 }).tracks;
  if (made?.codec !== 'h264') throw new Error('no H.264');
  return made;
}

async function start(
  context: TestContext,
  options: { readonly sessions?: number } = {},
): Promise<{ site: MseSite; people: TestAccess }> {
  const people = new TestAccess([MAI, { name: 'stranger' }], options);
  const site = await MseSite.start(context, { access: people.access });
  const guard = new SessionGuard({ sessions: site.sessions, rights: people.rights, logger: silentLogger });
  guard.start();
  context.after(() => guard.close());
  const video = track();
  site.play([video], [picture(video, 0)]);
  return { site, people };
}

async function refused(client: MseClient): Promise<unknown[]> {
  await until(() => client.closed !== undefined);
  return [client.closed?.code, client.of('error')[0]?.['code']];
}

for (const { name, path, headers = {}, close, code } of [
  { name: 'nobody', path: 'gate/mse', close: 4401, code: 'ERR_UNAUTHENTICATED' },
  { name: 'nobody, where there is no camera', path: 'nowhere/mse', close: 4401, code: 'ERR_UNAUTHENTICATED' },
  { name: 'a token of nobody', path: 'gate/mse?token=x', close: 4401, code: 'ERR_UNAUTHENTICATED' },
  { name: 'a stranger', path: 'gate/mse?token=stranger-token', close: 4404, code: 'ERR_CAMERA_NOT_FOUND' },
  {
    name: 'another camera’s viewer',
    path: 'yard/mse?token=mai-token',
    close: 4404,
    code: 'ERR_CAMERA_NOT_FOUND',
  },
  {
    name: 'a login that a page of another site brings along',
    path: 'gate/mse',
    headers: { origin: 'http://example.org', cookie: 'vedette_session=mai-cookie' },
    close: 4401,
    code: 'ERR_UNAUTHENTICATED',
  },
] as readonly {
  name: string;
  path: string;
  headers?: Record<string, string>;
  close: number;
  code: string;
}[]) {
  test(`MSE refuses ${name}: ${close} ${code}`, async (context) => {
    const { site } = await start(context);
    assert.deepEqual(await refused(site.view(path, headers)), [close, code]);
    assert.deepEqual(site.sessions.list(), []);
  });
}

for (const { name, path = 'gate/mse', headers } of [
  { name: 'a token in the address', path: 'gate/mse?token=mai-token', headers: {} },
  { name: 'Authorization', headers: { authorization: 'Bearer mai-token' } },
  {
    name: 'the cookie, from a page of this site',
    headers: { cookie: 'vedette_session=mai-cookie', origin: 'SELF' },
  },
  {
    name: 'a token, from an allowed page',
    path: 'gate/mse?token=mai-token',
    headers: { origin: 'http://example.org' },
  },
] as readonly { name: string; path?: string; headers: Record<string, string> }[]) {
  test(`MSE lets in by ${name}; what he said meanwhile is heard`, async (context) => {
    const { site } = await start(context);
    const own = headers['origin'] === 'SELF' ? { ...headers, origin: site.url } : headers;
    const client = site.view(path, own);
    client.socket.once('open', () => client.send({ type: 'quality', quality: '8k' }));
    await until(() => client.binaries.length === 2 && client.of('error').length === 1);
    assert.equal(client.of('error')[0]?.['code'], 'ERR_QUALITY_UNKNOWN');
    assert.deepEqual(site.sessions.list()[0]?.identity, identityOf('mai'));
  });
}

test('MSE ends with the permission', async (context) => {
  const { site, people } = await start(context);
  const client = site.view('gate/mse?token=mai-token');
  await until(() => client.binaries.length === 2);
  people.grant({ name: 'mai' });
  await until(() => client.closed !== undefined);
  assert.deepEqual(client.closed, { code: 1001, reason: 'permission withdrawn' });
});

test('MSE says when somebody begins too many sessions', async (context) => {
  const { site } = await start(context, { sessions: 1 });
  const client = site.view('gate/mse?token=mai-token');
  await until(() => client.binaries.length === 2);
  assert.deepEqual(await refused(site.view('gate/mse?token=mai-token')), [4429, 'ERR_RATE_LIMITED']);
});
