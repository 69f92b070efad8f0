import { cameraConfig } from '@vedette/contract';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { test, type TestContext } from 'node:test';
import { until } from '../../../../../e2e/support/until.ts';
import { SessionGuard } from '../../access/session-guard.ts';
import { CameraSet } from '../../cameras/camera-set.ts';
import { silentLogger } from '../../observability/logger.ts';
import { SessionRegistry } from '../../sessions/session-registry.ts';
import { createFlvSinks, FLV_CARRIAGE } from '../../sinks/flv/flv-sinks.ts';
import { makeFootage } from '../../sinks/hls/testing/footage.ts';
import { createTsSinks, TS_CARRIAGE } from '../../sinks/ts/ts-sinks.ts';
import { endlessViewing } from './endless-viewing.ts';
import { HttpServer } from './http-server.ts';
import { snapshotRoutes } from './snapshot-routes.ts';
import { identityOf, TestAccess } from './testing/test-access.ts';

const MAI = { name: 'mai', may: ['view'] } as const;
const { tracks, units } = makeFootage({ seconds: 0.2 });
const PATHS = ['stream.ts', 'stream.flv', 'snapshot.jpg'];

interface Site {
  readonly url: string;
  readonly people: TestAccess;
  readonly sessions: SessionRegistry;
}

/** The ways of viewing that are one plain answer; snapshots are all the same picture. */
async function start(context: TestContext): Promise<Site> {
  const people = new TestAccess([MAI, { name: 'stranger' }]);
  const { access } = people;
  const cameras = new CameraSet({ logger: silentLogger, createSource: () => undefined });
  const publish = cameraConfig.parse({ source: 'publish' });
  await cameras.apply({ autoCreate: false, byId: { gate: publish, yard: publish } });
  const sessions = new SessionRegistry({ started: () => undefined, ended: () => undefined });
  const http = new HttpServer({
    ...{ host: '127.0.0.1', port: 0, allowedOrigins: [], logger: silentLogger },
    access,
  });
  await http.prepare();
  for (const [protocol, sinks, carriage] of [
    ['ts', createTsSinks(), TS_CARRIAGE],
    ['flv', createFlvSinks(), FLV_CARRIAGE],
  ] as const) {
    await http.app.register(
      endlessViewing({
        ...{ cameras, sessions, access, protocol, carriage, contentType: 'video/x' },
        way: () => ({ fit: (stream) => stream, sinks }),
        paths: [`/live/:camera/stream.${protocol}`],
      }),
    );
  }
  const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xd9]);
  const snapshots = { jpeg: () => Promise.resolve({ jpeg, takenAtMs: 0, isLive: true }) };
  await http.app.register(snapshotRoutes(snapshots, cameras, access));
  const url = await http.listen();
  const answer = cameras.publish({ cameraId: 'gate', tracks, onRevoked: () => undefined });
  assert.ok(answer.ok);
  for (const unit of units) answer.feed.write(unit);
  const guard = new SessionGuard({ sessions, rights: people.rights, logger: silentLogger });
  guard.start();
  context.after(async () => {
    guard.close();
    await http.close();
    await cameras.close();
  });
  return { url, people, sessions };
}

async function open(url: string): Promise<IncomingMessage> {
  const [response] = (await once(get(url), 'response')) as [IncomingMessage];
  response.on('error', () => undefined);
  return response;
}

for (const path of PATHS) {
  test(`${path}: who may not view is refused before anything is said of the camera`, async (context) => {
    const { url, sessions } = await start(context);
    for (const [address, status, code] of [
      [`gate/${path}`, 401, 'ERR_UNAUTHENTICATED'],
      [`nowhere/${path}`, 401, 'ERR_UNAUTHENTICATED'],
      [`gate/${path}?token=nobody-token`, 401, 'ERR_UNAUTHENTICATED'],
      [`gate/${path}?token=stranger-token`, 404, 'ERR_CAMERA_NOT_FOUND'],
      [`yard/${path}?token=mai-token`, 404, 'ERR_CAMERA_NOT_FOUND'],
    ] as const) {
      const response = await fetch(`${url}/live/${address}`);
      const { code: said } = (await response.json()) as { code: string };
      assert.deepEqual([response.status, said], [status, code], address);
      assert.match(response.headers.get('www-authenticate') ?? 'Basic', /Basic/);
    }
    assert.deepEqual(sessions.list(), []);
  });

  test(`${path}: who may view gets it`, async (context) => {
    const { url, sessions } = await start(context);
    const response = await open(`${url}/live/gate/${path}?token=mai-token`);
    assert.equal(response.statusCode, 200);
    assert.equal(response.headers['referrer-policy'], 'no-referrer');
    if (path !== 'snapshot.jpg') assert.deepEqual(sessions.list()[0]?.identity, identityOf('mai'));
    response.destroy();
    await until(() => sessions.list().length === 0);
  });
}

test('a view without end ends with the permission', async (context) => {
  const { url, people, sessions } = await start(context);
  const views = [
    await open(`${url}/live/gate/stream.ts?token=mai-token`),
    await open(`${url}/live/gate/stream.flv?token=mai-token`),
  ];
  for (const view of views) view.resume();
  const ended = Promise.all(views.map((view) => once(view, 'close')));
  people.grant({ name: 'mai' });
  await ended;
  assert.deepEqual(sessions.list(), []);
});
