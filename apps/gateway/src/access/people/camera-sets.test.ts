import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CameraSets } from './camera-sets.ts';
import { openPeopleSite, ROOT, type PeopleSite } from './testing/people-site.ts';

const CAMERAS = new Set(['gate', 'yard', 'roof']);

describe('groups and zones', () => {
  let site: PeopleSite;
  let sets: CameraSets;
  const removed: string[] = [];
  const open = async (): Promise<CameraSets> => {
    const opened = new CameraSets({
      ...site,
      cameraExists: (id) => CAMERAS.has(id),
      beforeRemove: async (kind, id) => {
        await Promise.resolve();
        removed.push(`${kind} ${id}`);
      },
    });
    await opened.load();
    return opened;
  };
  const groupsOf = (id: string): string[] => [...site.rights.groupsOf(id)].sort();

  before(async () => {
    site = await openPeopleSite();
    sets = await open();
  });
  after(async () => site.close());

  test('the file and the API put cameras into the same group; the book of rights knows both', async () => {
    sets.declare({
      gate: { groups: ['doors'], zones: ['outside'] },
      yard: { groups: [], zones: ['outside'] },
    });
    assert.deepEqual([groupsOf('gate'), [...site.rights.zonesOf('yard')]], [['doors'], ['outside']]);
    const doors = await sets.add(ROOT, 'group', 'doors', 'roof');
    assert.deepEqual(doors.cameras, [
      { id: 'gate', managedBy: 'file' },
      { id: 'roof', managedBy: 'api' },
    ]);
    assert.deepEqual([groupsOf('gate'), groupsOf('roof')], [['doors'], ['doors']]);
    assert.equal(site.rights.zonesOf('roof').size, 0);
  });

  test('what the API has made is there after a restart, and what the file no longer says is not', async () => {
    await sets.create(ROOT, 'group', { id: 'night', name: 'At night' });
    await sets.add(ROOT, 'group', 'night', 'gate');
    site = await site.restart();
    sets = await open();
    sets.declare({});
    assert.deepEqual(
      sets
        .list('group')
        .map(({ id, name, managedBy, cameras }) => [id, name, managedBy, cameras.map((one) => one.id)]),
      [
        ['doors', 'doors', 'api', ['roof']],
        ['night', 'At night', 'api', ['gate']],
      ],
    );
    assert.deepEqual(sets.list('zone'), []);
    assert.deepEqual(groupsOf('gate'), ['night']);
  });

  test('what the file says is not changed here', async () => {
    sets.declare({ yard: { groups: ['night', 'filed'], zones: [] } });
    await assert.rejects(sets.take(ROOT, 'group', 'night', 'yard'), { code: 'ERR_SET_FROM_FILE' });
    await assert.rejects(sets.remove(ROOT, 'group', 'night'), { code: 'ERR_SET_FROM_FILE' });
    await assert.rejects(sets.remove(ROOT, 'group', 'filed'), { code: 'ERR_SET_FROM_FILE' });
    await assert.rejects(sets.rename(ROOT, 'group', 'filed', 'x'), { code: 'ERR_SET_FROM_FILE' });
    assert.deepEqual(groupsOf('yard'), ['filed', 'night']);
    sets.declare({});
  });

  test('a set that is removed lets its cameras go, and says so before', async () => {
    await sets.remove(ROOT, 'group', 'night');
    assert.deepEqual(removed, ['group night']);
    assert.deepEqual(groupsOf('gate'), []);
    assert.deepEqual(site.entries.at(-1)?.detail, { before: { name: 'At night', cameras: ['gate'] } });
    await sets.create(ROOT, 'group', { id: 'night' });
    assert.deepEqual(sets.list('group').find(({ id }) => id === 'night')?.cameras, []);
  });

  test('a camera that is removed is in no set', async () => {
    await sets.add(ROOT, 'group', 'night', 'gate');
    await sets.forgetCamera('gate');
    assert.deepEqual(groupsOf('gate'), []);
    const rows = await site.store.db.selectFrom('cameraSetMembers').selectAll().execute();
    assert.ok(rows.every(({ cameraId }) => cameraId !== 'gate'));
  });

  test('what is not there, and what is there already', async () => {
    await assert.rejects(sets.create(ROOT, 'group', { id: 'night' }), { code: 'ERR_SET_EXISTS' });
    await assert.rejects(sets.add(ROOT, 'group', 'nowhere', 'gate'), { code: 'ERR_SET_NOT_FOUND' });
    await assert.rejects(sets.add(ROOT, 'group', 'night', 'ghost'), { code: 'ERR_CAMERA_NOT_FOUND' });
    await assert.rejects(sets.add(ROOT, 'zone', 'night', 'gate'), { code: 'ERR_SET_NOT_FOUND' });
    await sets.create(ROOT, 'zone', { id: 'night' });
    assert.deepEqual(
      sets.list('zone').map(({ id }) => id),
      ['night'],
    );
  });
});
