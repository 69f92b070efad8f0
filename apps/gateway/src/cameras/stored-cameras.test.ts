import { cameraChange, cameraConfig, newCamera } from '@vedette/contract';
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openPeopleSite, ROOT, type PeopleSite } from '../access/people/testing/people-site.ts';
import { apiCameraGuard } from '../net/guarded-lookup.ts';
import { silentLogger } from '../observability/logger.ts';
import { CameraSet, type ManagedBy } from './camera-set.ts';
import { StoredCameras } from './stored-cameras.ts';

const SECRET = 'hunter2';
const SOURCE = `rtsp://admin:${SECRET}@10.0.0.5/live?key=${SECRET}`;
const SHOWN = 'rtsp://10.0.0.5/live';

interface Yard {
  readonly set: CameraSet;
  readonly stored: StoredCameras;
  /** Sources that were made: of which camera, from where. */
  readonly made: [string, string, ManagedBy][];
}

function yardOf(site: PeopleSite, { privateNetworks = true } = {}): Yard {
  const made: Yard['made'] = [];
  const set = new CameraSet({
    logger: silentLogger,
    createSource: (id, { source }, by) => {
      made.push([id, source, by]);
      // Runs until it is ended, as a camera does that never answers.
      return {
        run: async ({ signal }) => {
          const { promise, resolve } = Promise.withResolvers<undefined>();
          signal.addEventListener('abort', () => resolve(undefined), { once: true });
          await promise;
        },
      };
    },
  });
  const stored = new StoredCameras({
    ...site,
    cameras: set,
    guard: apiCameraGuard({ privateNetworks }),
    logger: silentLogger,
    beforeRemove: () => Promise.resolve(),
  });
  return { set, stored, made };
}

describe('cameras made by the API', () => {
  let site: PeopleSite;
  let yard: Yard;
  const add = async (id: string, settings: object = {}): Promise<void> =>
    yard.stored.create(ROOT, newCamera.parse({ id, source: SOURCE, ...settings }));
  const change = async (id: string, body: object): Promise<void> =>
    yard.stored.change(ROOT, id, cameraChange.parse(body));

  before(async () => {
    site = await openPeopleSite();
    yard = yardOf(site);
  });
  after(async () => {
    await yard.set.close();
    await site.close();
  });

  test('runs at once, and again after a restart, with what was set', async () => {
    await add('gate', { name: 'Gate', sources: { sub: 'rtsp://10.0.0.5/sub' }, renditions: [] });
    assert.equal(yard.set.managedBy('gate'), 'api');
    const config = yard.set.find('gate')?.config;
    await yard.set.close();
    site = await site.restart();
    yard = yardOf(site);
    await yard.stored.load();
    await yard.stored.apply();
    assert.deepEqual(yard.set.find('gate')?.config, config);
    assert.deepEqual(yard.made, [['gate', SOURCE, 'api']]);
  });

  test('its password lies nowhere in the clear', async () => {
    const rows = await site.store.db.selectFrom('cameras').selectAll().execute();
    assert.equal(rows.length, 1);
    assert.ok(!JSON.stringify([rows, site.entries]).includes(SECRET));
  });

  test('an address that is sent back as it was shown keeps its secrets; any other is new', async () => {
    await change('gate', { source: SHOWN, name: 'The gate' });
    assert.equal(yard.set.find('gate')?.config.source, SOURCE);
    await change('gate', { source: 'rtsp://10.0.0.66/live' });
    assert.equal(yard.set.find('gate')?.config.source, 'rtsp://10.0.0.66/live');
    await change('gate', { source: SOURCE });
    assert.ok(!JSON.stringify(site.entries).includes(SECRET));
  });

  test('a new name does not interrupt the camera', async () => {
    const made = yard.made.length;
    await change('gate', { name: 'Front' });
    assert.equal(yard.set.find('gate')?.config.name, 'Front');
    assert.equal(yard.made.length, made);
    await change('gate', { name: null, sources: null });
    assert.deepEqual(
      [yard.set.find('gate')?.config.name, yard.set.find('gate')?.config.sources],
      [undefined, undefined],
    );
  });

  test('of two of one name the one of the file counts, and neither is changed here', async () => {
    const filed = cameraConfig.parse({ source: 'rtsp://10.0.0.7/file' });
    await yard.set.apply({ autoCreate: false, byId: { gate: filed, filed } });
    assert.deepEqual(
      [yard.set.managedBy('gate'), yard.made.at(-2)],
      ['file', ['gate', 'rtsp://10.0.0.7/file', 'file']],
    );
    await assert.rejects(change('gate', { name: 'x' }), { code: 'ERR_CAMERA_FROM_FILE' });
    await assert.rejects(yard.stored.remove(ROOT, 'filed'), { code: 'ERR_CAMERA_FROM_FILE' });
    await assert.rejects(add('filed'), { code: 'ERR_CAMERA_EXISTS' });
    await yard.set.apply({ autoCreate: false, byId: {} });
    assert.deepEqual([yard.set.managedBy('gate'), yard.set.find('filed')], ['api', undefined]);
  });

  test('the same configuration under the other rules gets a new source', async () => {
    const config = yard.stored.get('gate')?.config;
    assert.ok(config);
    const made = yard.made.length;
    await yard.set.apply({ autoCreate: false, byId: { gate: config } });
    assert.deepEqual(yard.made.slice(made), [['gate', SOURCE, 'file']]);
    await yard.set.apply({ autoCreate: false, byId: {} });
    assert.deepEqual(yard.made.slice(made + 1), [['gate', SOURCE, 'api']]);
  });

  test('one that is removed ends, and its row is gone', async () => {
    await add('brief');
    await yard.stored.remove(ROOT, 'brief');
    assert.equal(yard.set.find('brief'), undefined);
    await assert.rejects(yard.stored.remove(ROOT, 'brief'), { code: 'ERR_CAMERA_NOT_FOUND' });
    const rows = await site.store.db.selectFrom('cameras').select('id').execute();
    assert.deepEqual(rows, [{ id: 'gate' }]);
  });

  for (const source of [
    'rtsp://169.254.169.254/latest',
    'http://user:p@ss@169.254.169.254/latest',
    'mjpeg+http://[::ffff:169.254.169.254]:80/x',
    'srt://[fe80::1]:9000',
    'rtsp://100.100.100.200/',
  ]) {
    test(`no camera leads to ${source}`, async () => {
      await assert.rejects(add('spy', { source }), { code: 'ERR_ADDRESS_REFUSED' });
      await assert.rejects(change('gate', { source }), { code: 'ERR_ADDRESS_REFUSED' });
      await assert.rejects(add('spy', { sources: { sub: source } }), { code: 'ERR_ADDRESS_REFUSED' });
    });
  }

  test('private networks only where they are allowed', async () => {
    const { stored, set } = yardOf(site, { privateNetworks: false });
    const parsed = newCamera.parse({ id: 'inside', source: SOURCE });
    await assert.rejects(stored.create(ROOT, parsed), /access\.privateNetworks/);
    await set.close();
  });

  for (const source of ['exec:sh -c id', 'file:/etc/passwd', 'EXEC:id', 'fetched:', 'gopher://10.0.0.1/']) {
    test(`the API takes no ${source}`, () => {
      assert.equal(newCamera.safeParse({ id: 'x', source }).success, false);
      assert.equal(cameraChange.safeParse({ source }).success, false);
      assert.equal(
        newCamera.safeParse({ id: 'x', source: 'publish', sources: { sub: source } }).success,
        false,
      );
    });
  }

  test('while the store is away nothing changes', async () => {
    await site.store.close();
    await assert.rejects(change('gate', { name: 'lost' }), { name: 'StoreUnavailableError' });
    assert.notEqual(yard.set.find('gate')?.config.name, 'lost');
    site = await site.restart();
  });
});
