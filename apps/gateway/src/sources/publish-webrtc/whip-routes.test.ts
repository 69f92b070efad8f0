import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cameraConfig } from '@vedette/contract';
import {
  CHROMIUM_OFFER,
  LIBDATACHANNEL_OFFER,
} from '../../../../../packages/protocols/src/whip/testing/offers.ts';
import { CameraSet } from '../../cameras/camera-set.ts';
import { silentLogger } from '../../observability/logger.ts';
import { OPEN_HTTP_ACCESS } from '../../servers/http/http-access.ts';
import { HttpServer } from '../../servers/http/http-server.ts';
import { SessionRegistry } from '../../sessions/session-registry.ts';
import { WebrtcService } from '../../sinks/webrtc/webrtc-service.ts';
import { opusTrack, videoTrack } from '../../testing/units.ts';
import { whipRoutes } from './whip-routes.ts';
import { WhipService } from './whip-service.ts';

const SDP = 'application/sdp';
const FRAGMENT = 'application/trickle-ice-sdpfrag';
const ORIGIN = 'http://pages.example';
const OFFER = CHROMIUM_OFFER.replaceAll('a=recvonly', 'a=sendonly');

const reasons: string[] = [];
const sessions = new SessionRegistry({
  started: () => undefined,
  ended: (_session, reason) => reasons.push(reason),
});
const cameras = new CameraSet({
  logger: silentLogger,
  createSource: (_id, { source }) =>
    source === 'publish' ? undefined : { run: () => Promise.reject(new Error('away')) },
});
const workers = new WebrtcService({
  host: '127.0.0.1',
  port: 0,
  workers: 1,
  announcedAddresses: ['203.0.113.7'],
  playoutDelay: { minMs: 0, maxMs: 0 },
  iceServers: [],
  sessions,
  logger: silentLogger,
});
const service = new WhipService({
  workers,
  cameras,
  sessions,
  iceServers: [{ urls: 'stun:stun.example.org' }],
  maxPublishersPerAddress: 4,
});
const http = new HttpServer({
  host: '127.0.0.1',
  port: 0,
  allowedOrigins: [ORIGIN],
  access: OPEN_HTTP_ACCESS,
  logger: silentLogger,
});
let url = '';

before(async () => {
  const publish = cameraConfig.parse({ source: 'publish' });
  const kept = cameraConfig.parse({ source: 'publish', overridePublisher: false });
  const away = cameraConfig.parse({ source: 'rtsp://10.0.0.1/' });
  await cameras.apply({ autoCreate: false, byId: { gate: publish, kept, away } });
  await workers.start();
  await http.prepare();
  await http.app.register(whipRoutes(service, OPEN_HTTP_ACCESS));
  url = await http.listen();
  const answer = cameras.publish({
    cameraId: 'kept',
    tracks: [videoTrack(0), opusTrack()],
    onRevoked: () => undefined,
  });
  assert.ok(answer.ok);
});
after(async () => {
  service.close();
  await workers.close();
  await http.close();
  await cameras.close();
});

interface Posted {
  readonly camera?: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

async function post({ camera = 'gate', body = OFFER, headers = {} }: Posted = {}): Promise<Response> {
  return fetch(`${url}/live/${camera}/whip`, {
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
  assert.match(response.headers.get('location') ?? '', /^\/live\/gate\/whip\/[0-9a-f-]{36}$/);
  assert.match(response.headers.get('etag') ?? '', /^"[0-9a-f]+"$/);
  assert.equal(response.headers.get('link'), '<stun:stun.example.org>; rel="ice-server"');
  assert.equal(response.headers.get('access-control-allow-origin'), ORIGIN);
  const answer = await response.text();
  assert.match(answer, /a=recvonly/);
  assert.match(answer, /203\.0\.113\.7/);
  const [session] = sessions.list();
  assert.deepEqual([session?.protocol, session?.kind, session?.cameraId], ['webrtc', 'publish', 'gate']);
  assert.equal(cameras.find('gate')?.stream.isLive, false, 'not before its first picture');
  await end(response);
  assert.equal(reasons.at(-1), 'the publisher ended it');
  assert.deepEqual(sessions.list(), []);
});

for (const { name, posted, status, code } of [
  { name: 'no such camera', posted: { camera: 'nowhere' }, status: 404, code: 'ERR_CAMERA_NOT_FOUND' },
  {
    name: 'a camera of its own source',
    posted: { camera: 'away' },
    status: 409,
    code: 'ERR_NOT_A_PUBLISH_CAMERA',
  },
  {
    name: 'a camera that keeps its publisher',
    posted: { camera: 'kept' },
    status: 409,
    code: 'ERR_PUBLISHER_BUSY',
  },
  {
    name: 'another type',
    posted: { headers: { 'content-type': 'text/plain' } },
    status: 415,
    code: 'ERR_CONTENT_TYPE',
  },
  { name: 'an offer to view', posted: { body: CHROMIUM_OFFER }, status: 406, code: 'ERR_PUBLISH_NO_TRACKS' },
  {
    name: 'codecs that nobody takes',
    posted: { body: LIBDATACHANNEL_OFFER.replace('a=recvonly', 'a=sendonly').replace('H264/', 'theora/') },
    status: 406,
    code: 'ERR_PUBLISH_CODEC',
  },
  { name: 'rubbish', posted: { body: 'rubbish' }, status: 400, code: undefined },
  { name: 'nothing', posted: { body: '' }, status: 400, code: undefined },
  {
    name: 'no ICE',
    posted: { body: OFFER.replaceAll(/a=ice-(ufrag|pwd).*\r\n/g, '') },
    status: 400,
    code: 'ERR_WEBRTC_OFFER',
  },
  {
    name: 'no fingerprint',
    posted: { body: OFFER.replaceAll(/a=fingerprint.*\r\n/g, '') },
    status: 400,
    code: 'ERR_WEBRTC_OFFER',
  },
  {
    name: 'a page of elsewhere',
    posted: { headers: { origin: 'http://evil.example' } },
    status: 403,
    code: 'ERR_ORIGIN',
  },
] as readonly { name: string; posted: Posted; status: number; code: string | undefined }[]) {
  test(`POST is refused: ${name}`, async () => {
    const response = await post(posted);
    assert.equal(response.status, status);
    const found = await codeOf(response);
    if (code !== undefined) assert.equal(found, code);
    assert.deepEqual(sessions.list(), []);
  });
}

test('a flood of offers fills the places of its address, no more, and they come back', async () => {
  const responses = await Promise.all(Array.from({ length: 40 }, async () => post()));
  const accepted = responses.filter(({ status }) => status === 201);
  const refused = responses.filter(({ status }) => status === 429);
  assert.deepEqual([accepted.length, refused.length], [4, 36]);
  const [first] = refused;
  assert.ok(first);
  assert.notEqual(first.headers.get('retry-after'), null);
  assert.equal(await codeOf(first), 'ERR_WEBRTC_TOO_MANY');
  for (const response of accepted) await end(response);
  const again = await post();
  assert.equal(again.status, 201);
  await end(again);
});

test('PATCH takes further candidates, and says no to ICE restarts', async () => {
  const response = await post();
  const resource = url + (response.headers.get('location') ?? '');
  const patch = async (body: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(resource, { method: 'PATCH', headers: { 'content-type': FRAGMENT, ...headers }, body });
  const candidate = 'a=candidate:1 1 UDP 2130706431 127.0.0.1 9 typ host';
  const ok = await patch(`a=ice-ufrag:8sXQ\r\na=mid:0\r\n${candidate}\r\na=end-of-candidates\r\n`);
  assert.equal(ok.status, 204);
  assert.equal((await patch('a=ice-ufrag:other\r\na=ice-pwd:other\r\n')).status, 422);
  assert.equal((await patch(candidate, { 'if-match': '"other"' })).status, 412);
  assert.equal((await patch(candidate, { 'content-type': SDP })).status, 415);
  await end(response);
  assert.equal((await patch(candidate)).status, 404);
});

test('a session belongs to its camera, and other methods have no meaning yet', async () => {
  const response = await post();
  const location = response.headers.get('location') ?? '';
  const elsewhere = await fetch(url + location.replace('/gate/', '/kept/'), { method: 'DELETE' });
  assert.equal(elsewhere.status, 404);
  const get = await fetch(`${url}/live/gate/whip`);
  assert.equal(get.status, 405);
  assert.equal(get.headers.get('allow'), 'OPTIONS, POST');
  const options = await fetch(`${url}/live/gate/whip`, { method: 'OPTIONS' });
  assert.equal(options.headers.get('accept-post'), SDP);
  await end(response);
});

test('a killed worker ends its publishers and gives their places back', async () => {
  const posted = await Promise.all([post(), post()]);
  assert.ok(posted.every(({ status }) => status === 201));
  assert.equal(sessions.list().length, 2);
  const [pid] = workers.pids;
  assert.ok(pid !== undefined);
  process.kill(pid, 'SIGKILL');
  while (sessions.list().length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  let next = await post();
  while (next.status === 503) next = await post();
  assert.equal(next.status, 201);
  await end(next);
});
