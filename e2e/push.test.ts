import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { decodeFrames } from '../packages/media/src/testing/frame-hashes.ts';
import { areLive, cameraOf, metricOf } from './support/api.ts';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { startGstCamera, type GstCamera } from './support/gst-camera.ts';
import { playByFfmpeg, type Player } from './support/players.ts';
import { addPush, pushesOf, pushState, send, setPush } from './support/push-api.ts';
import { freePort, receiveByFfmpeg, startDeafServer, type Receiver } from './support/receivers.ts';
import { until } from './support/until.ts';

const SECRET = 'hush-hush-key';
/** Cameras of the other gateway that are sent to, by RTSP, RTMP, SRT, RTSP and WHIP. */
const OWN = ['a', 'rtmp', 'srt', 'e', 'whip'];
/** Pictures that are compared at each destination. */
const PICTURES = 50;

const closers: (() => Promise<unknown>)[] = [];
let camera: GstCamera;
let destination: RunningGateway;
let gateway: RunningGateway;
/** ffmpeg as a server of each protocol. */
let listeners: readonly Receiver[];
let configText: string;

before(async () => {
  camera = await startGstCamera({ audio: 'aac', isShared: true });
  closers.push(async () => camera.close());
  destination = await startGateway({ config: 'cameras: {autoCreate: true, whip: {source: publish}}' });
  closers.push(async () => destination.close());
  listeners = [await receiveByFfmpeg('rtsp'), await receiveByFfmpeg('rtmp'), await receiveByFfmpeg('srt')];
  for (const listener of listeners) closers.push(async () => listener.close());
  const deaf = await startDeafServer();
  closers.push(async () => deaf.close());
  const dead = await freePort();
  configText = `push: {privateNetworks: true}
cameras:
  gate:
    source: "${camera.url}"
    push:
      - {name: vedette, to: "${destination.rtsp.replace('rtsp://', `rtsp://user:${SECRET}@`)}/a?token=${SECRET}"}
      - {name: rtmp, to: "${destination.rtmp}/live/rtmp?token=${SECRET}"}
      - {name: srt, to: "${destination.srt}?streamid=publish:srt"}
${listeners.map(({ url }, index) => `      - {name: ffmpeg-${index}, to: "${url}"}`).join('\n')}
      - {name: dead, to: "rtsp://127.0.0.1:${dead}/x"}
      - {name: deaf, to: "rtsp://127.0.0.1:${deaf.port}/x"}
      - {to: "${destination.rtsp}/e"}
      - {name: whip, to: "whip+${destination.http}/live/whip/whip?token=${SECRET}"}
      - {name: metadata, to: "rtsp://169.254.169.254/latest"}
  asleep:
    source: "${camera.url}"
    onDemand: true
    push: [{name: later, to: "${destination.rtsp}/asleep", when: api}]
`;
  gateway = await startGateway({ config: configText });
  closers.push(async () => gateway.close());
});

after(async () => {
  for (const close of closers.toReversed()) await close();
});

/** What came is a stretch of what the camera sends, without a gap. */
function assertIsStretch(got: readonly string[], sent: readonly string[], what: string): void {
  const from = sent.indexOf(got[0] ?? '');
  assert.ok(from >= 0, `${what}: the first picture is none of the camera's`);
  assert.deepEqual(got, sent.slice(from, from + got.length), what);
}

test('many destinations at once, one dead and one deaf: the others get every picture, bit for bit', async () => {
  await until(async () => areLive(destination.http, OWN).catch(() => false));
  const players = OWN.map((id): Player =>
    playByFfmpeg({
      url: `${destination.rtsp}/${id}`,
      transport: 'tcp',
      video: 'h264',
      audio: id === 'whip' ? 'opus' : 'aac',
    }),
  );
  await until(() => players.every(({ counts }) => counts.video >= PICTURES && counts.audio > PICTURES));
  await until(() => listeners.every(({ hashes }) => hashes.length >= PICTURES));
  const sent = decodeFrames(camera.videoFile ?? '', 'mp4').map(({ hash }) => hash);
  for (const { url, hashes } of listeners) assertIsStretch(hashes.slice(0, PICTURES), sent, url);
  for (const player of players) {
    const { video, audio } = await player.stop();
    assertIsStretch(
      video.slice(0, PICTURES).map(({ hash }) => hash),
      sent,
      'Vedette',
    );
    assert.ok(audio.length > PICTURES, `${audio.length} frames of sound`);
  }
  const pushes = await pushesOf(gateway.http, 'gate');
  for (const id of ['vedette', 'rtmp', 'srt', 'ffmpeg-0', 'ffmpeg-1', 'ffmpeg-2', 'push-9', 'whip']) {
    const push = pushes.get(id);
    assert.equal(push?.state.name, 'live', id);
    assert.equal(push.dropped, 0, id);
    assert.ok(push.bytes > 10_000, id);
    assert.equal(await metricOf(gateway.http, `vedette_push_live{camera="gate",push="${id}"}`), 1);
  }
  const dead = pushes.get('dead')?.state;
  assert.ok(dead?.name === 'failed' || dead?.name === 'connecting');
  assert.equal(pushes.get('deaf')?.state.name, 'connecting');
});

test('link-local and metadata addresses are refused for good', async () => {
  const state = await pushState(gateway.http, 'gate', 'metadata');
  assert.ok(state?.name === 'failed');
  assert.deepEqual([state.code, state.nextAttemptAt], ['ERR_ADDRESS_REFUSED', null]);
});

test('the API starts, stops, adds and takes away; what is in the file it only stops', async () => {
  const { http } = gateway;
  assert.equal((await setPush(http, 'gate', 'push-9', false)).state.name, 'idle');
  await until(async () => (await cameraOf(destination.http, 'e')).state.name === 'waiting');
  await setPush(http, 'gate', 'push-9', true);
  await until(async () => areLive(destination.http, ['e']));

  const added = await addPush(http, 'gate', { to: `${destination.rtsp}/added`, name: 'added' });
  assert.deepEqual([added.origin, added.when, added.enabled], ['api', 'always', true]);
  await until(async () => areLive(destination.http, ['added']).catch(() => false));
  const url = `${http}/api/v1/cameras/gate/pushes`;
  assert.equal((await send('POST', url, { to: 'rtsp://h/x', name: 'added' })).status, 409);
  assert.equal((await send('DELETE', `${url}/added`)).status, 204);
  assert.equal((await send('DELETE', `${url}/added`)).status, 404);
  await until(async () => (await cameraOf(destination.http, 'added')).state.name === 'waiting');
  const declared = await send('DELETE', `${url}/vedette`);
  assert.deepEqual(
    [declared.status, ((await declared.json()) as { code: string }).code],
    [409, 'ERR_PUSH_DECLARED'],
  );
  for (const [to, status] of [
    ['file:///etc/passwd', 400],
    ['gopher://127.0.0.1/x', 400],
    ['http://127.0.0.1/latest/meta-data', 400],
    ['', 400],
  ] as const) {
    assert.equal((await send('POST', url, { to })).status, status, to);
  }
  assert.equal((await send('POST', `${http}/api/v1/cameras/none/pushes`, { to: 'rtsp://h/x' })).status, 404);
});

test('a new list of pushes leaves the camera and the pushes that stay alone', async () => {
  const before = await cameraOf(gateway.http, 'gate');
  const pushBefore = await pushState(gateway.http, 'gate', 'vedette');
  writeFileSync(
    gateway.configFile,
    configText.replace('{name: dead,', `{name: more, to: "${destination.rtsp}/more"}\n      - {name: dead,`),
  );
  await until(async () => areLive(destination.http, ['more']).catch(() => false));
  const after = await cameraOf(gateway.http, 'gate');
  assert.equal(after.state.since, before.state.since);
  assert.deepEqual(await pushState(gateway.http, 'gate', 'vedette'), pushBefore);
});

test('a destination that went and comes back is sent to again', async () => {
  const port = await freePort();
  const start = async (): Promise<RunningGateway> =>
    startGateway({ config: 'cameras: {autoCreate: true}', flags: ['--rtsp.port', String(port)] });
  const first = await start();
  const id = 'returning';
  await addPush(gateway.http, 'gate', { to: `rtsp://127.0.0.1:${port}/in`, name: id });
  await until(async () => areLive(first.http, ['in']).catch(() => false));
  await first.close();
  await until(async () => (await pushState(gateway.http, 'gate', id))?.name === 'failed');
  const second = await start();
  closers.push(async () => second.close());
  await until(async () => areLive(second.http, ['in']).catch(() => false));
  await until(async () => (await pushState(gateway.http, 'gate', id))?.name === 'live');
});

test('a camera made on demand is connected for a push, and let go after it', async () => {
  assert.equal((await cameraOf(gateway.http, 'asleep')).state.name, 'idle');
  await setPush(gateway.http, 'asleep', 'later', true);
  await until(async () => areLive(destination.http, ['asleep']).catch(() => false));
  await setPush(gateway.http, 'asleep', 'later', false);
  await until(async () => (await cameraOf(gateway.http, 'asleep')).state.name === 'idle');
});

test('stream keys and passwords are shown nowhere', async () => {
  const pushes = JSON.stringify([...(await pushesOf(gateway.http, 'gate')).values()]);
  const metrics = await (await fetch(`${gateway.http}/metrics`)).text();
  for (const text of [pushes, metrics, gateway.log()]) assert.ok(!text.includes(SECRET));
});
