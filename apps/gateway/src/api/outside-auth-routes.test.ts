import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LendingSite } from './testing/lending-site.ts';

let site: LendingSite;
before(async () => {
  site = await LendingSite.open();
});
after(async () => site.close());

test('a MediaMTX in front is answered as the doors here answer; only who may see how Vedette does may ask', async () => {
  const { token } = await site.makeToken();
  const base = { user: '', password: '', token: '', ip: '192.0.2.3', protocol: 'rtsp', id: null, query: '' };
  const ask = async (question: object, as = 'ada'): Promise<number> =>
    (await site.call('POST', '/api/v1/auth/mediamtx', { as, body: { ...base, ...question } })).status;
  const read = { action: 'read', path: 'gate' };
  for (const { name, question, status } of [
    { name: 'nothing shown', question: read, status: 401 },
    { name: 'a person', question: { ...read, user: 'mai', password: 'x' }, status: 200 },
    { name: 'a path below live', question: { ...read, path: 'live/gate', user: 'mai' }, status: 200 },
    { name: 'without the camera', question: { ...read, user: 'bao', password: 'x' }, status: 403 },
    { name: 'a stream token', question: { ...read, token }, status: 200 },
    { name: 'a stream token in the query', question: { ...read, query: `token=${token}` }, status: 200 },
    { name: 'as MediaMTX takes JWTs', question: { ...read, query: `jwt=${token}` }, status: 200 },
    { name: 'a token for another camera', question: { ...read, path: 'yard', token }, status: 403 },
    { name: 'a token for another action', question: { action: 'publish', path: 'gate', token }, status: 403 },
    { name: 'a wrong token', question: { ...read, token: `${token}x` }, status: 401 },
    { name: 'no camera by its name', question: { ...read, path: 'a/b/c', user: 'ada' }, status: 403 },
    { name: 'the API', question: { action: 'api', user: 'ada' }, status: 200 },
    { name: 'the API, without the right', question: { action: 'api', user: 'mai' }, status: 403 },
    { name: 'an unknown action', question: { action: 'fly', user: 'ada' }, status: 403 },
    {
      name: 'fields of later versions',
      question: { ...read, user: 'mai', userAgent: 'x', more: 1 },
      status: 200,
    },
  ]) {
    assert.equal(await ask(question), status, name);
  }
  assert.equal(await ask({ ...read, user: 'mai' }, 'mai'), 403);
});
