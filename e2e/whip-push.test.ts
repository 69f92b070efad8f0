import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import {
  createServer,
  request as ask,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, test, type TestContext } from 'node:test';

import { decodeFrames } from '../packages/media/src/testing/frame-hashes.ts';
import { areLive, cameraOf } from './support/api.ts';
import { startChromium } from './support/chromium.ts';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { startGstCamera, type GstCamera } from './support/gst-camera.ts';
import { playByFfmpeg } from './support/players.ts';
import { addPush, pushesOf, pushState, send } from './support/push-api.ts';
import { freePort } from './support/receivers.ts';
import { selfSignedCertificate } from './support/self-signed-certificate.ts';
import { until } from './support/until.ts';

const TOKEN = 'open-sesame-4711';
const PICTURES = 50;

const closers: (() => Promise<unknown>)[] = [];
let camera: GstCamera;
let gateway: RunningGateway;
let destination: RunningGateway;

before(async () => {
  camera = await startGstCamera({ audio: 'aac', isShared: true });
  closers.push(async () => camera.close());
  destination = await startGateway({
    config: `cameras: {in: {source: publish}, taken: {source: "${camera.url}"}}`,
  });
  closers.push(async () => destination.close());
  gateway = await startGateway({
    config: `push: {privateNetworks: true}\ncameras: {gate: {source: "${camera.url}"}}`,
    environment: { NODE_EXTRA_CA_CERTS: (await selfSignedCertificate()).certFile },
  });
  closers.push(async () => gateway.close());
  await until(async () => areLive(gateway.http, ['gate']));
});

after(async () => {
  for (const close of closers.toReversed()) await close();
});

/** Where a gateway takes what is published to a camera. */
function whip(http: string, id: string): string {
  return `whip+${http}/live/${id}/whip`;
}

async function stop(id: string): Promise<void> {
  assert.equal((await send('DELETE', `${gateway.http}/api/v1/cameras/gate/pushes/${id}`)).status, 204);
}

/** In a page: the server's end of a connection. */
const ANSWER = `async (sdp) => {
  const pc = (globalThis.pc = new RTCPeerConnection());
  await pc.setRemoteDescription({ type: 'offer', sdp });
  await pc.setLocalDescription();
  while (pc.iceGatheringState !== 'complete') {
    await new Promise((resolve) => pc.addEventListener('icegatheringstatechange', resolve, { once: true }));
  }
  return pc.localDescription.sdp;
}`;
const DECODED = `(async () => {
  const all = [...(await globalThis.pc.getStats()).values()];
  return all.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video')?.framesDecoded ?? 0;
})()`;

/** A WHIP server of our own: what it is asked is listed. */
async function serve(
  context: TestContext,
  listener: RequestListener,
): Promise<{ readonly http: string; readonly requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    listener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  return { http: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** Code and reason of a push that fails. */
async function failureOf(id: string): Promise<{ code: string; reason: string; isFinal: boolean }> {
  let state: Awaited<ReturnType<typeof pushState>>;
  await until(async () => (state = await pushState(gateway.http, 'gate', id))?.name === 'failed');
  assert.ok(state?.name === 'failed');
  return { code: state.code, reason: state.reason, isFinal: state.nextAttemptAt === null };
}

test('every picture arrives, bit for bit, with sound; the session ends with the push', async () => {
  await addPush(gateway.http, 'gate', { to: whip(destination.http, 'in'), name: 'whip' });
  await until(async () => areLive(destination.http, ['in']));
  const player = playByFfmpeg({
    url: `${destination.rtsp}/in`,
    transport: 'tcp',
    video: 'h264',
    audio: 'opus',
  });
  // Pictures that were already there come at once, without sound.
  await until(() => player.counts.video >= PICTURES && player.counts.audio > PICTURES);
  const { video, audio } = await player.stop();
  const got = video.slice(0, PICTURES).map(({ hash }) => hash);
  const sent = decodeFrames(camera.videoFile ?? '', 'mp4').map(({ hash }) => hash);
  const from = sent.indexOf(got[0] ?? '');
  assert.ok(from >= 0, 'the first picture is none of the camera’s');
  assert.deepEqual(got, sent.slice(from, from + PICTURES));
  assert.ok(audio.length > PICTURES, `${audio.length} frames of sound`);
  const push = (await pushesOf(gateway.http, 'gate')).get('whip');
  assert.equal(push?.state.name, 'live');
  assert.ok(push.bytes > 10_000);
  await stop('whip');
  await until(async () => (await cameraOf(destination.http, 'in')).state.name === 'waiting');
});

test('a destination that is killed and comes back is sent to again', async () => {
  const port = await freePort();
  const start = async (): Promise<RunningGateway> =>
    startGateway({ config: 'cameras: {back: {source: publish}}', flags: ['--http.port', String(port)] });
  const first = await start();
  await addPush(gateway.http, 'gate', { to: whip(first.http, 'back'), name: 'back' });
  await until(async () => areLive(first.http, ['back']));
  first.child.kill('SIGKILL');
  await first.close();
  await until(async () => (await pushState(gateway.http, 'gate', 'back'))?.name === 'failed');
  const second = await start();
  closers.push(async () => second.close());
  await until(async () => areLive(second.http, ['back']).catch(() => false));
  await until(async () => (await pushState(gateway.http, 'gate', 'back'))?.name === 'live');
  await stop('back');
});

test('over TLS, by a certificate that is trusted; never from there to a server without', async (context) => {
  const { certFile, keyFile } = await selfSignedCertificate();
  const asked: string[] = [];
  const server = createTlsServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '' } = request;
    asked.push(method);
    if (url === '/down') {
      response.writeHead(307, { location: `${destination.http}/live/in/whip` }).end();
      return;
    }
    const headers = { ...request.headers, host: new URL(destination.http).host };
    const onward = ask(`${destination.http}${url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const https = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await addPush(gateway.http, 'gate', { to: whip(https, 'in'), name: 'tls' });
  await until(async () => areLive(destination.http, ['in']));
  await stop('tls');
  await until(async () => (await cameraOf(destination.http, 'in')).state.name === 'waiting');
  await until(() => asked.includes('DELETE'));
  await addPush(gateway.http, 'gate', { to: `whip+${https}/down`, name: 'down' });
  assert.equal((await failureOf('down')).code, 'ERR_WHIP_LOCATION');
  await stop('down');
});

test('another WebRTC stack decodes what it is sent', async (context) => {
  const browser = await startChromium(context, ['--disable-features=WebRtcHideLocalIpsWithMdns']);
  const page = await browser.newPage();
  await page.goto(gateway.http);
  const server = await serve(context, (request, response) => {
    if (request.method === 'DELETE') {
      response.writeHead(200).end();
      return;
    }
    void (async () => {
      const answer = await page.evaluate<string>(`(${ANSWER})(${JSON.stringify(await text(request))})`);
      response.writeHead(201, { 'content-type': 'application/sdp', location: '/session' }).end(answer);
    })();
  });
  await addPush(gateway.http, 'gate', { to: `whip+${server.http}/x`, name: 'browser' });
  await until(async () => (await pushState(gateway.http, 'gate', 'browser'))?.name === 'live');
  await until(async () => (await page.evaluate<number>(DECODED)) > PICTURES);
  await stop('browser');
  await until(() => server.requests.at(-1)?.method === 'DELETE');
});

test('refusals are told in words', async () => {
  await addPush(gateway.http, 'gate', { to: whip(destination.http, 'none'), name: 'none' });
  await addPush(gateway.http, 'gate', { to: whip(destination.http, 'taken'), name: 'taken' });
  await addPush(gateway.http, 'gate', { to: `whip+${gateway.http}/api/v1/cameras`, name: 'api' });
  assert.deepEqual(await failureOf('none'), {
    code: 'ERR_WHIP_NOT_FOUND',
    reason: 'the destination takes nothing at this path: check the address',
    isFinal: false,
  });
  assert.equal((await failureOf('taken')).code, 'ERR_WHIP_CONFLICT');
  assert.match((await failureOf('api')).code, /^ERR_WHIP_/);
  for (const id of ['none', 'taken', 'api']) await stop(id);
});

test('the token goes to whom it is for, in the header only, and is shown nowhere; a wrong one is final', async (context) => {
  const elsewhere = await serve(context, (_request, response) => response.writeHead(404).end());
  const server = await serve(context, ({ headers, url }, response) => {
    if (headers.authorization !== `Bearer ${TOKEN}`) response.writeHead(401).end();
    else response.writeHead(307, { location: url === '/a' ? '/b' : `${elsewhere.http}/c` }).end();
  });
  const { host } = new URL(server.http);
  await addPush(gateway.http, 'gate', { to: `whip+http://${TOKEN}@${host}/a`, name: 'right' });
  await addPush(gateway.http, 'gate', { to: `whip+http://${host}/w?token=wrong-${TOKEN}`, name: 'wrong' });
  assert.equal((await failureOf('right')).code, 'ERR_WHIP_NOT_FOUND');
  const refused = await failureOf('wrong');
  assert.deepEqual([refused.code, refused.isFinal], ['ERR_WHIP_UNAUTHORIZED', true]);
  await stop('right');
  assert.deepEqual(
    server.requests
      .map(({ url }) => url)
      .slice(0, 3)
      .toSorted(),
    ['/a', '/b', '/w'],
  );
  assert.equal(elsewhere.requests[0]?.headers.authorization, undefined, 'another server gets no token');
  const metrics = await (await fetch(`${gateway.http}/metrics`)).text();
  const pushes = JSON.stringify([...(await pushesOf(gateway.http, 'gate')).values()]);
  for (const text of [metrics, pushes, gateway.log()]) assert.ok(!text.includes(TOKEN));
  await stop('wrong');
});

test('what is no answer, or leads where no push may, costs nothing but the attempt; its session is ended', async (context) => {
  let candidate = '1 1 UDP 2 169.254.169.254 9 typ host';
  const server = await serve(context, ({ method }, response) => {
    if (method === 'DELETE') return response.writeHead(200).end();
    const body = `v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=recvonly\r\na=rtcp-mux\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 ${'AB:'.repeat(31)}AB\r\na=setup:active\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=candidate:${candidate}\r\n`;
    return response.writeHead(201, { 'content-type': 'application/sdp', location: '/session' }).end(body);
  });
  await addPush(gateway.http, 'gate', { to: `whip+${server.http}/x`, name: 'metadata' });
  const refused = await failureOf('metadata');
  assert.deepEqual([refused.code, refused.isFinal], ['ERR_ADDRESS_REFUSED', true]);
  const asked = server.requests.map(({ method, url }) => `${method ?? ''} ${url ?? ''}`);
  assert.deepEqual(asked, ['POST /x', 'DELETE /session']);
  candidate = 'nonsense';
  await addPush(gateway.http, 'gate', { to: `whip+${server.http}/y`, name: 'empty' });
  assert.equal((await failureOf('empty')).code, 'ERR_WHIP_ANSWER');
  await stop('metadata');
  await stop('empty');
});
