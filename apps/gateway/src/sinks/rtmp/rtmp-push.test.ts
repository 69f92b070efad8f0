import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { after, before, test, type TestContext } from 'node:test';
import { startNginxRtmp, type NginxRtmp } from '../../../../../e2e/support/nginx-rtmp.ts';
import { selfSignedCertificate } from '../../../../../e2e/support/self-signed-certificate.ts';
import { until } from '../../../../../e2e/support/until.ts';
import { frameHashes } from '../../../../../packages/media/src/testing/frame-hashes.ts';
import { fixedCertificate } from '../../net/tls-certificate.ts';
import { networkGuard } from '../../net/guarded-lookup.ts';
import { PushError, type PushTotals } from '../../push/push-target.ts';
import { Recorder, TestBed, writeInTime } from '../../servers/rtmp/testing/test-bed.ts';
import { SourceRun } from '../../sources/testing/source-run.ts';
import { RtmpSource } from '../../sources/rtmp/rtmp-source.ts';
import { Stream } from '../../stream/stream.ts';
import { picture } from '../../testing/units.ts';
import { makeFootage } from '../hls/testing/footage.ts';
import { RtmpPush, type RtmpPushOptions } from './rtmp-push.ts';

const clip = makeFootage({ seconds: 2, gop: 25, bFrames: 2, audio: 'aac' });
const hashes = frameHashes(clip.raw.bytes, clip.raw.format);

/** One attempt of a push, by hand. */
class PushRun {
  readonly stream = new Stream({ id: 'gate' });
  readonly ended: Promise<unknown>;
  isConnected = false;
  totals: () => PushTotals = () => ({ bytes: 0, dropped: 0, queuedBytes: 0 });
  readonly #stop = new AbortController();

  constructor(t: TestContext, options: RtmpPushOptions) {
    this.ended = new RtmpPush(options)
      .run({
        signal: this.#stop.signal,
        stream: this.stream,
        guard: networkGuard,
        onConnected: () => (this.isConnected = true),
        report: (totals) => (this.totals = totals),
      })
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    t.after(() => this.stop());
  }

  async stop(): Promise<unknown> {
    this.#stop.abort(new Error('the test is over'));
    return this.ended;
  }

  async failure(): Promise<PushError> {
    const error = await this.ended;
    assert.ok(error instanceof PushError, String(error));
    return error;
  }
}

let nginx: NginxRtmp;
before(async () => (nginx = await startNginxRtmp()));
after(() => nginx.close());

test('nginx-rtmp takes a push, and what is pulled from it again is the same', async (t) => {
  const address = `${nginx.url}/relay`;
  const pull = new SourceRun(new RtmpSource({ address, silenceMs: 20_000 }));
  t.after(() => pull.stop());
  const push = new PushRun(t, { address });
  const feed = push.stream.open(clip.tracks);
  await until(() => push.isConnected);
  await writeInTime(feed, clip.units);
  await pull.until(() => pull.units.filter(({ track }) => track.kind === 'video').length === hashes.length);
  assert.equal(await push.stop(), undefined);
  const recorder = new Recorder();
  recorder.units.push(...pull.units);
  assert.deepEqual(frameHashes(recorder.annexB(), 'h264'), hashes);
  assert.deepEqual(
    pull.tracks.map(({ codec }) => codec),
    ['h264', 'aac'],
  );
  assert.ok(recorder.of('audio').length > 80);
  assert.ok(push.totals().bytes > 10_000);
});

test('nginx-rtmp refuses a second publisher of a name, and we say what it says', async (t) => {
  const address = `${nginx.url}/taken`;
  const first = new PushRun(t, { address });
  first.stream.open(clip.tracks);
  await until(() => first.isConnected);
  const second = new PushRun(t, { address });
  second.stream.open(clip.tracks);
  assert.equal((await second.failure()).code, 'ERR_RTMP_BAD_NAME');
});

test('Vedette to Vedette: pushed, and pulled', async (t) => {
  const bed = await TestBed.start();
  t.after(() => bed.close());
  const recorder = bed.record();
  const push = new PushRun(t, { address: `${bed.url()}?token=secret` });
  const feed = push.stream.open(clip.tracks);
  await until(() => push.isConnected);
  await until(() => bed.started.length === 1);
  const [first = assert.fail(), ...rest] = clip.units;
  feed.write({ ...first });
  for (const unit of rest.splice(0, 60)) feed.write({ ...unit });
  await until(() => bed.cameras.find('gate')?.stream.isLive === true);
  const pull = new SourceRun(new RtmpSource({ address: bed.url() }));
  await until(() => bed.started.length === 2);
  for (const unit of rest) feed.write({ ...unit });
  await until(() => recorder.of('video').length === hashes.length);
  await pull.until(() => pull.units.some(({ track }) => track.kind === 'video'));
  await pull.stop();
  await until(() => recorder.units.length === clip.units.length);
  assert.deepEqual(frameHashes(recorder.annexB(), 'h264'), hashes);
  await push.stop();
  await until(() => bed.ended.some(({ session }) => session.kind === 'publish'));
  assert.equal(
    bed.ended.find(({ session }) => session.kind === 'publish')?.reason,
    'the peer ended the session',
  );
});

test('RTMPS: an unknown certificate is not trusted, a known authority is', async (t) => {
  const { certFile, keyFile, pem } = await selfSignedCertificate();
  const { readFileSync } = await import('node:fs');
  const pair = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  const tls = { port: 0, certificate: () => Promise.resolve(fixedCertificate(pair)) };
  const bed = await TestBed.start({ server: { tls } });
  t.after(() => bed.close());
  const address = `rtmps://127.0.0.1:${bed.tlsPort}/live/gate`;
  const stranger = new PushRun(t, { address });
  assert.equal((await stranger.failure()).code, 'ERR_TLS_FAILED');
  const push = new PushRun(t, { address, authorities: pem });
  push.stream.open(clip.tracks);
  await until(() => push.isConnected);
  const pull = new SourceRun(new RtmpSource({ address }));
  assert.equal((await pull.failure()).code, 'ERR_TLS_UNTRUSTED');
});

/** A peer that does what `serve` says with every connection. */
async function peer(t: TestContext, serve: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `rtmp://127.0.0.1:${(server.address() as AddressInfo).port}/live/gate?key=secret`;
}

for (const { name, serve, code } of [
  {
    name: 'speaks HTTP',
    serve: (socket: Socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    code: 'ERR_RTMP_VERSION',
  },
  { name: 'hangs up', serve: (socket: Socket) => void socket.end(), code: 'ERR_CONNECTION_LOST' },
  {
    name: 'sends rubbish behind its handshake',
    serve: (socket: Socket) => {
      socket.write(Buffer.concat([Buffer.of(3), Buffer.alloc(3072), Buffer.alloc(4096, 0xff)]));
    },
    code: 'ERR_RTMP_CHUNK',
  },
]) {
  test(`a peer that ${name}: push and pull say so, without the key`, async (t) => {
    const address = await peer(t, serve);
    const pushed = await new PushRun(t, { address }).failure();
    assert.equal(pushed.code, code);
    const pulled = await new SourceRun(new RtmpSource({ address })).failure();
    assert.equal(pulled.code, code);
    assert.ok(!`${pushed.message} ${pulled.message}`.includes('secret'));
  });
}

test('a server that sends nothing is left; addresses that lead nowhere good are refused', async (t) => {
  const address = await peer(t, () => undefined);
  assert.equal(
    (await new SourceRun(new RtmpSource({ address, silenceMs: 200 })).failure()).code,
    'ERR_SOURCE_SILENT',
  );
  for (const [bad, code] of [
    ['rtmp://169.254.169.254/live/x', 'ERR_ADDRESS_REFUSED'],
    ['rtmp://', 'ERR_RTMP_URL'],
    ['rtmp://127.0.0.1:1/live/x', 'ERR_CONNECT_REFUSED'],
  ] as const) {
    assert.equal((await new SourceRun(new RtmpSource({ address: bad })).failure()).code, code);
    assert.equal((await new PushRun(t, { address: bad }).failure()).code, code);
  }
});

test('a pull of a camera that nobody feeds is told so', async (t) => {
  const bed = await TestBed.start();
  t.after(() => bed.close());
  const error = await new SourceRun(new RtmpSource({ address: bed.url() })).failure();
  assert.equal(error.code, 'ERR_RTMP_NOT_FOUND');
  assert.match(error.message, /nobody publishes/);
});

test('a destination that stops reading loses whole pictures, within the bound of its queue', async (t) => {
  const bed = await TestBed.start();
  t.after(() => bed.close());
  let relayed: Socket | undefined;
  // A relay that can stop reading what the push sends.
  const { connect } = await import('node:net');
  const address = await peer(t, (socket) => {
    relayed = socket;
    const onward = connect(bed.port, '127.0.0.1');
    onward.on('error', () => undefined);
    socket.pipe(onward).pipe(socket);
  });
  const push = new PushRun(t, {
    address,
    bounds: { maxQueueBytes: 512 * 1024, maxStallMs: 60_000 },
  });
  const track = clip.tracks.find((one) => one.codec === 'h264') ?? assert.fail();
  const feed = push.stream.open([track]);
  await until(() => push.isConnected);
  relayed?.pause();
  relayed?.unpipe();
  for (let index = 0; index < 2000 && push.totals().dropped === 0; index += 1) {
    feed.write(picture(track, index, { gop: 25, size: 20_000 }));
    if (index % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(push.totals().dropped > 0);
  assert.ok(push.totals().queuedBytes <= 1024 * 1024);
});
