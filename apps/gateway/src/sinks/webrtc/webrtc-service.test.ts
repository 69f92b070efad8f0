import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { CHROMIUM_OFFER } from '../../../../../packages/protocols/src/whip/testing/offers.ts';
import { EVERYBODY } from '../../access/identity.ts';
import type { CameraState, CameraView } from '../../cameras/directory.ts';
import { silentLogger } from '../../observability/logger.ts';
import { SessionRegistry } from '../../sessions/session-registry.ts';
import { Stream } from '../../stream/stream.ts';
import { opusTrack, videoTrack } from '../../testing/units.ts';
import { WebrtcService, type ViewRequest, type WebrtcOptions } from './webrtc-service.ts';

interface Setup {
  readonly service: WebrtcService;
  readonly sessions: SessionRegistry;
  readonly reasons: readonly string[];
}

function createService(context: TestContext, options: Partial<WebrtcOptions> = {}): Setup {
  const reasons: string[] = [];
  const sessions = new SessionRegistry({
    started: () => undefined,
    ended: (_session, reason) => reasons.push(reason),
  });
  const service = new WebrtcService({
    host: '127.0.0.1',
    port: 0,
    workers: 1,
    announcedAddresses: [],
    playoutDelay: { minMs: 0, maxMs: 0 },
    iceServers: [],
    sessions,
    logger: silentLogger,
    ...options,
  });
  context.after(async () => service.close());
  return { service, sessions, reasons };
}

function cameraOf(stream: Stream, state: CameraState = { name: 'live', sinceMs: 0 }): CameraView {
  return { id: stream.id, stream, state };
}

function requestOf(camera: CameraView, signal = new AbortController().signal): ViewRequest {
  return { camera, offer: CHROMIUM_OFFER, peer: '127.0.0.1', identity: EVERYBODY, signal };
}

test('a port that is taken is said at the start; a free one is found where none is asked for', async (context) => {
  const socket = createSocket('udp4');
  context.after(() => socket.close());
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await assert.rejects(createService(context, { port }).service.start(), {
    message: `WebRTC cannot have UDP port ${port} of 127.0.0.1`,
  });
  const { port: found } = await createService(context).service.start();
  assert.ok(found > 0);
});

test('each worker has a port of its own, and none runs after close', async (context) => {
  const { service } = createService(context, { workers: 2 });
  await service.start();
  const { pids } = service;
  assert.equal(new Set(pids).size, 2);
  await service.close();
  await service.close();
  for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});

test('a camera made on demand is waited for', async (context) => {
  const { service, sessions } = createService(context);
  await service.start();
  const stream = new Stream({
    id: 'gate',
    onDemand: (isWanted) => {
      if (isWanted) setImmediate(() => stream.open([videoTrack(), opusTrack()]));
    },
  });
  const { answer } = await service.view(requestOf(cameraOf(stream, { name: 'idle', sinceMs: 0 })));
  assert.match(answer, /a=sendonly/);
  assert.equal(sessions.list().length, 1);
  assert.equal(stream.readerCount, 1);
});

test('who hangs up while waiting leaves nothing behind', async (context) => {
  const { service, sessions } = createService(context, { maxViewers: 1 });
  await service.start();
  const stream = new Stream({ id: 'gate' });
  const controller = new AbortController();
  const idle = cameraOf(stream, { name: 'idle', sinceMs: 0 });
  const viewing = service.view(requestOf(idle, controller.signal));
  const second = service.view(requestOf(idle));
  await assert.rejects(second, { code: 'ERR_WEBRTC_FULL' });
  controller.abort();
  await assert.rejects(viewing, { code: 'ERR_WEBRTC_HUNG_UP' });
  assert.equal(sessions.list().length, 0);
  stream.open([videoTrack()]);
  await service.view(requestOf(cameraOf(stream)));
  assert.equal(sessions.list().length, 1, 'its place is free again');
});

test('a stream that ends, ends its viewers', async (context) => {
  const { service, sessions, reasons } = createService(context);
  await service.start();
  const stream = new Stream({ id: 'gate' });
  stream.open([videoTrack()]);
  await service.view(requestOf(cameraOf(stream)));
  stream.end('the camera was removed');
  assert.equal(sessions.list().length, 0);
  assert.deepEqual(reasons, ['the camera was removed']);
});

test('IPv6 has addresses too', async (context) => {
  const { service } = createService(context, { host: '::1' });
  const { port } = await service.start();
  const stream = new Stream({ id: 'gate' });
  stream.open([videoTrack()]);
  const { answer } = await service.view(requestOf(cameraOf(stream)));
  assert.ok(answer.includes(`::1 ${port} typ host`));
});
