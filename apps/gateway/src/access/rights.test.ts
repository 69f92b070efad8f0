import { ACTIONS, CAMERA_ACTIONS, type Action, type Grant } from '@vedette/contract';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EVERYBODY, identityKey, identityName, NOBODY, personOf, type Identity } from './identity.ts';
import { OPEN_RIGHTS, Rights, type Decision } from './rights.ts';
import { mayView, visibleCameras } from './visible-cameras.ts';

const NOW = Date.UTC(2030, 0, 7, 12); // a Monday
const view = (target: Grant['target']): Grant => ({ target, actions: ['view'] });

const user = (id: string): Identity => ({ kind: 'user', id, name: id });
const token = (id: string, userId = 'mai'): Identity => ({ kind: 'streamToken', id, userId, name: 'mai' });

function book(nowMs: () => number = () => NOW): Rights {
  const rights = new Rights(nowMs);
  rights.setMembership(new Map([['gate', new Set(['doors'])]]), new Map([['yard', new Set(['outside'])]]));
  const isDisabled = false;
  rights.put('user', { id: 'root', role: 'admin', grants: [], isDisabled });
  rights.put('user', { id: 'op', role: 'operator', grants: [], isDisabled });
  rights.put('user', { id: 'mai', role: 'user', grants: [view({ kind: 'group', id: 'doors' })], isDisabled });
  rights.put('user', { id: 'off', role: 'admin', grants: [], isDisabled: true });
  rights.put('apiKey', {
    ...{ id: 'key', actions: ['monitor'], expiresAtMs: Infinity },
    grants: [{ target: { kind: 'camera', id: 'yard' }, actions: ['ptz'] }],
  });
  rights.put('apiKey', { id: 'old', actions: ACTIONS, grants: [], expiresAtMs: NOW });
  const lent = { userId: 'mai', cameraId: 'gate', actions: CAMERA_ACTIONS, expiresAtMs: NOW + 1000 };
  rights.put('streamToken', { id: 'token', ...lent });
  rights.put('streamToken', { id: 'of-nobody', ...lent, userId: 'removed' });
  rights.put('streamToken', { id: 'of-off', ...lent, userId: 'off' });
  rights.put('shareLink', { id: 'link', ...lent, actions: ['view'] });
  rights.put('publishKey', { id: 'encoder', cameraId: 'gate' });
  return rights;
}

const outside = (expiresAtMs: number): Identity => ({
  ...{ kind: 'outside', id: 'sub', name: 'sub', expiresAtMs },
  permissions: [
    { action: 'view', camera: 'gate' },
    { action: 'talk', camera: /^ya/ },
    { action: 'playback' },
  ],
});

describe('decisions', () => {
  const rights = book();
  const cases: readonly [string, Identity, Action, string | undefined, Decision][] = [
    ['nobody', NOBODY, 'view', 'gate', 'no'],
    ['everybody, where access is open', EVERYBODY, 'manageUsers', undefined, 'yes'],
    ['an administrator', user('root'), 'readAudit', undefined, 'yes'],
    ['an operator watches', user('op'), 'view', 'anything', 'yes'],
    ['an operator does not publish', user('op'), 'publish', 'gate', 'no'],
    ['a user, by group', user('mai'), 'view', 'gate', 'yes'],
    ['a user, another camera', user('mai'), 'view', 'yard', 'no'],
    ['a user, no camera', user('mai'), 'view', undefined, 'no'],
    ['a user, settings', user('mai'), 'configure', undefined, 'no'],
    ['somebody unknown', user('ghost'), 'view', 'gate', 'gone'],
    ['somebody disabled', user('off'), 'view', 'gate', 'gone'],
    ['a key, by scope', { kind: 'apiKey', id: 'key', name: 'k' }, 'monitor', undefined, 'yes'],
    ['a key, by grant', { kind: 'apiKey', id: 'key', name: 'k' }, 'ptz', 'yard', 'yes'],
    ['a key, another camera', { kind: 'apiKey', id: 'key', name: 'k' }, 'ptz', 'gate', 'no'],
    ['a key that has expired', { kind: 'apiKey', id: 'old', name: 'k' }, 'view', 'gate', 'gone'],
    ['a token, what its user may', token('token'), 'view', 'gate', 'yes'],
    ['a token, what its user may not', token('token'), 'ptz', 'gate', 'no'],
    ['a token, another camera', token('token'), 'view', 'yard', 'no'],
    ['a token of somebody who is gone', token('of-nobody'), 'view', 'gate', 'gone'],
    ['a token of somebody disabled', token('of-off'), 'view', 'gate', 'gone'],
    ['a token that was revoked', token('revoked'), 'view', 'gate', 'gone'],
    ['a link', { kind: 'shareLink', id: 'link', name: 'l' }, 'view', 'gate', 'yes'],
    ['a link, more than it says', { kind: 'shareLink', id: 'link', name: 'l' }, 'playback', 'gate', 'no'],
    ['an encoder', { kind: 'publishKey', id: 'encoder', name: 'e' }, 'publish', 'gate', 'yes'],
    ['an encoder, another camera', { kind: 'publishKey', id: 'encoder', name: 'e' }, 'publish', 'yard', 'no'],
    ['an encoder does not watch', { kind: 'publishKey', id: 'encoder', name: 'e' }, 'view', 'gate', 'no'],
    ['an encoder without its key', { kind: 'publishKey', id: 'gone', name: 'e' }, 'publish', 'gate', 'gone'],
    ['from outside, a camera', outside(NOW + 1), 'view', 'gate', 'yes'],
    ['from outside, another camera', outside(NOW + 1), 'view', 'yard', 'no'],
    ['from outside, by pattern', outside(NOW + 1), 'talk', 'yard', 'yes'],
    ['from outside, by pattern, not it', outside(NOW + 1), 'talk', 'gate', 'no'],
    ['from outside, all cameras', outside(NOW + 1), 'playback', 'new', 'yes'],
    ['from outside, beside cameras', outside(NOW + 1), 'configure', undefined, 'no'],
    ['from outside, too late', outside(NOW), 'view', 'gate', 'gone'],
  ];
  for (const [what, identity, action, cameraId, expected] of cases) {
    test(`${what}: ${expected}`, () => assert.equal(rights.decide(identity, action, cameraId), expected));
  }
});

test('what is taken out is gone at once, and time does the same', () => {
  let nowMs = NOW;
  const rights = book(() => nowMs);
  assert.equal(rights.decide(token('token'), 'view', 'gate'), 'yes');
  nowMs += 1000;
  assert.equal(rights.decide(token('token'), 'view', 'gate'), 'gone');
  rights.remove('user', 'mai');
  assert.equal(rights.decide(user('mai'), 'view', 'gate'), 'gone');
  rights.setMembership(new Map(), new Map());
  assert.equal(rights.groupsOf('gate').size, 0);
});

test('listeners hear of each change, and of nothing when nothing was there', () => {
  const rights = book();
  let changes = 0;
  const stop = rights.onChange(() => (changes += 1));
  rights.remove('user', 'nobody-knows');
  assert.equal(changes, 0);
  rights.remove('user', 'mai');
  rights.put('publishKey', { id: 'new', cameraId: 'yard' });
  rights.setMembership(new Map(), new Map());
  assert.equal(changes, 3);
  stop();
  rights.remove('user', 'op');
  assert.equal(changes, 3);
});

test('lists show what one may view', () => {
  const cameras = [{ id: 'yard' }, { id: 'gate' }];
  assert.deepEqual(visibleCameras(book(), user('mai'), cameras), [{ id: 'gate' }]);
  assert.deepEqual(visibleCameras(book(), user('op'), cameras), cameras);
  assert.equal(mayView(OPEN_RIGHTS, NOBODY, 'gate'), true);
  assert.equal(mayView(book(), NOBODY, 'gate'), false);
});

test('an identity has one key, one name, and the person behind it', () => {
  assert.deepEqual(
    [user('mai'), token('t'), NOBODY].map((identity) => [
      identityKey(identity),
      identityName(identity),
      personOf(identity),
    ]),
    [
      ['user:mai', 'mai', 'mai'],
      ['streamToken:t', 'mai', 'mai'],
      ['nobody', 'nobody', undefined],
    ],
  );
});
