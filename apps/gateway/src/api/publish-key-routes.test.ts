import type { CreatedPublishKey } from '@vedette/contract';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LendingSite } from './testing/lending-site.ts';

let site: LendingSite;
before(async () => {
  site = await LendingSite.open();
});
after(async () => site.close());

test('a publish key is made by who may publish, shown once, and revoked', async () => {
  const path = '/api/v1/cameras/gate/publish-keys';
  assert.equal((await site.call('POST', path, { as: 'bao', body: { name: 'roof' } })).status, 404);
  const made = await site.call<CreatedPublishKey>('POST', path, { as: 'mai', body: { name: 'roof' } });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { id, key, urls } = made.body;
  assert.equal(urls.rtmp, `rtmp://127.0.0.1:1935/live/gate?token=${key}`);
  const listed = await site.call('GET', path, { as: 'mai' });
  assert.ok(JSON.stringify(listed.body).includes(id) && !JSON.stringify(listed.body).includes(key));
  const lent = await site.makeToken('mai', { cameraId: 'gate', actions: ['view', 'publish'] });
  for (const as of [key, lent.token]) {
    assert.equal((await site.call('GET', path, { as })).status, 403, 'a borrower sees no keys');
    assert.equal((await site.call('POST', path, { as, body: { name: 'more' } })).status, 403);
    assert.equal((await site.call('DELETE', `${path}/${id}`, { as })).status, 403);
  }
  assert.equal(
    (await site.call('DELETE', `/api/v1/cameras/yard/publish-keys/${id}`, { as: 'mai' })).status,
    404,
  );
  const ask = async (): Promise<number> => {
    const question = { action: 'publish', path: 'gate', user: 'any', password: key, ip: '192.0.2.3' };
    return (await site.call('POST', '/api/v1/auth/mediamtx', { as: 'ada', body: question })).status;
  };
  assert.equal(await ask(), 200);
  assert.equal((await site.call('DELETE', `${path}/${id}`, { as: 'mai' })).status, 204);
  assert.equal(await ask(), 401);
});
