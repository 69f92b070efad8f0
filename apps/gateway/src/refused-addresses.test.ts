import { cameraConfig, newPush } from '@vedette/contract';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { after, before, test } from 'node:test';
import { createCameraSource } from './camera-sources.ts';
import { SourceError } from './cameras/source.ts';
import { HttpEndpoint } from './access/outside/http-endpoint.ts';
import { guardedFetch } from './net/guarded-fetch.ts';
import { AddressRefusedError, networkGuard, publicGuard, type AddressGuard } from './net/guarded-lookup.ts';
import { silentLogger } from './observability/logger.ts';
import { SourceRun } from './sources/testing/source-run.ts';
import { MediaWorkers } from './workers/media/media-workers.ts';

// Every way by which an address that somebody enters, or that a server then names, becomes a connection: none of
// them may lead to where clouds keep the credentials of the machine.
const METADATA = '169.254.169.254';

const media = new MediaWorkers({ logger: silentLogger });
after(() => media.close());

/** What a server leads to, by path; `HERE` stands for itself, `THERE` for the address that is refused. */
const ANSWERS: Readonly<
  Record<string, { status?: number; headers?: Record<string, string>; body?: string }>
> = {
  '/moved': { status: 302, headers: { location: 'http://THERE/latest/meta-data/' } },
  '/moved-twice': { status: 307, headers: { location: '/moved' } },
  '/moved.m3u8': { status: 302, headers: { location: 'http://THERE/live.m3u8' } },
  '/variant.m3u8': { body: '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttp://THERE/media.m3u8\n' },
  '/segment.m3u8': {
    body: '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nhttp://THERE/1.ts\n#EXTINF:2,\nhttp://THERE/2.ts\n',
  },
  '/key.m3u8': {
    body: '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-KEY:METHOD=AES-128,URI="http://THERE/key"\n#EXTINF:2,\n/1.ts\n',
  },
  '/map.m3u8': {
    body: '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI="http://THERE/init.mp4"\n#EXTINF:2,\n/1.m4s\n',
  },
  '/1.ts': { body: 'x' },
  '/address': { body: 'rtsp://THERE/live' },
  '/address.json': { body: '{"url": "http://THERE/live.m3u8"}' },
};

let server: Server;
let here: string;
let rtsp: string;
const rtspServer = createTcpServer((socket) => {
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    const [, cseq = '1'] = /CSeq: (\d+)/i.exec(chunk.toString()) ?? [];
    socket.write(`RTSP/1.0 302 Found\r\nCSeq: ${cseq}\r\nLocation: rtsp://${METADATA}:554/live\r\n\r\n`);
  });
});
before(async () => {
  server = createServer((request, response) => {
    const { status = 200, headers = {}, body = '' } = ANSWERS[request.url ?? ''] ?? { status: 404 };
    const put = (text: string): string => text.replaceAll('THERE', METADATA);
    const mapped = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, put(value)]));
    response.writeHead(status, mapped).end(put(body));
  }).listen(0, '127.0.0.1');
  rtspServer.listen(0, '127.0.0.1');
  await Promise.all([once(server, 'listening'), once(rtspServer, 'listening')]);
  const portOf = (address: ReturnType<Server['address']>): number =>
    typeof address === 'object' && address !== null ? address.port : 0;
  here = `127.0.0.1:${portOf(server.address())}`;
  rtsp = `127.0.0.1:${portOf(rtspServer.address())}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
  rtspServer.close();
});

/** Why a camera of this source is away. */
async function faultOf(source: Record<string, unknown>, guard: AddressGuard = networkGuard): Promise<string> {
  const made = createCameraSource('x', cameraConfig.parse(source), { media, guard });
  assert.ok(made !== undefined);
  const run = new SourceRun(made);
  const error = await run.ended;
  return error instanceof SourceError ? error.code : String(error);
}

const HOSTS = [
  METADATA,
  '[::ffff:169.254.169.254]',
  '[fe80::1]',
  '0.0.0.0',
  '[fd00:ec2::254]',
  '100.100.100.200',
];
const ENTERED = [
  ...HOSTS.flatMap((host) => [
    `rtsp://${host}/live`,
    `http://${host}/live.mjpeg`,
    `http://${host}/live.m3u8`,
  ]),
  ...['rtsps', 'rtsp+http', 'rtsp+ws', 'rtmp', 'rtmps', 'https', 'hls+http', 'mjpeg+http', 'jpeg+https'].map(
    (scheme) => `${scheme}://${METADATA}/live/x`,
  ),
  `srt://${METADATA}:8890?streamid=read:x`,
  // Other ways to write the same address.
  'http://2852039166/live.mjpeg',
  'http://0xa9fea9fe/live.mjpeg',
  'rtsp://2852039166/live',
];
for (const address of ENTERED) {
  test(`a camera at ${address} is not connected to`, async () => {
    assert.equal(await faultOf({ source: address }), 'ERR_ADDRESS_REFUSED');
  });
}

for (const path of [
  '/moved',
  '/moved-twice',
  '/moved.m3u8',
  '/variant.m3u8',
  '/segment.m3u8',
  '/key.m3u8',
  '/map.m3u8',
]) {
  test(`nor where ${path} leads`, async () => {
    assert.equal(await faultOf({ source: `http://${here}${path}` }), 'ERR_ADDRESS_REFUSED');
  });
}

test('nor where an RTSP server redirects to', async () => {
  assert.equal(await faultOf({ source: `rtsp://${rtsp}/live` }), 'ERR_ADDRESS_REFUSED');
});

for (const path of ['/address', '/address.json', '/moved']) {
  test(`nor what sourceFrom.url names: ${path}`, async () => {
    assert.equal(await faultOf({ sourceFrom: { url: `http://${here}${path}` } }), 'ERR_ADDRESS_REFUSED');
  });
}

test('nor sourceFrom.url itself', async () => {
  assert.equal(await faultOf({ sourceFrom: { url: `http://${METADATA}/` } }), 'ERR_ADDRESS_REFUSED');
});

for (const address of [
  'http://127.0.0.1:9/x.mjpeg',
  'rtsp://localhost:9/x',
  'rtmp://127.0.0.1:9/a/b',
  'srt://127.0.0.1:9',
  'http://[::1]:9/x.m3u8',
]) {
  test(`where only public addresses are allowed: ${address}`, async () => {
    assert.equal(await faultOf({ source: address }, publicGuard), 'ERR_ADDRESS_REFUSED');
  });
}

test('what the administrator names: refused where it is link-local, and nothing is followed', async () => {
  await assert.rejects(guardedFetch(`http://${METADATA}/`), AddressRefusedError);
  await assert.rejects(guardedFetch('http://[::ffff:a9fe:a9fe]/'), AddressRefusedError);
  assert.equal((await guardedFetch(`http://${here}/moved`)).status, 302);
  await assert.rejects(guardedFetch('file:///etc/passwd'), TypeError);
  const endpoint = new HttpEndpoint({ url: `http://${METADATA}/auth`, timeoutMs: 1000 });
  await assert.rejects(endpoint.post({}), ({ cause }: Error) => cause instanceof AddressRefusedError);
  endpoint.close();
});

for (const address of [
  'file:///etc/passwd',
  'http://example.org/',
  'ftp://example.org/x',
  'exec:sh',
  'srt://example.org',
]) {
  test(`a push cannot lead to ${address}`, () => {
    assert.equal(newPush.safeParse({ to: address }).success, false);
  });
}
