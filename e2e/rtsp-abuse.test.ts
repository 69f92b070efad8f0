import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';

import { decodeFrames } from '../packages/media/src/testing/frame-hashes.ts';
import { areLive } from './support/api.ts';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { startGstCamera, type GstCamera } from './support/gst-camera.ts';
import { playByFfmpeg, type Player } from './support/players.ts';
import { residentBytes } from './support/process-stats.ts';
import { until } from './support/until.ts';

const FPS = 25;
/** What all of it together may cost: rubbish is not kept. */
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;
/** The gateway takes 1024 from one address. */
const MAX_CONNECTIONS = 1024;
const CONNECTIONS = 3 * MAX_CONNECTIONS;
/** ffmpeg makes up the times of the first pictures. */
const MADE_UP_PICTURES = 4;

let camera: GstCamera;
let gateway: RunningGateway;
let player: Player;
let residentBefore = 0;

before(async () => {
  camera = await startGstCamera({ audio: 'aac', fps: FPS });
  gateway = await startGateway({ config: `cameras: {gate: {source: "${camera.url}"}}` });
  await until(async () => areLive(gateway.http, ['gate']));
  player = playByFfmpeg({ url: `${gateway.rtsp}/gate`, transport: 'tcp', video: 'h264', audio: 'aac' });
  await until(() => player.counts.video > FPS);
  residentBefore = residentBytes(gateway.pid);
});
after(async () => {
  await gateway.close();
  await camera.close();
});

/** Connects; what the server answers is read and forgotten. */
async function stranger(): Promise<Socket> {
  const { hostname, port } = new URL(gateway.rtsp);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  return socket.on('error', () => undefined).resume();
}

/** Lines of the log about `socket`'s peer. */
function linesAbout(port: number): string[] {
  return gateway
    .log()
    .split('\n')
    .filter((line) => line.includes(`"127.0.0.1:${port}"`));
}

/** The server closes, and says why in one line. */
async function assertClosed(socket: Socket, port: number, reason: RegExp): Promise<void> {
  if (!socket.closed) await once(socket, 'close');
  await until(() => linesAbout(port).length > 0);
  const [line = '', ...more] = linesAbout(port);
  assert.deepEqual(more, []);
  assert.match(line, reason);
}

const SETUP = 'SETUP rtsp://127.0.0.1/gate/trackID=0 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP\r\n\r\n';
const ANNOUNCE = 'ANNOUNCE rtsp://127.0.0.1/gate RTSP/1.0\r\nCSeq: 1\r\n';

describe('closed with one reason', { concurrency: true }, () => {
  for (const { name, bytes, drip, reason } of [
    { name: 'rubbish', bytes: Buffer.alloc(1_000_000, 0xa5), reason: /neither/ },
    {
      name: 'half a request',
      bytes: 'DESCRIBE rtsp://127.0.0.1/gate RTSP/1.0\r\nCSeq: 1\r\n',
      reason: /not complete/,
    },
    { name: 'half a body', bytes: `${ANNOUNCE}Content-Length: 1000\r\n\r\nv=0\r\n`, reason: /not complete/ },
    { name: 'nothing at all', bytes: '', reason: /no request came/ },
    {
      name: 'a request that never ends (slow loris)',
      bytes: 'OPTIONS rtsp://127.0.0.1/gate RTSP/1.0\r\nCSeq: 1\r\nX-A: ',
      drip: 'b',
      reason: /not complete/,
    },
    { name: '10,000 SETUPs', bytes: SETUP.repeat(10_000), reason: /more than 32 SETUP/ },
    {
      name: 'a huge Content-Length',
      bytes: `${ANNOUNCE}Content-Length: 999999999\r\n\r\n`,
      reason: /Content-Length is 999999999/,
    },
    { name: 'a flood of headers', bytes: ANNOUNCE + 'X-A: b\r\n'.repeat(1_000_000), reason: /64 headers/ },
    { name: 'a header without end', bytes: ANNOUNCE + 'X-A: '.repeat(1_000_000), reason: /longer than/ },
    {
      name: 'interleaved frames before any SETUP',
      bytes: Buffer.concat(Array.from({ length: 1000 }, () => Buffer.from([0x24, 0, 0, 4, 1, 2, 3, 4]))),
      reason: /without a session/,
    },
  ] satisfies { name: string; bytes: string | Buffer; drip?: string; reason: RegExp }[]) {
    test(name, async () => {
      const socket = await stranger();
      const port = socket.localPort ?? 0;
      socket.write(bytes);
      const timer = drip === undefined ? undefined : setInterval(() => socket.write(drip), 200);
      await assertClosed(socket, port, reason);
      clearInterval(timer);
    });
  }
});

test('a flood of connections: those over the limit are refused, in a line a second', async () => {
  const { hostname, port } = new URL(gateway.rtsp);
  const sockets = Array.from({ length: CONNECTIONS }, () =>
    connect(Number(port), hostname)
      .on('error', () => undefined)
      .resume(),
  );
  const refused = (): number => sockets.filter(({ closed }) => closed).length;
  await until(() => refused() >= CONNECTIONS - MAX_CONNECTIONS);
  const lines = (): number => gateway.log().match(/RTSP connections refused/g)?.length ?? 0;
  await until(() => lines() > 0);
  for (const socket of sockets) socket.destroy();
  assert.ok(lines() < 100, `${lines()} lines for ${refused()} connections`);
});

test('the player has lost nothing', async () => {
  const enough = player.counts.video + FPS;
  await until(() => player.counts.video > enough);
  const { video } = await player.stop();
  assert.ok(camera.videoFile !== undefined);
  const sent = decodeFrames(camera.videoFile, 'mp4').map(({ hash }) => hash);
  const from = sent.indexOf(video[0]?.hash ?? '');
  assert.deepEqual(
    video.map(({ hash }) => hash),
    sent.slice(from, from + video.length),
  );
  const steps = video.slice(1).map(({ ptsMs }, index) => Math.round(ptsMs - (video[index]?.ptsMs ?? 0)));
  assert.deepEqual(new Set(steps.slice(MADE_UP_PICTURES)), new Set([1000 / FPS]));
});

test('its memory has not grown by what was thrown at it', (t) => {
  const growth = residentBytes(gateway.pid, 'peak') - residentBefore;
  t.diagnostic(`at most ${(growth / 2 ** 20).toFixed(1)} MiB more than before`);
  assert.ok(growth < MAX_GROWTH_BYTES, `${growth} bytes`);
});
