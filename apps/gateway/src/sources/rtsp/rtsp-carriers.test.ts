import assert from 'node:assert/strict';
import { RtspParser, rtspResponse, serializeRtspResponse } from '@vedette/protocols';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net';
import { after, test, type TestContext } from 'node:test';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { startGstCamera } from '../../../../../e2e/support/gst-camera.ts';
import { selfSignedCertificate } from '../../../../../e2e/support/self-signed-certificate.ts';
import { fingerprint, SourceRun } from '../testing/source-run.ts';
import { parseRtspAddress } from './rtsp-address.ts';
import type { SessionFacts } from './rtsp-pull.ts';
import { RtspSource, type RtspSourceOptions } from './rtsp-source.ts';

const COUNT = 40;
const camera = await startGstCamera({ audio: 'aac' });
after(async () => camera.close());

function pull(address: string, options: Partial<RtspSourceOptions> = {}): SourceRun {
  return new SourceRun(new RtspSource({ address, transport: 'auto', userAgent: 'Vedette/test', ...options }));
}

async function pictures(run: SourceRun): Promise<string[]> {
  await run.untilPictures(COUNT);
  await run.stop();
  return run.of('video').slice(0, COUNT).map(fingerprint);
}

/** A WebSocket in front of a real RTSP camera, as ONVIF devices have it. */
async function startWebSocketFront(context: TestContext, server: Server, rtspPort: number): Promise<number> {
  const sockets = new WebSocketServer({
    server,
    handleProtocols: (names) => (names.has('rtsp.onvif.org') ? 'rtsp.onvif.org' : false),
  });
  sockets.on('connection', (socket) => {
    const stream = createWebSocketStream(socket);
    const rtsp = connect(rtspPort, '127.0.0.1');
    for (const end of [stream, rtsp]) end.on('error', () => undefined);
    stream.pipe(rtsp).pipe(stream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test('RtspSource: the same pictures in HTTP as by TCP, against GStreamer', async () => {
  const wanted = await pictures(pull(camera.url));
  const facts: SessionFacts[] = [];
  const run = pull(camera.url.replace('rtsp://', 'rtsp+http://'), {
    onSession: (found) => facts.push(found),
  });
  assert.deepEqual(await pictures(run), wanted);
  assert.ok(run.of('audio').length > 0);
  assert.deepEqual(
    facts.map(({ transport }) => transport),
    ['tcp'],
  );
});

test('RtspSource: the same pictures in a WebSocket as by TCP', async (context) => {
  const wanted = await pictures(pull(camera.url));
  const port = await startWebSocketFront(context, createServer(), camera.port);
  assert.deepEqual(await pictures(pull(`rtsp+ws://127.0.0.1:${port}/camera`)), wanted);
});

test('RtspSource: a WebSocket in TLS, with a certificate that is looked at', async (context) => {
  const { certFile, keyFile } = await selfSignedCertificate();
  const server = createTlsServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) });
  const address = `rtsp+wss://127.0.0.1:${await startWebSocketFront(context, server, camera.port)}/camera`;
  assert.equal((await pull(address).failure()).code, 'ERR_TLS_UNTRUSTED');
  const facts: SessionFacts[] = [];
  await pictures(pull(address, { tls: { isInsecure: true }, onSession: (found) => facts.push(found) }));
  assert.deepEqual(
    facts.map(({ transport }) => transport),
    ['tls'],
  );
});

test('RtspSource: a password inside a tunnel, right and wrong', async (context) => {
  const guarded = await startGstCamera({ user: 'admin', password: 'secret', auth: 'digest' });
  context.after(async () => guarded.close());
  const address = guarded.url.replace('rtsp://', 'rtsp+http://');
  await pictures(pull(address));
  const error = await pull(address.replace('secret', 'wrong')).failure();
  assert.match(error.code, /UNAUTHORIZED$/);
  assert.equal(error.isPermanent, true);
});

for (const scheme of ['rtsp+http', 'rtsp+ws']) {
  test(`RtspSource: ${scheme} where nobody has it is said so`, async (context) => {
    const server = createServer((_, response) => response.end('hello'));
    server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 404 Not Found\r\n\r\n'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    context.after(() => server.close());
    const address = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/camera`;
    assert.equal((await pull(address).failure()).code, 'ERR_RTSP_NO_TUNNEL');
    assert.equal((await pull(address, { transport: 'udp' }).failure()).code, 'ERR_RTSP_TLS_UDP');
  });

  test(`RtspSource: ${scheme}: a camera that goes is gone`, async (context) => {
    const short = await startGstCamera({});
    context.after(async () => short.close());
    const port =
      scheme === 'rtsp+ws' ? await startWebSocketFront(context, createServer(), short.port) : short.port;
    const run = await pull(`${scheme}://127.0.0.1:${port}/camera`).untilPictures(5);
    await short.kill();
    assert.match((await run.failure()).code, /^ERR_CONNECTION_LOST$/);
  });
}

/** A camera that sends to a group on loopback: GStreamer's packets, and just enough RTSP to say where they go. */
async function startMulticastCamera(context: TestContext, transport: string, port: number): Promise<string> {
  const scene = 'videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=25/1';
  const coding = 'x264enc tune=zerolatency key-int-max=10 ! video/x-h264,profile=baseline';
  const sink = `udpsink host=${GROUP} port=${port} bind-address=127.0.0.1 auto-multicast=false multicast-iface=lo`;
  const line = `${scene} ! ${coding} ! rtph264pay pt=96 config-interval=-1 ! ${sink}`;
  const sender = spawn('gst-launch-1.0', ['-q', ...line.split(' ')], { stdio: 'ignore' });
  context.after(() => sender.kill('SIGKILL'));
  const sdp = 'v=0\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track0\r\n';
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    const parser = new RtspParser({
      onFrame: () => undefined,
      onResponse: () => undefined,
      onRequest: (request) => {
        const isSetup = request.method === 'SETUP';
        if (isSetup) assert.match(request.headers.get('Transport') ?? '', /^RTP\/AVP;multicast/);
        const headers = {
          ...(isSetup ? { Transport: transport } : {}),
          ...(/SETUP|PLAY/.test(request.method) ? { Session: '1' } : {}),
        };
        const body = request.method === 'DESCRIBE' ? new TextEncoder().encode(sdp) : new Uint8Array(0);
        socket.write(serializeRtspResponse(rtspResponse(request, 200, headers, body)));
      },
    });
    socket.on('data', (chunk) => parser.push(chunk));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  return `rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/camera`;
}

const GROUP = '239.255.42.1';
const PORT = 20_000 + (process.pid % 2000) * 4;

for (const [turn, source] of ['', ';source=127.0.0.1'].entries()) {
  test(`RtspSource: multicast${source} brings the pictures, and the group is left`, async (context) => {
    const port = PORT + 2 * turn;
    const transport = `RTP/AVP;multicast;destination=${GROUP};port=${port}-${port + 1};ttl=1${source}`;
    const address = await startMulticastCamera(context, transport, port);
    const facts: SessionFacts[] = [];
    const run = await pull(address, {
      transport: 'multicast',
      onSession: (found) => facts.push(found),
    }).untilPictures(COUNT);
    await run.stop();
    assert.deepEqual(
      facts.map((fact) => fact.transport),
      ['multicast'],
    );
    const bound = readFileSync('/proc/net/udp', 'utf8');
    assert.doesNotMatch(bound, new RegExp(`012AFFEF:${port.toString(16).toUpperCase()}`));
  });
}

for (const transport of [
  'RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001',
  'RTP/AVP;multicast;destination=127.0.0.1;port=5000-5001',
  'RTP/AVP;multicast;destination=239.1.1.1',
]) {
  test(`RtspSource: no multicast group: ${transport}`, async (context) => {
    const error = await pull(await startMulticastCamera(context, transport, PORT), {
      transport: 'multicast',
    }).failure();
    assert.equal(error.code, 'ERR_RTSP_TRANSPORT_REFUSED');
  });
}

test('RtspSource: a camera without multicast is no multicast camera', async () => {
  const error = await pull(camera.url, { transport: 'multicast' }).failure();
  assert.equal(error.code, 'ERR_RTSP_TRANSPORT_REFUSED');
});

test('RtspSource: a server that says REDIRECT is left for where it points to', async (context) => {
  const server = createTcpServer((socket) => {
    const rtsp = connect(camera.port, '127.0.0.1');
    for (const end of [socket, rtsp]) end.on('error', () => undefined);
    socket.pipe(rtsp).pipe(socket);
    socket.on('data', (chunk) => {
      if (!chunk.toString('latin1').startsWith('PLAY')) return;
      rtsp.unpipe(socket);
      socket.write(`REDIRECT rtsp://here/ RTSP/1.0\r\nCSeq: 1\r\nLocation: ${camera.url}\r\n\r\n`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const run = pull(`rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/camera`);
  await pictures(run);
  assert.ok(run.logged.includes('the camera redirects'));
});

for (const { text, carrier, isSecure, port, target } of [
  { text: 'rtsp+http://a:b@h/p?q', carrier: 'http', isSecure: false, port: 80, target: '/p?q' },
  { text: 'rtsp+https://h:554/p', carrier: 'http', isSecure: true, port: 554, target: '/p' },
  { text: 'rtsp+wss://h', carrier: 'websocket', isSecure: true, port: 443, target: '' },
  { text: 'rtsp+ws://[::1]:8080/p', carrier: 'websocket', isSecure: false, port: 8080, target: '/p' },
  { text: 'rtsps://h/p', carrier: 'direct', isSecure: true, port: 322, target: '/p' },
]) {
  test(`parseRtspAddress: ${text}`, () => {
    const address = parseRtspAddress(text);
    assert.deepEqual(
      [address.carrier, address.isSecure, address.url.port, address.url.target],
      [carrier, isSecure, port, target],
    );
  });
}
