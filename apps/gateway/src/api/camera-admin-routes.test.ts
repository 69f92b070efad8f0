import { camera as cameraSchema, cameraConfig, cameraConfiguration, cameraTest } from '@vedette/contract';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { startGstCamera } from '../../../../e2e/support/gst-camera.ts';
import { SourceTests } from '../check-source/source-tests.ts';
import type { SessionInfo } from '../sessions/session-registry.ts';
import { identityOf, openPeopleApi, type PeopleApi } from './testing/people-api.ts';

const LIST = '/api/v1/cameras';

describe('cameras, by the API', () => {
  let api: PeopleApi;
  before(async () => {
    api = await openPeopleApi();
    await api.cameras.apply({
      autoCreate: false,
      byId: { gate: cameraConfig.parse({ source: 'rtsp://admin:hunter2@10.0.0.1/x' }) },
    });
  });
  after(async () => api.close());

  test('add, look, change, remove; its password is never said again', async () => {
    const source = 'rtsp://admin:hunter2@10.0.0.5/live';
    const made = await api.ask('root', 'POST', LIST, { id: 'yard', source, onDemand: true });
    assert.equal(made.status, 201);
    assert.equal(cameraSchema.parse(made.json).managedBy, 'api');
    const config = await api.ask('root', 'GET', `${LIST}/yard/config`);
    const { source: shown, hasSecrets, onDemand } = cameraConfiguration.parse(config.json);
    assert.deepEqual([shown, hasSecrets, onDemand], ['rtsp://10.0.0.5/live', true, true]);
    const changed = await api.ask('root', 'PATCH', `${LIST}/yard`, { source: shown, name: 'Yard' });
    assert.deepEqual([changed.status, changed.json?.['name']], [200, 'Yard']);
    assert.equal(api.cameras.find('yard')?.config.source, source);
    assert.doesNotMatch(JSON.stringify([made, config, changed, api.site.entries]), /hunter2/);
    assert.equal((await api.ask('root', 'DELETE', `${LIST}/yard`)).status, 204);
    assert.equal((await api.ask('root', 'GET', `${LIST}/yard`)).status, 404);
  });

  test('one of the file is shown and not changed', async () => {
    const config = await api.ask('root', 'GET', `${LIST}/gate/config`);
    assert.deepEqual([config.json?.['managedBy'], config.json?.['createdAt']], ['file', null]);
    assert.doesNotMatch(JSON.stringify(config), /hunter2/);
    for (const [method, body] of [
      ['PATCH', { name: 'x' }],
      ['DELETE', undefined],
    ] as const) {
      const answer = await api.ask('root', method, `${LIST}/gate`, body);
      assert.deepEqual([answer.status, answer.json?.['code']], [409, 'ERR_CAMERA_FROM_FILE']);
    }
  });

  for (const [what, body, status, code] of [
    ['a name that is taken', { id: 'gate', source: 'publish' }, 409, 'ERR_CAMERA_EXISTS'],
    ['a program', { id: 'x', source: 'exec:id' }, 400, 'ERR_BAD_REQUEST'],
    ['pushes', { id: 'x', source: 'publish', push: [] }, 400, 'ERR_BAD_REQUEST'],
    ['a metadata service', { id: 'x', source: 'http://169.254.169.254/' }, 400, 'ERR_ADDRESS_REFUSED'],
    ['a name of the file system', { id: '../x', source: 'publish' }, 400, 'ERR_BAD_REQUEST'],
  ] as const) {
    test(`the API takes no ${what}`, async () => {
      const answer = await api.ask('root', 'POST', LIST, body);
      assert.deepEqual([answer.status, answer.json?.['code']], [status, code]);
    });
  }

  test('lists show what one may view, and each his own sessions', async () => {
    await api.ask('root', 'POST', LIST, { id: 'hidden', source: 'publish' });
    const ids = async (who: string): Promise<unknown> =>
      ((await api.ask(who, 'GET', LIST)).json?.['items'] as { id: string }[]).map(({ id }) => id);
    assert.deepEqual([await ids('mai'), await ids('op')], [['gate'], ['gate', 'hidden']]);
    assert.equal((await api.ask('mai', 'GET', `${LIST}/hidden`)).json?.['code'], 'ERR_CAMERA_NOT_FOUND');

    const info: Omit<SessionInfo, 'identity'> = {
      protocol: 'srt',
      kind: 'view',
      cameraId: 'gate',
      peer: 'p',
      transport: 'udp',
    };
    const owner = { totals: () => ({ bytes: 0, dropped: 0, queuedBytes: 0 }), close: () => undefined };
    const own = api.sessions.begin({ ...info, identity: identityOf('mai') }, owner);
    const token = { kind: 'streamToken', id: 't', userId: 'mai', name: 'mai' } as const;
    const lent = api.sessions.begin({ ...info, identity: token }, owner);
    const other = api.sessions.begin({ ...info, identity: identityOf('op') }, owner);
    const seen = async (who: string): Promise<unknown> =>
      ((await api.ask(who, 'GET', '/api/v1/sessions')).json?.['items'] as { id: string }[])
        .map(({ id }) => id)
        .sort();
    assert.deepEqual(await seen('mai'), [own.record.id, lent.record.id].sort());
    assert.deepEqual(await seen('op'), [own.record.id, lent.record.id, other.record.id].sort());
    assert.equal((await api.ask('mai', 'DELETE', `/api/v1/sessions/${other.record.id}`)).status, 404);
    assert.equal((await api.ask('mai', 'DELETE', `/api/v1/sessions/${lent.record.id}`)).status, 204);
    for (const { end } of [own, lent, other]) end('over');
  });

  test('a real camera is tried before it is saved, and afterwards', async (context) => {
    const camera = await startGstCamera({ user: 'admin', password: 'secret', auth: 'digest' });
    context.after(async () => camera.close());
    const tried = await api.ask('root', 'POST', `${LIST}/test`, { source: camera.url });
    assert.equal(tried.status, 200);
    const result = cameraTest.parse(tried.json);
    assert.ok(result.ok);
    const [video] = result.report.tracks;
    assert.deepEqual([video?.codec, video?.width, video?.height], ['h264', 320, 240]);
    assert.doesNotMatch(JSON.stringify(tried), /secret/);

    await api.ask('root', 'POST', LIST, { id: 'real', source: camera.url, onDemand: true });
    assert.equal((await api.ask('root', 'POST', `${LIST}/real/test`)).json?.['ok'], true);
    const wrong = camera.url.replace('secret', 'guess');
    const refused = cameraTest.parse(
      (await api.ask('root', 'POST', `${LIST}/real/test`, { source: wrong })).json,
    );
    assert.ok(!refused.ok);
    assert.equal(refused.code, 'ERR_RTSP_UNAUTHORIZED');
  });

  test('what cannot be reached, or not be tried, says why', async () => {
    for (const [source, code] of [
      ['rtsp://127.0.0.1:1/x', 'ERR_CONNECT_REFUSED'],
      ['rtmp://127.0.0.1:1/app/x', 'ERR_CONNECT_REFUSED'],
      ['hls+http://127.0.0.1:1/x.m3u8', 'ERR_CONNECT_REFUSED'],
      ['rtsp://169.254.169.254/x', 'ERR_ADDRESS_REFUSED'],
      ['srt://169.254.169.254:9000', 'ERR_ADDRESS_REFUSED'],
      ['publish', 'ERR_TEST_PUBLISH'],
    ] as const) {
      const answer = cameraTest.parse((await api.ask('root', 'POST', `${LIST}/test`, { source })).json);
      assert.equal(answer.ok ? '' : answer.code, code, source);
    }
  });
});

test('private networks are refused also behind a name, where only the public ones are allowed', async (context) => {
  const api = await openPeopleApi({ privateNetworks: false });
  context.after(async () => api.close());
  for (const source of [
    'rtsp://localhost:1/x',
    'http://localhost:1/x',
    'rtmp://localhost:1/a/x',
    'srt://localhost:1',
  ]) {
    const answer = cameraTest.parse((await api.ask('root', 'POST', `${LIST}/test`, { source })).json);
    assert.ok(!answer.ok);
    assert.equal(answer.code, 'ERR_ADDRESS_REFUSED', source);
    assert.match(answer.message, /privateNetworks/);
  }
});

test('four tests at a time, each with an end', async (context) => {
  const api = await openPeopleApi({ tests: new SourceTests({ limitMs: 1500 }) });
  context.after(async () => api.close());
  // Takes connections and says nothing.
  const held = new Set<Socket>();
  const server = createServer((socket) => held.add(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    for (const socket of held) socket.destroy();
    server.close();
  });
  const source = `rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
  const answers = await Promise.all(
    Array.from({ length: 6 }, async () => api.ask('root', 'POST', `${LIST}/test`, { source })),
  );
  const words = answers.map(({ status, json }) => `${status} ${String(json?.['code'])}`).sort();
  assert.deepEqual(words, [
    ...Array<string>(4).fill('200 ERR_TEST_TIMEOUT'),
    ...Array<string>(2).fill('429 ERR_TESTS_BUSY'),
  ]);
  const again = await api.ask('root', 'POST', `${LIST}/test`, { source: 'publish' });
  assert.equal(again.status, 200, 'there is room again');
});
