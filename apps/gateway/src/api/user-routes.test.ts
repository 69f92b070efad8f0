import { cameraConfig, createdUser, permissionPage, user as userSchema, userPage } from '@vedette/contract';
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { openPeopleApi, type PeopleApi } from './testing/people-api.ts';

describe('users, by the API', () => {
  let api: PeopleApi;
  let id = '';

  before(async () => {
    api = await openPeopleApi();
    const publish = cameraConfig.parse({ source: 'publish' });
    await api.cameras.apply({ autoCreate: false, byId: { gate: publish, yard: publish } });
    api.sets.declare({ gate: { groups: ['doors'], zones: [] } });
  });
  after(async () => api.close());

  test('make, look, change, list', async () => {
    const made = await api.ask('root', 'POST', '/api/v1/users', { name: 'Lan', displayName: 'Lan Phạm' });
    assert.equal(made.status, 201);
    const { initialPassword, ...lan } = createdUser.parse(made.json);
    assert.ok(initialPassword !== null && initialPassword.length > 15);
    assert.deepEqual([lan.name, lan.role, lan.mustChangePassword, lan.plan], ['lan', 'user', true, 'free']);
    id = lan.id;

    const changed = await api.ask('root', 'PATCH', `/api/v1/users/${id}`, {
      grants: [{ target: { kind: 'group', id: 'doors' }, actions: ['view', 'ptz'] }],
      plan: null,
    });
    assert.equal(changed.status, 200);
    assert.equal(userSchema.parse(changed.json).plan, null);
    assert.deepEqual((await api.ask('root', 'GET', `/api/v1/users/${id}`)).json, changed.json);
    const { items } = userPage.parse((await api.ask('root', 'GET', '/api/v1/users')).json);
    assert.deepEqual(
      items.map(({ name }) => name),
      ['lan'],
    );
    assert.doesNotMatch(JSON.stringify([changed.json, items]), /argon2|digest|ha1/i);
  });

  test('the table says what the decisions say', async () => {
    const { items } = permissionPage.parse((await api.ask('root', 'GET', '/api/v1/permissions')).json);
    assert.deepEqual(items[0]?.cameras, [
      {
        cameraId: 'gate',
        permissions: (['view', 'ptz'] as const).map((action) => ({
          ...{ action, through: { kind: 'group', id: 'doors' }, hours: null, isNow: true },
        })),
      },
    ]);
    const lan = { kind: 'user', id, name: 'lan' } as const;
    assert.equal(api.site.rights.decide(lan, 'ptz', 'gate'), 'yes');
    assert.equal(api.site.rights.decide(lan, 'ptz', 'yard'), 'no');
  });

  test('another password, no second factor, logged out', async () => {
    const password = await api.ask('root', 'POST', `/api/v1/users/${id}/password`, {
      password: 'long enough it is',
    });
    assert.deepEqual([password.status, password.json], [200, { initialPassword: null }]);
    const madeUp = await api.ask('root', 'POST', `/api/v1/users/${id}/password`);
    assert.equal(typeof madeUp.json?.['initialPassword'], 'string');
    assert.equal((await api.ask('root', 'POST', `/api/v1/users/${id}/totp/reset`)).status, 204);
    assert.equal((await api.ask('root', 'POST', `/api/v1/users/${id}/logout`)).status, 204);
    assert.deepEqual(
      api.site.entries.slice(-4).map(({ action, identity, address }) => [action, identity.kind, address]),
      ['user.passwordReset', 'user.passwordReset', 'user.totpReset', 'user.loggedOut'].map((action) => [
        ...[action, 'user', '127.0.0.1'],
      ]),
    );
  });

  for (const [what, method, path, body, status, code] of [
    ['a name that is taken', 'POST', '/api/v1/users', { name: 'LAN' }, 409, 'ERR_USER_EXISTS'],
    ['a short password', 'POST', '/api/v1/users', { name: 'x', password: 'short' }, 400, 'ERR_BAD_REQUEST'],
    ['a plan that is none', 'POST', '/api/v1/users', { name: 'x', plan: 'gold' }, 400, 'ERR_UNKNOWN_PLAN'],
    ['a role that is none', 'POST', '/api/v1/users', { name: 'x', role: 'god' }, 400, 'ERR_BAD_REQUEST'],
    [
      'a time zone that is none',
      ...(['POST', '/api/v1/users'] as const),
      {
        name: 'x',
        grants: [
          {
            target: { kind: 'all' },
            actions: ['view'],
            hours: { from: '08:00', to: '09:00', timeZone: 'Mars/Olympus' },
          },
        ],
      },
      ...([400, 'ERR_BAD_REQUEST'] as const),
    ],
    [
      'somebody who is not there',
      ...([
        'PATCH',
        '/api/v1/users/00000000-0000-4000-8000-000000000000',
        {},
        404,
        'ERR_USER_NOT_FOUND',
      ] as const),
    ],
  ] as const) {
    test(`${what}: ${status} ${code}`, async () => {
      const answer = await api.ask('root', method, path, body);
      assert.deepEqual([answer.status, answer.json?.['code']], [status, code]);
    });
  }

  for (const [who, status] of [
    [undefined, 401],
    ['mai', 403],
    ['op', 403],
  ] as const) {
    test(`${who ?? 'nobody'} manages no users`, async () => {
      for (const [method, path] of [
        ['GET', '/api/v1/users'],
        ['POST', '/api/v1/users'],
        ['DELETE', `/api/v1/users/${id}`],
        ['POST', `/api/v1/users/${id}/password`],
        ['GET', '/api/v1/permissions'],
        ['GET', '/api/v1/groups'],
        ['PUT', '/api/v1/groups/doors/cameras/yard'],
        ['POST', '/api/v1/cameras'],
        ['POST', '/api/v1/cameras/test'],
        ['DELETE', '/api/v1/cameras/gate'],
        ['GET', '/api/v1/cameras/gate/config'],
      ] as const) {
        assert.equal((await api.ask(who, method, path)).status, status, `${method} ${path}`);
      }
    });
  }

  test('removed', async () => {
    assert.equal((await api.ask('root', 'DELETE', `/api/v1/users/${id}`)).status, 204);
    assert.equal((await api.ask('root', 'GET', `/api/v1/users/${id}`)).status, 404);
  });
});

describe('groups and zones, by the API', () => {
  let api: PeopleApi;
  before(async () => {
    api = await openPeopleApi();
    await api.cameras.apply({
      autoCreate: false,
      byId: { gate: cameraConfig.parse({ source: 'publish', groups: ['filed'] }) },
    });
    api.sets.declare({ gate: { groups: ['filed'], zones: [] } });
  });
  after(async () => api.close());

  for (const kind of ['groups', 'zones']) {
    test(`${kind}: make, rename, fill, empty, remove`, async () => {
      const list = `/api/v1/${kind}`;
      const made = await api.ask('root', 'POST', list, { id: 'night' });
      assert.deepEqual([made.status, made.json?.['name']], [201, 'night']);
      assert.equal((await api.ask('root', 'POST', list, { id: 'night' })).json?.['code'], 'ERR_SET_EXISTS');
      const renamed = await api.ask('root', 'PATCH', `${list}/night`, { name: 'At night' });
      assert.equal(renamed.json?.['name'], 'At night');
      const filled = await api.ask('root', 'PUT', `${list}/night/cameras/gate`);
      assert.deepEqual(filled.json?.['cameras'], [{ id: 'gate', managedBy: 'api' }]);
      const gate = await api.ask('op', 'GET', '/api/v1/cameras/gate');
      assert.deepEqual(
        [gate.json?.['managedBy'], gate.json?.[kind]],
        ['file', kind === 'groups' ? ['filed', 'night'] : ['night']],
      );
      const emptied = await api.ask('root', 'DELETE', `${list}/night/cameras/gate`);
      assert.deepEqual(emptied.json?.['cameras'], []);
      assert.equal((await api.ask('root', 'DELETE', `${list}/night`)).status, 204);
      assert.equal((await api.ask('root', 'DELETE', `${list}/night`)).status, 404);
    });
  }

  test('what the file says stays', async () => {
    const answer = await api.ask('root', 'DELETE', '/api/v1/groups/filed/cameras/gate');
    assert.deepEqual([answer.status, answer.json?.['code']], [409, 'ERR_SET_FROM_FILE']);
  });
});
