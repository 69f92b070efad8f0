import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, test, type TestContext } from 'node:test';

import { decodeFrames } from '../packages/media/src/testing/frame-hashes.ts';
import { areLive, cameraOf, sessionsOf } from './support/api.ts';
import { videoFootage } from './support/footage.ts';
import { startGateway, type GatewayOptions, type RunningGateway } from './support/gateway.ts';
import { startGstCamera, type GstCamera, type GstCameraOptions } from './support/gst-camera.ts';
import { playByFfmpeg, type Player } from './support/players.ts';
import { commandOf, processTree } from './support/process-stats.ts';
import { publishByFfmpeg } from './support/publishers.ts';
import { RawPublisher, rawClip, type RawClip } from './support/raw-publisher.ts';
import { RawViewer } from './support/raw-viewer.ts';
import { until } from './support/until.ts';

const FPS = 25;

let camera: GstCamera;
let clip: RawClip;
let clipFile: string;

before(async () => {
  camera = await startGstCamera({ audio: 'aac', fps: FPS });
  const shape = { width: 320, height: 240, fps: FPS, gop: FPS, bframes: 0, seconds: 8, bitrateKbps: 500 };
  clipFile = await videoFootage({ ...shape, video: 'h264' });
  clip = rawClip(clipFile);
});
after(async () => camera.close());

async function gatewayFor(t: TestContext, options: GatewayOptions): Promise<RunningGateway> {
  const gateway = await startGateway(options);
  t.after(async () => gateway.close());
  return gateway;
}

async function cameraFor(t: TestContext, options: GstCameraOptions): Promise<GstCamera> {
  const started = await startGstCamera(options);
  t.after(async () => started.close());
  return started;
}

async function viewerFor(t: TestContext, url: string): Promise<RawViewer> {
  const viewer = await RawViewer.play(url);
  t.after(async () => viewer.close());
  await until(() => viewer.pictures > 0);
  return viewer;
}

/** More pictures come, and none was missing before. */
async function assertPlaying(viewer: RawViewer): Promise<void> {
  const { pictures } = viewer;
  await until(() => viewer.pictures > pictures + FPS || viewer.isClosed);
  assert.equal(viewer.isClosed, false);
  assert.equal(viewer.gaps, 0);
}

/** The pictures of a camera's file, in order. */
function picturesOf({ videoFile }: GstCamera): string[] {
  assert.ok(videoFile !== undefined);
  return decodeFrames(videoFile, 'mp4').map(({ hash }) => hash);
}

test('a camera that dies and comes back at its port: its viewers see a pause', async (t) => {
  const first = await cameraFor(t, { audio: 'aac', fps: FPS });
  const gateway = await gatewayFor(t, { config: `cameras: {gate: {source: "${first.url}"}}` });
  await until(async () => areLive(gateway.http, ['gate']));
  const url = `${gateway.rtsp}/gate`;
  const viewer = await viewerFor(t, url);
  const player = playByFfmpeg({ url, transport: 'tcp', video: 'h264', audio: 'aac' });
  await until(() => player.counts.video > FPS);

  await first.kill();
  await until(async () => (await cameraOf(gateway.http, 'gate')).state.name !== 'live');
  await until(() => gateway.log().includes('ERR_CONNECT_REFUSED'), { what: 'it is tried again' });
  const { port } = first;
  const second = await cameraFor(t, { audio: 'aac', fps: FPS, port });
  await until(async () => areLive(gateway.http, ['gate']));

  await assertPlaying(viewer);
  const before = player.counts.video;
  await until(() => player.counts.video > before + FPS);
  const { video } = await player.stop();
  const sent = picturesOf(second);
  const hashes = video.map(({ hash }) => hash);
  const again = hashes.lastIndexOf(sent[0] ?? '');
  assert.ok(again > FPS, 'it began again at the first picture');
  const start = sent.indexOf(hashes[0] ?? '');
  assert.deepEqual(hashes.slice(0, again), sent.slice(start, start + again));
  assert.deepEqual(hashes.slice(again), sent.slice(0, hashes.length - again));
  const times = video.map(({ ptsMs }) => ptsMs);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
    'time goes on',
  );
});

test('a reload changes and removes cameras, and touches no other', async (t) => {
  const other = await cameraFor(t, { fps: FPS });
  const config = (gate: string, more: string): string =>
    `cameras: {gate: {source: "${gate}"}, yard: {source: "${camera.url}"}${more}}`;
  const gateway = await gatewayFor(t, { config: config(camera.url, `, barn: {source: "${camera.url}"}`) });
  await until(async () => areLive(gateway.http, ['gate', 'yard', 'barn']));
  const [yard, barn] = [
    await viewerFor(t, `${gateway.rtsp}/yard`),
    await viewerFor(t, `${gateway.rtsp}/barn`),
  ];
  const sessionOfYard = async (): Promise<unknown> =>
    (await sessionsOf(gateway.http)).find(({ cameraId }) => cameraId === 'yard');
  const { since } = (await cameraOf(gateway.http, 'yard')).state;

  writeFileSync(gateway.configFile, config(other.url, ''));
  await until(() => barn.isClosed);
  assert.match(gateway.log(), /"camera":"barn".*"reason":"the camera was removed"/);
  await until(async () => (await cameraOf(gateway.http, 'gate')).tracks.length === 1);
  await until(async () => areLive(gateway.http, ['gate', 'yard']));
  assert.equal((await cameraOf(gateway.http, 'yard')).state.since, since);
  assert.ok((await sessionOfYard()) !== undefined);
  await assertPlaying(yard);
});

test('a wrong password is told in words, and not tried again', async (t) => {
  const locked = await cameraFor(t, { user: 'admin', password: 'right', auth: 'digest', fps: FPS });
  const wrong = locked.url.replace('right', 'wr0ng-secret');
  const gateway = await gatewayFor(t, { config: `cameras: {gate: {source: "${wrong}"}}` });
  const state = async () => (await cameraOf(gateway.http, 'gate')).state;
  await until(async () => (await state()).name === 'offline');
  const told = await state();
  assert.ok(told.name === 'offline');
  assert.equal(told.code, 'ERR_RTSP_UNAUTHORIZED');
  assert.match(told.reason, /password/);
  assert.equal(told.nextAttemptAt, null, 'trying again and again locks users out');
  const { source } = await cameraOf(gateway.http, 'gate');
  assert.doesNotMatch(source + gateway.log(), /wr0ng-secret/);

  writeFileSync(gateway.configFile, `cameras: {gate: {source: "${locked.url}"}}`);
  await until(async () => (await state()).name === 'live');
  assert.equal(gateway.log().match(/ERR_RTSP_UNAUTHORIZED/g)?.length, 1);
});

test('only declared names take publishers, unless autoCreate is on', async (t) => {
  const gateway = await gatewayFor(t, { config: `cameras: {pulled: {source: "${camera.url}"}}` });
  const url = `${gateway.rtsp}/new`;
  await assert.rejects(RawPublisher.record(url, clip), /404 there is no camera "new"/);
  await assert.rejects(RawPublisher.record(`${gateway.rtsp}/pulled`, clip), /403 .*source of its own/);
  const refused = publishByFfmpeg({ url, videoFile: clipFile }, 'tcp');
  t.after(async () => refused.close());
  await until(() => refused.hasEnded);

  writeFileSync(gateway.configFile, 'cameras: {autoCreate: true}');
  await until(async () => (await fetch(`${gateway.http}/api/v1/cameras/pulled`)).status === 404);
  const accepted = publishByFfmpeg({ url, videoFile: clipFile, isLooped: true }, 'tcp');
  t.after(async () => accepted.close());
  await until(async () => (await fetch(`${gateway.http}/api/v1/cameras/new`)).status === 200);
  await until(async () => areLive(gateway.http, ['new']));
  await assertPlaying(await viewerFor(t, url));
});

test('a second publisher takes over, and viewers stay; or is refused where that is configured', async (t) => {
  const gateway = await gatewayFor(t, {
    config: 'cameras: {gate: {source: publish}, yard: {source: publish, overridePublisher: false}}',
  });
  for (const name of ['gate', 'yard']) {
    const first = await RawPublisher.record(`${gateway.rtsp}/${name}`, clip);
    t.after(async () => first.close());
    for (const picture of clip.pictures.slice(0, FPS)) first.send(picture);
    await until(async () => areLive(gateway.http, [name]));
    const viewer = await viewerFor(t, `${gateway.rtsp}/${name}`);
    await until(() => viewer.pictures === FPS);
    const second = RawPublisher.record(`${gateway.rtsp}/${name}`, clip);
    if (name === 'gate') {
      const publisher = await second;
      t.after(async () => publisher.close());
      for (const picture of clip.pictures) publisher.send(picture);
      await until(() => first.isClosed);
      await until(() => viewer.pictures >= FPS + clip.pictures.length);
      assert.match(gateway.log(), /"reason":"another publisher took over"/);
    } else {
      await assert.rejects(second, /503 .*overridePublisher is off/);
      assert.equal(first.isClosed, false);
    }
    assert.deepEqual([viewer.isClosed, viewer.gaps], [false, 0]);
  }
});

test('a worker that is killed is seen by no viewer of RTSP or HLS', async (t) => {
  const gateway = await gatewayFor(t, { config: `cameras: {gate: {source: "${camera.url}"}}`, demo: true });
  await until(async () => areLive(gateway.http, ['gate']));
  const viewer = await viewerFor(t, `${gateway.rtsp}/gate`);
  const formats = { transport: 'tcp', video: 'h264', audio: 'aac' } as const;
  const players: readonly Player[] = [
    playByFfmpeg({ ...formats, url: `${gateway.rtsp}/gate` }),
    playByFfmpeg({ ...formats, url: `${gateway.http}/live/gate/index.m3u8` }),
  ];
  await until(() => players.every(({ counts }) => counts.video > FPS));

  for (const kind of ['media', 'webrtc']) {
    const workers = (): number[] =>
      processTree(gateway.pid).filter((pid) => commandOf(pid).includes(`workers/${kind}/main`));
    const [victim] = workers();
    assert.ok(victim !== undefined, `there is a ${kind} worker`);
    process.kill(victim, 'SIGKILL');
    await until(() => workers().some((pid) => pid !== victim), { what: `another ${kind} worker is there` });
    const counts = players.map((player) => player.counts.video);
    await until(() => players.every((player, index) => player.counts.video > (counts[index] ?? 0) + FPS));
  }
  await assertPlaying(viewer);
  const sent = picturesOf(camera);
  for (const player of players) {
    const hashes = (await player.stop()).video.map(({ hash }) => hash);
    const from = sent.indexOf(hashes[0] ?? '');
    assert.deepEqual(hashes, sent.slice(from, from + hashes.length));
  }
  assert.equal(gateway.log().match(/"camera":"gate","state":"live"/g)?.length, 1);
});
