import type { ApiKeyScope } from '@vedette/contract';
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Identity } from '../identity.ts';
import type { ApiKeyRecord } from './api-keys.ts';
import { LoginDesk } from './testing/login-desk.ts';

const VIEW_GATE: ApiKeyScope = {
  actions: ['monitor'],
  grants: [{ target: { kind: 'camera', id: 'gate' }, actions: ['view'] }],
};

describe('keys of the API', () => {
  let desk: LoginDesk;
  before(async () => {
    desk = await LoginDesk.open();
  });
  after(() => desk.close());

  const make = (
    scope: ApiKeyScope = VIEW_GATE,
    expiresAtMs?: number,
  ): Promise<{ record: ApiKeyRecord; key: string }> =>
    desk.apiKeys.make('somebody', { name: 'export', scope, expiresAtMs });
  const identityOf = ({ id, name }: ApiKeyRecord): Identity => ({ kind: 'apiKey', id, name });

  test('one is shown once, kept as a hash, and may what its scope says', async () => {
    const { record, key } = await make();
    assert.match(key, /^vdk_[\w-]{43}$/);
    assert.ok(!JSON.stringify(await desk.store.db.selectFrom('apiKeys').selectAll().execute()).includes(key));
    assert.equal(desk.apiKeys.find(key)?.id, record.id);
    assert.equal(desk.apiKeys.find(`${key}x`), undefined);
    const may = (...[action, camera]: ['view' | 'ptz' | 'monitor' | 'configure', string?]): string =>
      desk.rights.decide(identityOf(record), action, camera);
    assert.deepEqual(
      [may('monitor'), may('configure'), may('view', 'gate'), may('view', 'yard'), may('ptz', 'gate')],
      ['yes', 'no', 'yes', 'no', 'no'],
    );
  });

  test('one that is revoked is gone at once, and after a restart', async () => {
    const [gone, kept] = [await make(), await make()];
    await desk.apiKeys.revoke(gone.record.id);
    assert.equal(await desk.apiKeys.revoke(gone.record.id), undefined);
    assert.equal(desk.apiKeys.find(gone.key), undefined);
    assert.equal(desk.rights.decide(identityOf(gone.record), 'monitor'), 'gone');
    const again = await desk.restarted();
    assert.equal(again.apiKeys.find(gone.key), undefined);
    assert.equal(again.apiKeys.find(kept.key)?.id, kept.record.id);
    assert.equal(again.rights.decide(identityOf(kept.record), 'monitor'), 'yes');
  });

  test('what it may with a camera that is removed goes, with another one stays; also after a restart', async () => {
    const yard: ApiKeyScope['grants'][number] = { target: { kind: 'camera', id: 'yard' }, actions: ['view'] };
    const { record } = await make({ ...VIEW_GATE, grants: [...VIEW_GATE.grants, yard] });
    await desk.apiKeys.forgetTarget({ kind: 'camera', id: 'gate' });
    const again = await desk.restarted();
    for (const { rights } of [desk, again]) {
      const may = ['gate', 'yard'].map((camera) => rights.decide(identityOf(record), 'view', camera));
      assert.deepEqual(may, ['no', 'yes']);
    }
  });

  test('one expires', async () => {
    const { record, key } = await make(VIEW_GATE, desk.now() + 1000);
    assert.ok(desk.apiKeys.find(key));
    desk.passMs(1000);
    assert.equal(desk.apiKeys.find(key), undefined);
    assert.equal(desk.rights.decide(identityOf(record), 'monitor'), 'gone');
  });

  test('its last use is written once a minute', async () => {
    const { record, key } = await make();
    const used = async () =>
      (
        await desk.store.db
          .selectFrom('apiKeys')
          .select('lastUsedAt')
          .where('id', '=', record.id)
          .executeTakeFirstOrThrow()
      ).lastUsedAt;
    assert.equal(await used(), null);
    const first = desk.now();
    desk.apiKeys.find(key);
    desk.passMs(59_999);
    desk.apiKeys.find(key);
    assert.equal(await used(), first);
    assert.equal(desk.apiKeys.get(record.id)?.lastUsedAtMs, first);
    desk.passMs(1);
    desk.apiKeys.find(key);
    assert.equal(await used(), first + 60_000);
  });

  test('nobody makes one that may more than he', async () => {
    const admin = await desk.addUser('boss', 'admin');
    const { record } = await make({ actions: ['manageUsers', 'view'], grants: [] });
    const byAdmin = (scope: ApiKeyScope): string | undefined =>
      desk.apiKeys.excessOf({ kind: 'user', id: admin.id, name: 'boss' }, scope);
    const byKey = (scope: ApiKeyScope): string | undefined =>
      desk.apiKeys.excessOf(identityOf(record), scope);
    const all: ApiKeyScope = {
      actions: ['configure'],
      grants: [{ target: { kind: 'all' }, actions: ['ptz'] }],
    };
    assert.equal(byAdmin(all), undefined);
    assert.equal(byKey(all), 'configure');
    assert.equal(byKey({ ...all, actions: [] }), 'ptz');
    assert.equal(byKey({ actions: ['view'], grants: [] }), undefined);
    assert.equal(
      byKey({ actions: [], grants: [{ target: { kind: 'camera', id: 'gate' }, actions: ['view'] }] }),
      undefined,
    );
  });
});
