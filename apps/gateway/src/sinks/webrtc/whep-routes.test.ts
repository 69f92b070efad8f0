import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cameraConfig } from '@vedette/contract';
import {
  CHROMIUM_OFFER,
  LIBDATACHANNEL_OFFER,
} from '../../../../../packages/protocols/src/whip/testing/offers.ts';
import { CameraSet } from '../../cameras/camera-set.ts';
import { SourceError } from '../../cameras/source.ts';
import { silentLogger } from '../../observability/logger.ts';
import { OPEN_HTTP_ACCESS } from '../../servers/http/http-access.ts';
import { HttpServer } from '../../servers/http/http-server.ts';
import { SessionRegistry } from '../../sessions/session-registry.ts';
import type { Feed } from '../../stream/stream.ts';
import { opusTrack, picture, videoTrack } from '../../testing/units.ts';
import { WebrtcService } from './webrtc-service.ts';
import { whepRoutes } from './whep-routes.ts';

const SDP = 'application/sdp';
const FRAGMENT = 'application/trickle-ice-sdpfrag';
const ORIGIN = 'http://pages.example';

const reasons: string[] = [];
const sessions = new SessionRegistry({
  started: () => undefined,
  ended: (_session, reason) => reasons.push(reason),
});
const cameras = new CameraSet({
  logger: silentLogger,
  createSource: (_id, { source }) => {
    const fault = new SourceError('ERR_RTSP_AUTH', 'the password is wrong', { isPermanent: true });
    return source === 'publish' ? undefined : { run: () => Promise.reject(fault) };
  },
});
const service = new WebrtcService({
  host: '127.0.0.1',
  port: 0,
  workers: 2,
  announcedAddresses: ['203.0.113.7'],
  playoutDelay: { minMs: 0, maxMs: 0 },
  iceServers: [{ urls: 'stun:stun.example.org' }],
  sessions,
  logger: silentLogger,
  maxViewersPerAddress: 4,
});
const http = new HttpServer({
  host: '127.0.0.1',
  port: 0,
  allowedOrigins: [ORIGIN],
  access: OPEN_HTTP_ACCESS,
  logger: silentLogger,
});
let url = '';
let feed: Feed | undefined;

before(async () => {
  const publish = cameraConfig.parse({ source: 'publish' });
  const away = cameraConfig.parse({ source: 'rtsp://10.0.0.1/' });
  await cameras.apply({ autoCreate: false, byId: { gate: publish, bframes: publish, empty: publish, away } });
  await service.start();
  await http.prepare();
  await http.app.register(whepRoutes({ service, cameras, access: OPEN_HTTP_ACCESS }));
  url = await http.listen();
  feed = publishTo('gate');
  publishTo('bframes', 2);
});
after(async () => {
  await service.close();
  await http.close();
  await cameras.close();
});

function publishTo(cameraId: string, reorderDepth = 0): Feed {
  const track = videoTrack(0, { reorderDepth });
  const answer = cameras.publish({ cameraId, tracks: [track, opusTrack()], onRevoked: () => undefined });
  assert.ok(answer.ok);
  for (let index = 0; index < 10; index += 1) answer.feed.write(picture(track, index));
  return answer.feed;
}

interface Posted {
  readonly camera?: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

async function post({
  camera = 'gate',
  body = CHROMIUM_OFFER,
  headers = {},
}: Posted = {}): Promise<Response> {
  return fetch(`${url}/live/${camera}/whep`, {
    method: 'POST',
    headers: { 'content-type': SDP, ...headers },
    body,
  });
}

async function codeOf(response: Response): Promise<string> {
  assert.equal(response.headers.get('content-type'), 'application/problem+json');
  return ((await response.json()) as { code: string }).code;
}

async function end(response: Response): Promise<void> {
  const ended = await fetch(url + (response.headers.get('location') ?? ''), { method: 'DELETE' });
  assert.equal(ended.status, 200);
}

test('POST an offer: 201 with the answer, where the session is, its tag, and the ICE servers', async () => {
  const response = await post({ headers: { origin: ORIGIN } });
  assert.equal(response.status, 201);
  assert.equal(response.headers.get('content-type'), SDP);
  assert.match(response.headers.get('location') ?? '', /^\/live\/gate\/whep\/[0-9a-f-]{36}$/);
  assert.match(response.headers.get('etag') ?? '', /^"[0-9a-f]+"$/);
  assert.equal(response.headers.get('link'), '<stun:stun.example.org>; rel="ice-server"');
  assert.equal(response.headers.get('access-control-allow-origin'), ORIGIN);
  for (const name of ['Location', 'ETag', 'Link']) {
    assert.ok(response.headers.get('access-control-expose-headers')?.includes(name), name);
  }
  const answer = await response.text();
  assert.match(answer, /^v=0\r\n/);
  assert.match(answer, /a=candidate:\S+ 1 UDP \d+ 127\.0\.0\.1 (\d+) typ host/);
  assert.match(answer, /203\.0\.113\.7 \d+ typ host/);
  const [session] = sessions.list();
  assert.deepEqual(
    [session?.protocol, session?.kind, session?.cameraId, session?.peer, session?.transport],
    ['webrtc', 'view', 'gate', '127.0.0.1', 'udp'],
  );
  await end(response);
  assert.equal(sessions.list().length, 0);
  assert.equal(reasons.at(-1), 'the viewer ended it');
});

for (const { name, posted, status, code } of [
  {
    name: 'of a camera that is not there',
    posted: { camera: 'nowhere' },
    status: 404,
    code: 'ERR_CAMERA_NOT_FOUND',
  },
  { name: 'that is no SDP', posted: { body: 'hello' }, status: 400, code: 'ERR_SDP_NONE' },
  { name: 'that is empty', posted: { body: '' }, status: 400, code: 'ERR_SDP_NONE' },
  {
    name: 'without ICE',
    posted: { body: CHROMIUM_OFFER.replaceAll(/a=ice-.*\r\n/g, '') },
    status: 400,
    code: 'ERR_WEBRTC_OFFER',
  },
  {
    name: 'in JSON',
    posted: { headers: { 'content-type': 'application/json' } },
    status: 415,
    code: 'ERR_CONTENT_TYPE',
  },
  {
    name: 'for an answer in JSON',
    posted: { headers: { accept: 'application/json' } },
    status: 406,
    code: 'ERR_NOT_ACCEPTABLE',
  },
  {
    name: 'of 65 KiB',
    posted: { body: CHROMIUM_OFFER.padEnd(65 * 1024) },
    status: 413,
    code: 'ERR_BAD_REQUEST',
  },
  {
    name: 'of a camera with B-frames',
    posted: { camera: 'bframes' },
    status: 406,
    code: 'ERR_WEBRTC_B_FRAMES',
  },
  {
    name: 'that takes another codec',
    posted: { body: LIBDATACHANNEL_OFFER.replaceAll('H264', 'VP8') },
    status: 406,
    code: 'ERR_WEBRTC_CODEC',
  },
  {
    name: 'that wants to send',
    posted: { body: LIBDATACHANNEL_OFFER.replace('recvonly', 'sendonly') },
    status: 406,
    code: 'ERR_WEBRTC_NO_MEDIA',
  },
]) {
  test(`an offer ${name}: ${status} ${code}`, async () => {
    const response = await post(posted);
    assert.equal(response.status, status);
    assert.equal(await codeOf(response), code);
    assert.equal(sessions.list().length, 0);
  });
}

for (const { camera, code } of [
  { camera: 'away', code: 'ERR_CAMERA_OFFLINE' },
  { camera: 'empty', code: 'ERR_CAMERA_WAITING' },
]) {
  test(`a camera that is not live: 503 ${code}, and when to ask again`, async () => {
    const response = await post({ camera });
    assert.equal(response.status, 503);
    assert.ok(Number(response.headers.get('retry-after')) >= 1);
    assert.equal(await codeOf(response), code);
  });
}

test('more viewers from one address than it may have: 429, until one leaves', async () => {
  const all = await Promise.all(Array.from({ length: 5 }, () => post()));
  assert.deepEqual(all.map(({ status }) => status).sort(), [201, 201, 201, 201, 429]);
  const taken = all.filter(({ status }) => status === 201);
  const [first, ...others] = taken;
  assert.ok(first);
  await end(first);
  const next = await post();
  assert.equal(next.status, 201);
  for (const response of [...others, next]) await end(response);
});

test('viewers are spread over the workers', async () => {
  const all = await Promise.all(Array.from({ length: 4 }, () => post()));
  const ports = new Set<string | undefined>();
  for (const response of all) ports.add(/127\.0\.0\.1 (\d+) typ host/.exec(await response.text())?.[1]);
  assert.equal(ports.size, 2);
  for (const response of all) await end(response);
});

test('PATCH: candidates are taken, restarts and foreign tags are not', async () => {
  const response = await post();
  const location = url + (response.headers.get('location') ?? '');
  const etag = response.headers.get('etag') ?? '';
  const candidate =
    'a=ice-ufrag:8sXQ\r\nm=video 9 X 0\r\na=mid:0\r\na=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n';
  const patch = async (headers: Record<string, string>, body = candidate): Promise<number> =>
    (await fetch(location, { method: 'PATCH', headers: { 'content-type': FRAGMENT, ...headers }, body }))
      .status;
  assert.equal(await patch({ 'if-match': etag }), 204);
  assert.equal(await patch({}), 204);
  assert.equal(await patch({ 'if-match': '"other"' }), 412);
  assert.equal(await patch({ 'if-match': '*' }), 422);
  assert.equal(await patch({}, candidate.replace('8sXQ', 'another')), 422);
  assert.equal(await patch({ 'content-type': SDP }), 415);
  assert.equal(await patch({}, 'hello'), 400);
  await end(response);
  assert.equal(await patch({ 'if-match': etag }), 404);
});

test('OPTIONS says what may be posted; pages elsewhere may ask; other methods are refused', async () => {
  const options = await fetch(`${url}/live/gate/whep`, { method: 'OPTIONS' });
  assert.deepEqual([options.status, options.headers.get('accept-post')], [204, SDP]);
  assert.ok(options.headers.get('link'));
  const preflight = await fetch(`${url}/live/gate/whep`, {
    method: 'OPTIONS',
    headers: { origin: ORIGIN, 'access-control-request-method': 'POST' },
  });
  assert.equal(preflight.status, 204);
  assert.ok(preflight.headers.get('access-control-allow-methods')?.includes('PATCH'));
  const get = await fetch(`${url}/live/gate/whep`);
  assert.deepEqual(
    [get.status, get.headers.get('allow'), await codeOf(get)],
    [405, 'OPTIONS, POST', 'ERR_METHOD'],
  );
  assert.equal((await fetch(`${url}/live/gate/whep/x`, { method: 'PUT' })).status, 405);
});

test('the bootstrap tells where to post', async () => {
  const response = await fetch(`${url}/live/gate/webrtc`);
  assert.deepEqual(await response.json(), {
    webrtc_url: `${url}/live/gate/whep`,
    ice_servers: [{ urls: ['stun:stun.example.org'] }],
    stream_token: null,
    expires_in: null,
  });
  assert.equal((await fetch(`${url}/live/nowhere/webrtc`)).status, 404);
});

test('a camera that changes its codec ends its viewers; other parameters of the same do not', async () => {
  const response = await post();
  const [session] = sessions.list();
  assert.ok(session);
  const larger = videoTrack(0, { width: 1920, height: 1080, codecString: 'avc1.64001f', profile: 'High' });
  feed?.write(picture(larger, 50));
  assert.equal(sessions.get(session.id), session);
  feed?.write(picture(videoTrack(0, { reorderDepth: 2 }), 100));
  assert.equal(sessions.get(session.id), undefined);
  assert.match(reasons.at(-1) ?? '', /B-frames/);
  assert.equal(
    (await fetch(url + (response.headers.get('location') ?? ''), { method: 'DELETE' })).status,
    404,
  );
});

test('a removed camera ends its viewers', async () => {
  feed = publishTo('gate');
  assert.equal((await post()).status, 201);
  await cameras.apply({ autoCreate: false, byId: {} });
  assert.equal(sessions.list().length, 0);
});
