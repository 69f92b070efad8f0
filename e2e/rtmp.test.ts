import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startFfmpeg } from '../apps/gateway/src/servers/rtsp/testing/player.ts';
import { frameHashes } from '../packages/media/src/testing/frame-hashes.ts';
import { areLive, sessionsOf } from './support/api.ts';
import { audioFootage, videoFootage } from './support/footage.ts';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { received, type Receiver } from './support/receivers.ts';
import { until } from './support/until.ts';

const SECONDS = 8;
/** Pictures that wait in a decoder when its player is ended. */
const REORDERED = 8;

let gateway: RunningGateway;
before(async () => {
  gateway = await startGateway({ config: 'cameras:\n  gate:\n    source: publish\n' });
});
after(() => gateway.close());

test('published by RTMP, played by RTMP, HTTP-FLV and RTSP at once: all the same pictures, none missing', async () => {
  const video = await videoFootage({
    ...{ video: 'h264', width: 640, height: 360, fps: 25, gop: 25, bframes: 2 },
    ...{ seconds: SECONDS, bitrateKbps: 1000 },
  });
  const audio = await audioFootage('aac', SECONDS);
  const sent = frameHashes(video, 'mp4');
  const url = `${gateway.rtmp}/live/gate?token=secret`;
  const encoder = startFfmpeg([
    ...['-re', '-i', video, '-re', '-i', audio, '-map', '0:v', '-map', '1:a', '-c', 'copy', '-f', 'flv', url],
  ]);
  await until(() => areLive(gateway.http, ['gate']));
  const players: Readonly<Record<string, Receiver>> = {
    rtmp: received('', ['-i', `${gateway.rtmp}/live/gate`]),
    short: received('', ['-i', `${gateway.rtmp}/gate`]),
    flv: received('', ['-i', `${gateway.http}/live/gate.flv`]),
    stream: received('', ['-i', `${gateway.http}/live/gate/stream.flv`]),
    rtsp: received('', ['-rtsp_transport', 'tcp', '-i', `${gateway.rtsp}/gate`]),
  };
  await until(() => Object.values(players).every(({ hashes }) => hashes.length > 0));
  const sessions = await sessionsOf(gateway.http);
  assert.deepEqual(sessions.map(({ protocol, kind }) => `${protocol} ${kind}`).toSorted(), [
    'flv view',
    'flv view',
    'rtmp publish',
    'rtmp view',
    'rtmp view',
    'rtsp view',
  ]);
  const { code, stderr } = await encoder.done;
  assert.equal(code, 0, stderr);
  const last = sent.length - REORDERED;
  await until(() => Object.values(players).every(({ hashes }) => hashes.includes(sent[last - 1] ?? '')));
  for (const [name, player] of Object.entries(players)) {
    await player.close();
    const { hashes } = player;
    const first = sent.indexOf(hashes[0] ?? '');
    assert.notEqual(first, -1, name);
    const got = hashes.slice(0, last - first);
    assert.deepEqual(got, sent.slice(first, last), `${name} from picture ${first}`);
  }
  assert.ok(!gateway.log().includes('secret'));
});

test('FLV answers: the type, a camera that is not there, one that nobody feeds', async () => {
  assert.equal((await fetch(`${gateway.http}/live/nowhere.flv`)).status, 404);
  const away = await fetch(`${gateway.http}/live/gate.flv`);
  assert.equal(away.status, 503);
  assert.equal(((await away.json()) as { code: string }).code, 'ERR_CAMERA_WAITING');
});
