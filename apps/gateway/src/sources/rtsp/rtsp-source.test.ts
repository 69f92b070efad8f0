import { RtspHeaders, RtspParser, rtspResponse, serializeRtspResponse } from '@vedette/protocols';
import type { RtspRequest, RtspResponse } from '@vedette/protocols';
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { after, test, type TestContext } from 'node:test';
import { X509Certificate } from 'node:crypto';
import {
  startGstCamera,
  type GstCamera,
  type GstCameraOptions,
} from '../../../../../e2e/support/gst-camera.ts';
import { startLossyRelay } from '../../../../../e2e/support/lossy-relay.ts';
import { fingerprint, SourceRun } from '../testing/source-run.ts';
import type { SessionFacts } from './rtsp-pull.ts';
import { RtspSource, type RtspSourceOptions } from './rtsp-source.ts';

/** A camera that most tests share; each client sees the same pictures from the first on. */
const camera = await startGstCamera({ audio: 'aac' });
after(async () => camera.close());

async function startCamera(context: TestContext, options: GstCameraOptions): Promise<GstCamera> {
  const started = await startGstCamera(options);
  context.after(async () => started.close());
  return started;
}

function pull(address: string, options: Partial<RtspSourceOptions> = {}): SourceRun {
  return new SourceRun(new RtspSource({ address, transport: 'auto', userAgent: 'Vedette/test', ...options }));
}

const REFERENCE_COUNT = 75;
let cached: Promise<string[]> | undefined;

/** The first pictures of the shared camera, as they came by TCP. */
async function reference(): Promise<string[]> {
  cached ??= (async () => {
    const run = await pull(camera.url).untilPictures(REFERENCE_COUNT);
    await run.stop();
    return run.of('video').slice(0, REFERENCE_COUNT).map(fingerprint);
  })();
  return cached;
}

test('RtspSource: TCP brings every unit, on one time line, with the clock of the camera', async () => {
  const sessions: SessionFacts[] = [];
  const run = await pull(camera.url, { onSession: (facts) => sessions.push(facts) }).untilPictures(60);
  await run.until(() => run.reports.length > 0);
  await run.stop();
  assert.deepEqual(
    run.tracks.map(({ id, codec, clockRate }) => [id, codec, clockRate]),
    [
      [0, 'h264', 90_000],
      [1, 'aac', 48_000],
    ],
  );
  const pictures = run.of('video');
  assert.deepEqual(
    pictures.map(({ pts }) => pts),
    pictures.map((_, index) => index * 3600),
  );
  assert.deepEqual(
    pictures.map(({ isRandomAccess }) => isRandomAccess),
    pictures.map((_, index) => index % 25 === 0),
  );
  assert.ok(run.of('audio').every(({ pts }, index) => Math.abs(pts - index * 1024) <= 1));
  assert.ok(run.reports.every(({ unixMs }) => Math.abs(unixMs - Date.now()) < 60_000));
  assert.deepEqual(run.damage, { lostPackets: 0, damagedPictures: 0 });
  assert.deepEqual(
    sessions.map(({ transport, server, skipped }) => [transport, server, skipped]),
    [['tcp', 'GStreamer RTSP server', []]],
  );
});

test('RtspSource: UDP brings the same', async () => {
  const [run] = await Promise.all([pull(camera.url, { transport: 'udp' }).untilPictures(40), reference()]);
  await run.stop();
  assert.deepEqual(run.of('video').slice(0, 40).map(fingerprint), (await reference()).slice(0, 40));
  assert.deepEqual(run.damage, { lostPackets: 0, damagedPictures: 0 });
});

for (const options of [
  { video: 'h265', audio: 'pcmu', bframes: 2 },
  { video: 'h264', audio: 'opus', bframes: 2 },
  { video: 'none', audio: 'pcmu' },
] as const satisfies GstCameraOptions[]) {
  test(`RtspSource: ${options.video} and ${options.audio}`, async (context) => {
    const { url } = await startCamera(context, options);
    const run = pull(url);
    await run.until(
      () => run.of('audio').length > 10 && (options.video === 'none' || run.of('video').length > 10),
    );
    await run.stop();
    assert.deepEqual(
      run.tracks.map(({ codec }) => codec),
      options.video === 'none' ? [options.audio] : [options.video, options.audio],
    );
    for (const kind of ['video', 'audio'] as const) {
      const times = run.of(kind).map(({ dts }) => dts);
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      );
    }
  });
}

test('RtspSource: auto goes to UDP where TCP is refused, and remembers it', async (context) => {
  const { url } = await startCamera(context, { transport: 'udp' });
  const source = new RtspSource({ address: url, transport: 'auto', userAgent: 'x' });
  for (const expected of [['the camera refuses TCP: trying UDP'], []]) {
    const run = await new SourceRun(source).untilPictures(1);
    await run.stop();
    assert.deepEqual(run.logged, expected);
  }
  const failure = await pull(url, { transport: 'tcp' }).failure();
  assert.equal(failure.code, 'ERR_RTSP_TRANSPORT_REFUSED');
});

test('RtspSource: TLS accepts the certificate it was told of, and no other', async (context) => {
  const { url, certificate } = await startCamera(context, { tls: true });
  const { fingerprint256 } = new X509Certificate(certificate ?? '');

  const untrusted = await pull(url).failure();
  assert.equal(untrusted.code, 'ERR_TLS_UNTRUSTED');
  assert.ok(untrusted.message.includes(fingerprint256), 'says what to configure');

  const other = await pull(url, { tls: { fingerprint: fingerprint256.replaceAll(/\d/g, '0') } }).failure();
  assert.equal(other.code, 'ERR_TLS_FINGERPRINT');

  for (const tls of [{ fingerprint: fingerprint256.toLowerCase() }, { isInsecure: true }]) {
    const sessions: SessionFacts[] = [];
    const run = await pull(url, { tls, onSession: (facts) => sessions.push(facts) }).untilPictures(5);
    await run.stop();
    assert.equal(sessions[0]?.transport, 'tls');
  }
  assert.equal((await pull(url, { transport: 'udp' }).failure()).code, 'ERR_RTSP_TLS_UDP');
  assert.equal((await pull(url.replace('rtsps', 'rtsp')).failure()).code, 'ERR_CONNECTION_LOST');
  assert.equal((await pull(camera.url.replace('rtsp', 'rtsps')).failure()).code, 'ERR_TLS_FAILED');
});

for (const auth of ['basic', 'digest'] as const) {
  test(`RtspSource: ${auth} authentication, and what a wrong password says`, async (context) => {
    const { url, port } = await startCamera(context, { user: 'admin', password: 'p@ss/w:rd', auth });
    const run = await pull(url).untilPictures(5);
    await run.stop();

    const wrong = await pull(`rtsp://admin:secret@127.0.0.1:${port}/camera`).failure();
    assert.equal(wrong.code, 'ERR_RTSP_UNAUTHORIZED');
    assert.equal(wrong.isPermanent, true);
    assert.equal(wrong.message, 'the camera refused the user name or password');
    const none = await pull(`rtsp://127.0.0.1:${port}/camera`).failure();
    assert.equal(none.message, 'the camera asks for a user name and password');
  });
}

test('RtspSource: a camera that dies in mid-stream', async (context) => {
  const mortal = await startCamera(context, {});
  const run = await pull(mortal.url).untilPictures(10);
  await mortal.kill();
  assert.equal((await run.failure()).code, 'ERR_CONNECTION_LOST');
});

for (const transport of ['tcp', 'udp'] as const) {
  test(`RtspSource: a camera that falls silent (${transport})`, async (context) => {
    const mute = await startCamera(context, {});
    const run = await pull(mute.url, { transport, silenceMs: 700 }).untilPictures(10);
    mute.freeze();
    assert.equal((await run.failure()).code, 'ERR_SOURCE_SILENT');
  });
}

test('RtspSource: a camera that says goodbye ends the run without an error', async (context) => {
  const { url } = await startCamera(context, { seconds: 2 });
  for (const transport of ['tcp', 'udp'] as const) {
    const run = pull(url, { transport });
    assert.equal(await run.ended, undefined);
    assert.equal(run.of('video').length, 50);
  }
});

/** The same numbers in each run, evenly spread over [0, 1). */
function random(index: number): number {
  return ((index + 1) * 0.618_033_988_749_895) % 1;
}

test('RtspSource: UDP packets out of order cost nothing', async (context) => {
  const relay = await startLossyRelay({
    cameraPort: camera.port,
    fate: (index) => (random(index) < 0.2 ? 10 + 20 * random(index * 7) : 0),
  });
  context.after(async () => relay.close());
  const run = await pull(`rtsp://127.0.0.1:${relay.port}/camera`, { transport: 'udp' }).untilPictures(60);
  await run.stop();
  assert.deepEqual(run.of('video').slice(0, 60).map(fingerprint), (await reference()).slice(0, 60));
  assert.deepEqual(run.damage, { lostPackets: 0, damagedPictures: 0 });
});

test('RtspSource: UDP packets that are lost cost whole pictures up to the next key picture, and are counted', async (context) => {
  const relay = await startLossyRelay({
    cameraPort: camera.port,
    fate: (index) => (random(index) < 0.01 ? 'lost' : 0),
  });
  context.after(async () => relay.close());
  const run = pull(`rtsp://127.0.0.1:${relay.port}/camera`, { transport: 'udp' });
  await run.until(() => run.damage.damagedPictures > 0 && run.of('video').length > 50);
  await run.stop();

  const received = run.of('video');
  const sent = new Set(await reference());
  const known = received.filter(({ pts }) => pts < 3600 * REFERENCE_COUNT);
  assert.ok(
    known.every((unit) => sent.has(fingerprint(unit))),
    'what comes through is whole',
  );
  received.forEach(({ pts, isRandomAccess }, index) => {
    const step = pts - (received[index - 1]?.pts ?? -3600);
    assert.ok(step === 3600 || isRandomAccess, `picture at ${pts} can be decoded`);
  });
  assert.ok(run.damage.lostPackets > 0 && run.damage.lostPackets <= relay.lostPackets);
});

test('RtspSource: what is not there, or may not be reached', async (context) => {
  const web = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const mute = createServer((socket) => socket.on('error', () => socket.destroy()));
  for (const server of [web, mute]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    context.after(() => server.close());
  }
  const free = (mute.address() as AddressInfo).port;
  mute.close();
  for (const { address, code, isPermanent = false } of [
    { address: `rtsp://127.0.0.1:${free}/`, code: 'ERR_CONNECT_REFUSED' },
    { address: `rtsp://127.0.0.1:${(web.address() as AddressInfo).port}/`, code: 'ERR_RTSP_HTTP_PEER' },
    { address: `${camera.url}/missing`, code: 'ERR_RTSP_NOT_FOUND' },
    { address: 'rtsp://camera.invalid/', code: 'ERR_CONNECT_NAME' },
    { address: 'rtsp://169.254.169.254/latest', code: 'ERR_ADDRESS_REFUSED', isPermanent: true },
    { address: 'rtsp://[fe80::1]/', code: 'ERR_ADDRESS_REFUSED', isPermanent: true },
    { address: 'rtsp://[::ffff:169.254.169.254]/', code: 'ERR_ADDRESS_REFUSED', isPermanent: true },
    { address: 'rtsp:///', code: 'ERR_RTSP_URL', isPermanent: true },
  ]) {
    const failure = await pull(address).failure();
    assert.deepEqual([failure.code, failure.isPermanent], [code, isPermanent], address);
  }
});

/** A camera that answers as the test says. */
async function scripted(
  context: TestContext,
  answer: (request: RtspRequest) => RtspResponse,
): Promise<number> {
  const server = createServer((socket) => {
    const parser = new RtspParser({
      onFrame: () => undefined,
      onResponse: () => undefined,
      onRequest: (request) => socket.write(serializeRtspResponse(answer(request))),
    });
    socket.on('data', (chunk) => parser.push(chunk));
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

test('RtspSource: follows a redirect, but not round and round, and not to where no source may go', async (context) => {
  let location = camera.url;
  const port = await scripted(context, (request) =>
    request.method === 'DESCRIBE'
      ? rtspResponse(request, 302, { Location: location })
      : rtspResponse(request, 200),
  );
  const run = await pull(`rtsp://127.0.0.1:${port}/`).untilPictures(5);
  await run.stop();
  assert.deepEqual(run.logged, ['the camera redirects']);

  location = `rtsp://127.0.0.1:${port}/again`;
  assert.equal((await pull(location).failure()).code, 'ERR_RTSP_REDIRECTS');
  location = 'rtsp://169.254.169.254/';
  assert.equal((await pull(`rtsp://127.0.0.1:${port}/`).failure()).code, 'ERR_ADDRESS_REFUSED');
});

test('RtspSource: a camera with nothing that can be received', async (context) => {
  const sdp = new TextEncoder().encode('v=0\r\nm=video 0 RTP/AVP 26\r\nm=application 0 RTP/AVP 107\r\n');
  const port = await scripted(context, (request) => ({
    ...rtspResponse(request, 200),
    headers: RtspHeaders.of({ CSeq: request.headers.get('CSeq') }),
    body: request.method === 'DESCRIBE' ? sdp : new Uint8Array(0),
  }));
  const failure = await pull(`rtsp://127.0.0.1:${port}/`).failure();
  assert.equal(failure.code, 'ERR_SOURCE_NO_TRACKS');
  assert.match(failure.message, /JPEG/);
});

test('RtspSource: 50 connections, left at any moment, leave nothing open', async () => {
  const open = (): number => readdirSync('/proc/self/fd').length;
  const resources = (): string[] =>
    process.getActiveResourcesInfo().filter((name) => /TCP|UDP|TLS|Timeout/.test(name));
  await (await pull(camera.url).untilPictures(1)).stop();
  const before = { open: open(), resources: resources().length };
  for (let cycle = 0; cycle < 50; cycle += 1) {
    const run = pull(camera.url, { transport: cycle % 2 === 0 ? 'tcp' : 'udp' });
    if (cycle % 5 === 0) await run.untilPictures(1);
    for (let turn = 0; turn < cycle; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    await run.stop();
  }
  assert.ok(open() <= before.open + 1, `${open()} descriptors, ${before.open} before`);
  assert.ok(resources().length <= before.resources, resources().join(', '));
});
