import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import type { Admission, Door, Knock } from '../access/door.ts';
import { EVERYBODY } from '../access/identity.ts';
import { isHidden, knockAt, passwordOf, tokenOf } from './knock.ts';

const knock: Knock = {
  credentials: { kind: 'none' },
  peer: { address: '192.0.2.1' },
  action: 'view',
  cameraId: 'gate',
  protocol: 'rtsp',
};

function doorOf(answer: Promise<Admission>): Door {
  return { isOpen: false, knock: () => answer };
}

const silent = doorOf(new Promise(() => undefined));

test('the answer of the door is the answer, and nothing is left of the wait', async () => {
  const gone = new AbortController();
  const admission = { ok: true, identity: EVERYBODY } as const;
  assert.equal(await knockAt(doorOf(Promise.resolve(admission)), knock, gone.signal), admission);
  assert.equal(getEventListeners(gone.signal, 'abort').length, 0);
});

test('who has gone is not waited for', async () => {
  const gone = new AbortController();
  const answer = knockAt(silent, knock, gone.signal);
  gone.abort();
  assert.equal(await answer, undefined);
  assert.equal(await knockAt(silent, knock, gone.signal), undefined);
});

test('a door that says nothing for ten seconds, or fails, is no reason to let anybody in', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const answer = knockAt(silent, knock, new AbortController().signal);
  t.mock.timers.tick(10_000);
  const slow = await answer;
  const failed = await knockAt(doorOf(Promise.reject(new Error('x'))), knock, new AbortController().signal);
  for (const refusal of [slow, failed]) {
    assert.ok(refusal?.ok === false);
    assert.deepEqual([refusal.reason, refusal.code], ['unavailable', 'ERR_ACCESS_UNAVAILABLE']);
  }
});

test('a camera is hidden from who may not view it, and from nobody else', () => {
  assert.equal(isHidden('view', { code: 'ERR_CAMERA_NOT_FOUND' }), true);
  assert.equal(isHidden('view', { code: 'ERR_PASSWORD_CHANGE_REQUIRED' }), false);
  assert.equal(isHidden('publish', { code: 'ERR_CAMERA_NOT_FOUND' }), false);
});

test('what nobody can have is not asked about', () => {
  assert.deepEqual(passwordOf('ann', 'a\r\nb'), { kind: 'password', user: 'ann', password: 'a\r\nb' });
  for (const user of ['a\r\nb', 'a\0', 'a'.repeat(257)]) assert.equal(passwordOf(user, 'x'), undefined);
  assert.equal(passwordOf('ann', 'a'.repeat(8193)), undefined);
  for (const token of ['', 'a\nb', 'a'.repeat(8193)]) assert.equal(tokenOf(token), undefined);
  assert.deepEqual(tokenOf('a'.repeat(8192))?.kind, 'token');
});
