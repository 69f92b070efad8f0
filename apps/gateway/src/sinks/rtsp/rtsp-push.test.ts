import type { AccessUnit } from '@vedette/media';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { selfSignedCertificate } from '../../../../../e2e/support/self-signed-certificate.ts';
import { until } from '../../../../../e2e/support/until.ts';
import { fixedCertificate } from '../../net/tls-certificate.ts';
import { networkGuard, publicGuard, type AddressGuard } from '../../net/guarded-lookup.ts';
import { PushError, type PushTotals } from '../../push/push-target.ts';
import { TestBed } from '../../servers/rtsp/testing/test-bed.ts';
import type { Reader } from '../../stream/reader.ts';
import { Stream } from '../../stream/stream.ts';
import { picture, videoTrack } from '../../testing/units.ts';
import { makeFootage } from '../hls/testing/footage.ts';
import { RtspPush } from './rtsp-push.ts';
import { RtspSinks, type RtspSinksOptions } from './rtsp-sinks.ts';
import { ScriptedServer, type Script } from './testing/scripted-server.ts';

interface Attempt {
  readonly abort: AbortController;
  readonly done: Promise<unknown>;
  readonly isConnected: () => boolean;
  readonly totals: () => PushTotals | undefined;
}

/** Runs one attempt; `done` is the error it ended with, or `undefined`. */
function attempt(
  address: string,
  stream: Stream,
  {
    guard = networkGuard,
    sinks,
    authorities,
  }: { guard?: AddressGuard; sinks?: RtspSinksOptions; authorities?: string } = {},
): Attempt {
  const abort = new AbortController();
  let isConnected = false;
  let totals: (() => PushTotals) | undefined;
  const trust = authorities === undefined ? {} : { authorities };
  const target = new RtspPush({ address, sinks: new RtspSinks(sinks), userAgent: 'Vedette/test', ...trust });
  const done = target
    .run({
      signal: abort.signal,
      stream,
      guard,
      onConnected: () => {
        isConnected = true;
      },
      report: (read) => {
        totals = read;
      },
    })
    .then(
      () => undefined,
      (error: unknown) => error,
    );
  return { abort, done, isConnected: () => isConnected, totals: () => totals?.() };
}

async function scripted(t: TestContext, script?: Script): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(script);
  t.after(() => server.close());
  return server;
}

/** A stream of small pictures. */
function smallStream(): { stream: Stream; write: (index: number, size?: number) => void } {
  const stream = new Stream({ id: 'gate' });
  const track = videoTrack();
  const feed = stream.open([track]);
  return {
    stream,
    write: (index, size = 100) => feed.write(picture(track, index, { gop: 25, size })),
  };
}

const bytesOf = ({ data }: AccessUnit): string =>
  data.map((part) => Buffer.from(part).toString('base64')).join('.');

test('every picture and the sound arrive at an RTSP server as they were, the current group included', async (t) => {
  const bed = await TestBed.start();
  t.after(() => bed.close());
  const arrived: AccessUnit[] = [];
  const recorder: Reader = {
    name: 'test',
    onTracks: () => undefined,
    onUnit: (unit) => arrived.push(unit),
    onEnd: () => undefined,
  };
  bed.cameras.find('gate')?.stream.addReader(recorder);
  const clip = makeFootage({ seconds: 2, gop: 25, audio: 'aac', bFrames: 2 });
  const stream = new Stream({ id: 'source' });
  const feed = stream.open(clip.tracks);
  const [early, late] = [clip.units.slice(0, 20), clip.units.slice(20)];
  for (const unit of early) feed.write({ ...unit });
  const push = attempt(`rtsp://127.0.0.1:${bed.port}/gate`, stream);
  await until(push.isConnected);
  for (const unit of late) feed.write({ ...unit });
  const of = (units: readonly AccessUnit[], kind: string): string[] =>
    units.filter(({ track }) => track.kind === kind).map(bytesOf);
  const pictures = of(clip.units, 'video');
  await until(() => of(arrived, 'video').length === pictures.length);
  assert.deepEqual(of(arrived, 'video'), pictures);
  const [sound, heard] = [of(clip.units, 'audio'), of(arrived, 'audio')];
  assert.ok(heard.length > sound.length / 2, `${heard.length} of ${sound.length}`);
  assert.deepEqual(heard, sound.slice(sound.indexOf(heard[0] ?? '')).slice(0, heard.length));
  assert.ok((push.totals()?.bytes ?? 0) > 0);
  push.abort.abort();
  assert.equal(await push.done, undefined);
  await until(() => bed.cameras.find('gate')?.state.name === 'waiting');
});

for (const { name, script, code, isPermanent, words } of [
  {
    name: 'asks for a password that there is none of',
    script: { ANNOUNCE: { status: 401, headers: { 'WWW-Authenticate': 'Basic realm="x"' } } },
    code: 'ERR_RTSP_UNAUTHORIZED',
    isPermanent: true,
    words: /the destination/,
  },
  {
    name: 'forbids it',
    script: { ANNOUNCE: { status: 403 } },
    code: 'ERR_RTSP_FORBIDDEN',
    isPermanent: true,
    words: /the destination/,
  },
  {
    name: 'knows no such path',
    script: { ANNOUNCE: { status: 404 } },
    code: 'ERR_RTSP_NOT_FOUND',
    isPermanent: false,
    words: /the destination/,
  },
  {
    name: 'hangs up on RECORD',
    script: { RECORD: 'hangUp' },
    code: 'ERR_CONNECTION_LOST',
    isPermanent: false,
    words: /the destination/,
  },
  {
    name: 'redirects in circles',
    script: { ANNOUNCE: { status: 302, headers: { Location: 'SELF' } } },
    code: 'ERR_RTSP_REDIRECTS',
    isPermanent: false,
    words: /the destination/,
  },
] as const) {
  test(`a destination that ${name}: ${code}`, async (t) => {
    const answers: Script = { ...script };
    const server = await scripted(t, answers);
    if (name === 'redirects in circles') {
      answers['ANNOUNCE'] = { status: 302, headers: { Location: server.url } };
    }
    const { stream, write } = smallStream();
    write(0);
    const error = await attempt(server.url, stream).done;
    assert.ok(error instanceof PushError, String(error));
    assert.deepEqual([error.code, error.isPermanent], [code, isPermanent]);
    assert.match(error.message, words);
    assert.equal(stream.readerCount, 0);
  });
}

test('a user and a password answer the challenge', async (t) => {
  const { stream, write } = smallStream();
  write(0);
  const challenge = { 'WWW-Authenticate': 'Basic realm="x"' };
  const server = await scripted(t, { ANNOUNCE: [{ status: 401, headers: challenge }, { status: 200 }] });
  const push = attempt(server.url.replace('rtsp://', 'rtsp://user:pa%40ss@'), stream);
  await until(push.isConnected);
  const authorization = server.requests.at(-1)?.headers.get('Authorization') ?? '';
  assert.equal(Buffer.from(authorization.slice(6), 'base64').toString(), 'user:pa@ss');
  await until(() => server.frames > 0);
  push.abort.abort();
  assert.equal(await push.done, undefined);
  assert.equal(server.methods.at(-1), 'TEARDOWN');
});

test('rtsps: a certificate that is trusted, and one that is not', async (t) => {
  const { pem, certFile, keyFile } = await selfSignedCertificate();
  const pair = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  const tls = { port: 0, certificate: () => Promise.resolve(fixedCertificate(pair)) };
  const bed = await TestBed.start({ server: { tls } });
  t.after(() => bed.close());
  const clip = makeFootage({ seconds: 1 });
  const stream = new Stream({ id: 'source' });
  const feed = stream.open(clip.tracks);
  for (const unit of clip.units) feed.write({ ...unit });
  const address = `rtsps://localhost:${bed.tlsPort}/gate`;
  const error = await attempt(address, stream).done;
  assert.ok(error instanceof PushError && error.code === 'ERR_TLS_FAILED', String(error));
  const push = attempt(address, stream, { authorities: pem });
  await until(() => bed.cameras.find('gate')?.state.name === 'live', { limitMs: 10_000 });
  push.abort.abort();
  assert.equal(await push.done, undefined);
});

test('a destination that dies ends the attempt, and the stream is left', async (t) => {
  const server = await scripted(t);
  const { stream, write } = smallStream();
  write(0);
  const push = attempt(server.url, stream);
  await until(push.isConnected);
  server.drop();
  const error = await push.done;
  assert.ok(error instanceof PushError && error.code === 'ERR_CONNECTION_LOST');
  assert.equal(stream.readerCount, 0);
});

test('a destination that accepts and never reads loses whole groups, and is left when it stalls', async (t) => {
  const server = await scripted(t);
  server.stopsReading = true;
  const { stream, write } = smallStream();
  write(0);
  let nowMs = 0;
  const bounds = { maxQueueBytes: 1_000_000, maxStallMs: 30_000 };
  const push = attempt(server.url, stream, { sinks: { clock: () => nowMs, bounds } });
  await until(push.isConnected);
  for (let index = 1; index < 400; index += 1) {
    write(index, 100_000);
    if (index % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const { dropped = 0, queuedBytes = Infinity } = push.totals() ?? {};
  assert.ok(dropped > 0);
  assert.ok(queuedBytes < 1_500_000, `${queuedBytes} bytes wait`);
  nowMs += 31_000;
  write(400);
  const error = await push.done;
  assert.ok(error instanceof PushError && error.code === 'ERR_PUSH_STALLED', String(error));
});

test('tracks that change end the attempt: the destination has to be told anew', async (t) => {
  const server = await scripted(t);
  const { stream, write } = smallStream();
  write(0);
  const push = attempt(server.url, stream);
  await until(push.isConnected);
  stream.open([videoTrack(), videoTrack(1)]);
  const error = await push.done;
  assert.ok(error instanceof PushError && error.code === 'ERR_PUSH_STREAM_CHANGED');
  assert.equal(error.isPermanent, false);
});

test('where it may not lead, it does not connect', async (t) => {
  const server = await scripted(t);
  const { stream } = smallStream();
  for (const [address, guard] of [
    [server.url, publicGuard],
    [server.url.replace('127.0.0.1', 'localhost'), publicGuard],
    [server.url.replace('127.0.0.1', '1.2.3.4#@127.0.0.1'), publicGuard],
    ['rtsp://169.254.169.254/latest', networkGuard],
    ['rtsp://[::ffff:169.254.169.254]/latest', networkGuard],
  ] as const) {
    const error = await attempt(address, stream, { guard }).done;
    assert.ok(error instanceof PushError, `${address}: ${String(error)}`);
    assert.deepEqual([error.code, error.isPermanent], ['ERR_ADDRESS_REFUSED', true]);
  }
  assert.deepEqual(server.requests, []);
});

test('a port where nothing listens, and an address that is none', async () => {
  const { stream } = smallStream();
  for (const [address, code] of [
    ['rtsp://127.0.0.1:1/x', 'ERR_CONNECT_REFUSED'],
    ['rtsp://no such host/x', 'ERR_RTSP_URL'],
    ['rtsp://vedette.invalid/x', 'ERR_CONNECT_NAME'],
  ] as const) {
    const error = await attempt(address, stream).done;
    assert.ok(error instanceof PushError && error.code === code, `${address}: ${String(error)}`);
  }
});
