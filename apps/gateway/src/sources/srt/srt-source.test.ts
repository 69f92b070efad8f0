import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { until } from '../../../../../e2e/support/until.ts';
import { frameHashes } from '../../../../../packages/media/src/testing/frame-hashes.ts';
import { networkGuard } from '../../net/guarded-lookup.ts';
import { PushError, type PushContext } from '../../push/push-target.ts';
import {
  assertRun,
  hashesOf,
  makeClip,
  publishByFfmpeg,
  watchByFfmpeg,
} from '../../servers/srt/testing/srt-peers.ts';
import { SrtTestBed } from '../../servers/srt/testing/srt-test-bed.ts';
import { SrtPush } from '../../sinks/srt/srt-push.ts';
import { startFfmpeg } from '../../servers/rtsp/testing/player.ts';
import { SrtSource } from './srt-source.ts';

const PASSPHRASE = 'correct horse battery';
const SECRET = `passphrase=${PASSPHRASE}`;
const clip = makeClip(4);

/** A UDP port that nobody uses now. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

async function startBed(t: TestContext, address?: string): Promise<SrtTestBed> {
  return SrtTestBed.start(t, {
    server: { passphrase: PASSPHRASE },
    ...(address === undefined ? {} : { pulled: new SrtSource({ address }) }),
  });
}

/** One attempt of a source that is expected to fail; the code of its error. */
async function attempt(address: string): Promise<unknown> {
  const context = {
    signal: new AbortController().signal,
    open: () => assert.fail(),
    log: () => undefined,
    count: () => undefined,
  };
  const failure: unknown = await new SrtSource({ address }).run(context).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(failure instanceof Error && 'code' in failure && 'isPermanent' in failure);
  assert.doesNotMatch(failure.message, /horse/);
  return [failure.code, failure.isPermanent];
}

test('an encoder that listens is called, encrypted with AES-256, and said goodbye to', async (t) => {
  const port = await freePort();
  const encoder = startFfmpeg([
    ...['-re', '-i', clip.file, '-c', 'copy', '-f', 'mpegts'],
    `srt://127.0.0.1:${port}?mode=listener&${SECRET}&pbkeylen=32`,
  ]);
  const bed = await startBed(t, `srt://127.0.0.1:${port}?${SECRET.replaceAll(' ', '%20')}&latency=200`);
  const recorder = bed.record('pulled');
  await until(() => bed.cameras.find('pulled')?.state.name === 'live');
  await encoder.done;
  await until(() => bed.cameras.find('pulled')?.state.name !== 'live');
  assertRun(frameHashes(recorder.annexB(), 'h264'), clip, clip.hashes.length - 8, 'the gateway');
  const state = bed.cameras.find('pulled')?.state;
  assert.ok(state?.name === 'offline' && state.code === 'ERR_CONNECTION_LOST');
});

test('a gateway pulls from a gateway, and pushes to another', async (t) => {
  const origin = await startBed(t);
  const publisher = publishByFfmpeg(clip, origin.url('publish:gate', `&${SECRET}`));
  await until(() => origin.cameras.find('gate')?.stream.isLive === true);
  const secret = encodeURIComponent(PASSPHRASE);
  const edge = await startBed(
    t,
    `srt://localhost:${origin.port}?streamid=%23!::r=gate,m=request&passphrase=${secret}`,
  );
  await until(() => edge.cameras.find('pulled')?.stream.isLive === true);
  const stream = origin.cameras.find('gate')?.stream ?? assert.fail();
  const leave = new AbortController();
  let isConnected = false;
  let bytes = (): number => 0;
  const context: PushContext = {
    signal: leave.signal,
    stream,
    guard: networkGuard,
    onConnected: () => {
      isConnected = true;
    },
    report: (totals) => {
      bytes = () => totals().bytes;
    },
  };
  const to = `srt://127.0.0.1:${edge.port}?streamid=publish:yard&passphrase=${secret}&pbkeylen=24`;
  const push = new SrtPush(to, origin.sinks).run(context);
  const pulled = watchByFfmpeg(edge.url('read:pulled', `&${SECRET}`), 25);
  await until(() => edge.cameras.find('yard')?.stream.isLive === true);
  assert.ok(isConnected);
  const pushed = watchByFfmpeg(edge.url('read:yard', `&${SECRET}`), 25);
  assertRun(await hashesOf(pulled), clip, 25, 'the viewer of what was pulled');
  assertRun(await hashesOf(pushed), clip, 25, 'the viewer of what was pushed');
  assert.ok(bytes() > 10_000);
  leave.abort();
  await push;
  await until(() => edge.cameras.find('yard')?.stream.isLive === false);
  publisher.kill();
  await publisher.done;
});

test('what is wrong with an address is told, and whether trying again can help', async (t) => {
  const bed = await startBed(t);
  const silent = await freePort();
  const secret = encodeURIComponent(PASSPHRASE);
  for (const [address, want] of [
    [
      `srt://127.0.0.1:${bed.port}?streamid=read:gate&passphrase=wrong%20horse%20battery`,
      ['ERR_SRT_SECRET', true],
    ],
    [`srt://127.0.0.1:${bed.port}?streamid=read:gate`, ['ERR_SRT_SECRET', true]],
    [`srt://127.0.0.1:${bed.port}?streamid=read:nowhere&passphrase=${secret}`, ['ERR_SRT_REFUSED', false]],
    ['srt://127.0.0.1:1?mode=listener&passphrase=correct%20horse', ['ERR_SRT_URL', true]],
    ['srt://169.254.169.254:1', ['ERR_ADDRESS_REFUSED', true]],
    [`srt://127.0.0.1:${silent}`, ['ERR_SRT_NO_ANSWER', false]],
  ] as const) {
    assert.deepEqual(await attempt(address), want, address);
  }
});

test('a push to nobody, and one to a destination that dies, fail with words', async (t) => {
  const bed = await startBed(t);
  const origin = await startBed(t);
  const publisher = publishByFfmpeg(clip, origin.url('publish:gate', `&${SECRET}`));
  await until(() => origin.cameras.find('gate')?.stream.isLive === true);
  const context: PushContext = {
    signal: new AbortController().signal,
    stream: origin.cameras.find('gate')?.stream ?? assert.fail(),
    guard: networkGuard,
    onConnected: () => undefined,
    report: () => undefined,
  };
  const secret = encodeURIComponent(PASSPHRASE);
  const wrong = new SrtPush(`srt://127.0.0.1:${bed.port}?passphrase=wrong%20horse%20battery`, origin.sinks);
  await assert.rejects(wrong.run(context), (error) => error instanceof PushError && error.isPermanent);
  const dying = new SrtPush(
    `srt://127.0.0.1:${bed.port}?streamid=publish:yard&passphrase=${secret}`,
    origin.sinks,
  );
  const push = dying.run(context);
  const ended = assert.rejects(push, { code: 'ERR_CONNECTION_LOST' });
  await until(() => bed.server.connectionCount === 1);
  await bed.server.close();
  await ended;
  publisher.kill();
  await publisher.done;
});
