import type { Camera, Push, ServerToClientEvents } from '@vedette/contract';
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { until } from '../../../../e2e/support/until.ts';
import { silentLogger } from '../observability/logger.ts';
import { HttpServer } from '../servers/http/http-server.ts';
import { TestAccess, type TestPerson } from '../servers/http/testing/test-access.ts';
import { LiveEvents } from './live-events.ts';

const ORIGIN = 'http://pages.example';
const PEOPLE: readonly TestPerson[] = [
  { name: 'guard', role: 'operator' },
  { name: 'mai', may: ['view'] },
  { name: 'stranger' },
];

function camera(id: string, viewers = 0): Camera {
  return { id, name: id, viewers, bitrate: 0, frameRate: 0 } as unknown as Camera;
}

interface Site {
  readonly url: string;
  readonly people: TestAccess;
  cameras: Camera[];
  pushes: Push[];
}

async function start(context: TestContext): Promise<Site> {
  const people = new TestAccess(PEOPLE);
  const http = new HttpServer({
    ...{ host: '127.0.0.1', port: 0, allowedOrigins: [ORIGIN], logger: silentLogger },
    access: people.access,
  });
  await http.prepare();
  const site: Site = {
    url: '',
    people,
    cameras: [camera('gate'), camera('yard')],
    pushes: [{ id: 'tube', cameraId: 'gate' } as unknown as Push],
  };
  const events = new LiveEvents({
    server: http.app.server,
    allowedOrigins: [ORIGIN],
    access: people.access,
    cameras: () => site.cameras,
    pushes: () => site.pushes,
    intervalMs: 20,
    proveEveryMs: 50,
  });
  const url = await http.listen();
  events.start();
  context.after(async () => {
    await events.close();
    await http.close();
  });
  return Object.assign(site, { url });
}

/** A dashboard that keeps everything it is told. */
class Client {
  readonly socket: Socket<ServerToClientEvents>;
  readonly told: [name: string, message: unknown][] = [];
  refusal: { readonly message: string; readonly data?: unknown } | undefined;
  isEnded = false;

  constructor(context: TestContext, url: string, options: Partial<ManagerOptions & SocketOptions>) {
    this.socket = io(url, { transports: ['websocket'], reconnection: false, forceNew: true, ...options });
    this.socket.onAny((name: string, message: unknown) => this.told.push([name, message]));
    this.socket.on('connect_error', (error) => (this.refusal = error));
    this.socket.on('disconnect', () => (this.isEnded = true));
    context.after(() => this.socket.disconnect());
  }

  /** Ids of the cameras that it knows by what it was told. */
  get cameras(): string[] {
    const known = new Set<string>();
    for (const [name, message] of this.told) {
      if (name === 'cameras') for (const { id } of message as Camera[]) known.add(id);
      if (name === 'camera') known.add((message as Camera).id);
      if (name === 'camera_removed') known.delete((message as Camera).id);
    }
    return [...known];
  }

  of(wanted: string): unknown[] {
    return this.told.filter(([name]) => name === wanted).map(([, message]) => message);
  }
}

for (const { name, options, code } of [
  { name: 'nobody', options: {}, code: 'ERR_UNAUTHENTICATED' },
  { name: 'a token of nobody', options: { auth: { token: 'x' } }, code: 'ERR_UNAUTHENTICATED' },
  { name: 'a token that is none', options: { auth: { token: { $gt: '' } } }, code: 'ERR_UNAUTHENTICATED' },
  {
    name: 'a login that a page of another site brings along',
    options: { extraHeaders: { cookie: 'vedette_session=guard-cookie', origin: ORIGIN } },
    code: 'ERR_UNAUTHENTICATED',
  },
]) {
  test(`Socket.IO refuses ${name}`, async (context) => {
    const { url } = await start(context);
    const client = new Client(context, url, options);
    await until(() => client.refusal !== undefined);
    assert.deepEqual(client.refusal?.data, { code });
    assert.deepEqual(client.told, []);
  });
}

test('Socket.IO: pages of other sites get no connection at all', async (context) => {
  const { url } = await start(context);
  const headers = { origin: 'http://evil.example', authorization: 'Bearer guard-token' };
  const client = new Client(context, url, { extraHeaders: headers });
  await until(() => client.refusal !== undefined);
  assert.deepEqual(client.told, []);
});

for (const { name, options } of [
  { name: 'the cookie', options: { extraHeaders: { cookie: 'vedette_session=mai-cookie' } } },
  { name: 'auth.token', options: { auth: { token: 'mai-token' } } },
  {
    name: 'auth.token from an allowed page',
    options: { auth: { token: 'mai-token' }, extraHeaders: { origin: ORIGIN } },
  },
  { name: 'Authorization', options: { extraHeaders: { authorization: 'Bearer mai-token' } } },
  { name: 'polling', options: { auth: { token: 'mai-token' }, transports: ['polling'] } },
]) {
  test(`Socket.IO lets in by ${name}, and tells of what he may view alone`, async (context) => {
    const site = await start(context);
    const client = new Client(context, site.url, options);
    await until(() => client.of('pushes').length === 1);
    assert.deepEqual(client.of('cameras'), [[camera('gate')]]);
    assert.deepEqual(client.of('pushes'), [[]], 'pushes are for those who monitor');
    site.cameras = [camera('gate', 1), camera('yard', 1), camera('mill')];
    await until(() => client.of('camera').length > 0);
    site.cameras = [camera('gate', 2), camera('yard', 2), camera('mill', 2)];
    await until(() => JSON.stringify(client.of('camera').at(-1)) === JSON.stringify(camera('gate', 2)));
    assert.deepEqual(client.cameras, ['gate']);
  });
}

test('Socket.IO: who may view all is told of all; a stranger of none', async (context) => {
  const site = await start(context);
  const guard = new Client(context, site.url, { auth: { token: 'guard-token' } });
  const stranger = new Client(context, site.url, { auth: { token: 'stranger-token' } });
  await until(() => guard.of('pushes').length === 1 && stranger.of('pushes').length === 1);
  assert.deepEqual(guard.cameras, ['gate', 'yard']);
  assert.equal((guard.of('pushes')[0] as Push[]).length, 1);
  site.cameras = [camera('yard'), camera('mill')];
  site.pushes = [];
  await until(() => guard.cameras.join() === 'yard,mill' && guard.of('push_removed').length === 1);
  assert.deepEqual(stranger.told, [
    ['cameras', []],
    ['pushes', []],
  ]);
});

test('Socket.IO: a permission that is given or taken away shows at once', async (context) => {
  const site = await start(context);
  const [one, other] = [1, 2].map(() => new Client(context, site.url, { auth: { token: 'mai-token' } }));
  assert.ok(one !== undefined && other !== undefined);
  await until(() => one.cameras.length === 1 && other.cameras.length === 1);
  site.people.grant({ name: 'mai' });
  await until(() => one.cameras.length === 0 && other.cameras.length === 0);
  site.people.grant({ name: 'mai', role: 'operator' });
  await until(() => one.cameras.length === 2 && one.of('pushes').length === 2);
  assert.equal((one.of('pushes')[1] as Push[]).length, 1);
  site.people.grant({ name: 'mai' });
  await until(() => one.cameras.length === 0 && one.of('pushes').length === 3);
  assert.deepEqual(one.of('pushes')[2], []);
});

test('Socket.IO: a second dashboard takes no news from the first', async (context) => {
  const site = await start(context);
  const first = new Client(context, site.url, { auth: { token: 'guard-token' } });
  await until(() => first.of('pushes').length === 1);
  site.cameras = [camera('gate'), camera('mill')];
  const second = new Client(context, site.url, { auth: { token: 'guard-token' } });
  await until(() => second.of('pushes').length === 1);
  await until(() => first.cameras.join() === 'gate,mill');
  assert.deepEqual(second.cameras, ['gate', 'mill']);
});

for (const { name, act } of [
  { name: 'was removed', act: (people: TestAccess) => people.rights.remove('user', 'mai') },
  { name: 'has logged out elsewhere', act: (people: TestAccess) => people.logOut('mai') },
]) {
  test(`Socket.IO: somebody who ${name} is disconnected, the others are not`, async (context) => {
    const site = await start(context);
    const mai = new Client(context, site.url, { auth: { token: 'mai-token' } });
    const guard = new Client(context, site.url, { auth: { token: 'guard-token' } });
    await until(() => mai.of('pushes').length === 1 && guard.of('pushes').length === 1);
    act(site.people);
    await until(() => mai.isEnded);
    site.cameras = [camera('gate', 3)];
    await until(() => guard.of('camera_removed').length === 1);
    assert.equal(guard.isEnded, false);
  });
}

test('Socket.IO: nobody is disconnected because it cannot be found out who he is', async (context) => {
  const site = await start(context);
  const guard = new Client(context, site.url, { auth: { token: 'guard-token' } });
  await until(() => guard.of('pushes').length === 1);
  const { shown } = site.people;
  shown.length = 0;
  site.people.answer = { ok: false, reason: 'unavailable', code: 'ERR_STORE_UNAVAILABLE', message: 'away' };
  await until(() => shown.length >= 2);
  assert.equal(guard.isEnded, false);
});
