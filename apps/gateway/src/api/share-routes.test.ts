import type { CreatedShareLink, OpenedShareLink, ShareLinkPage } from '@vedette/contract';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type LendingReply, LendingSite } from './testing/lending-site.ts';

let site: LendingSite;
before(async () => {
  site = await LendingSite.open();
});
after(async () => site.close());

test('a share link is made, opened by its secret alone, counted and taken back', async () => {
  const made = await site.call<CreatedShareLink>('POST', '/api/v1/share-links', {
    ...{ as: 'mai', body: { cameraId: 'gate', name: 'for grandma' } },
  });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { id, secret } = made.body;
  assert.equal(made.body.url, `${site.url}/share#${secret}`);
  const opened = await site.call<OpenedShareLink>('POST', '/api/v1/share-links/open', { body: { secret } });
  assert.equal(opened.status, 200, JSON.stringify(opened.body));
  assert.equal(opened.headers.get('referrer-policy'), 'no-referrer');
  const cookies = opened.headers.getSetCookie();
  assert.deepEqual(
    cookies.map((cookie) => /Path=([^;]+)/.exec(cookie)?.[1]),
    ['/live/gate', '/recordings/gate', '/api/v1/cameras/gate'],
  );
  for (const cookie of cookies) {
    assert.match(cookie, /^vedette_share=eyJ[^;]+;.*HttpOnly;.*SameSite=Lax/);
    assert.ok(!cookie.includes(secret));
  }
  const listed = await site.call<ShareLinkPage>('GET', '/api/v1/share-links', { as: 'ada' });
  const [link] = listed.body.items;
  assert.deepEqual([link?.id, link?.createdBy, link?.views, link?.state], [id, 'mai', 1, 'valid']);
  assert.ok(!JSON.stringify(listed.body).includes(secret));
  assert.equal((await site.call('DELETE', `/api/v1/share-links/${id}`, { as: 'bao' })).status, 404);
  assert.equal((await site.call('DELETE', `/api/v1/share-links/${id}`, { as: 'mai' })).status, 204);
  const gone = await site.call('POST', '/api/v1/share-links/open', { body: { secret } });
  assert.deepEqual([gone.status, gone.body.code], [404, 'ERR_SHARE_LINK_NOT_FOUND']);
});

test('a share link with a password asks for it', async () => {
  const made = await site.call<CreatedShareLink>('POST', '/api/v1/share-links', {
    ...{ as: 'mai', body: { cameraId: 'gate', password: 'open sesame' } },
  });
  const { secret } = made.body;
  const open = async (password?: string): Promise<LendingReply<object>> =>
    site.call('POST', '/api/v1/share-links/open', { body: { secret, ...(password && { password }) } });
  for (const password of [undefined, 'wrong one']) {
    const refused = await open(password);
    assert.deepEqual([refused.status, refused.body.code], [401, 'ERR_SHARE_LINK_PASSWORD']);
    assert.deepEqual(refused.headers.getSetCookie(), []);
  }
  assert.equal((await open('open sesame')).status, 200);
});
