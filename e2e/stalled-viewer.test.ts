import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { areLive, sessionsOf } from './support/api.ts';
import { videoFootage } from './support/footage.ts';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { residentBytes } from './support/process-stats.ts';
import { publishByFfmpeg, type PublishingPeer } from './support/publishers.ts';
import { RawViewer } from './support/raw-viewer.ts';
import { until } from './support/until.ts';

const VIEWERS = 200;
/** What the gateway may keep for one viewer. */
const MAX_QUEUE_BYTES = 8 * 1024 * 1024;
/** What else its memory may move by while it runs: garbage that is not collected yet. */
const MAX_NOISE_BYTES = 64 * 1024 * 1024;
/** Kernels take some seconds of the stream before anything waits in the gateway; then it waits 30 s. */
const LIMIT_MS = 90_000;
const FOOTAGE = { video: 'h264', width: 640, height: 368, fps: 25, gop: 25, bframes: 0 } as const;

let gateway: RunningGateway;
const publishers: PublishingPeer[] = [];

before(async () => {
  gateway = await startGateway({ config: 'cameras: {gate: {source: publish}, small: {source: publish}}' });
  for (const [camera, bitrateKbps] of [
    ['gate', 4000],
    ['small', 300],
  ] as const) {
    const videoFile = await videoFootage({ ...FOOTAGE, seconds: 8, bitrateKbps });
    publishers.push(publishByFfmpeg({ url: `${gateway.rtsp}/${camera}`, videoFile, isLooped: true }, 'tcp'));
  }
  await until(async () => areLive(gateway.http, ['gate', 'small']));
});
after(async () => {
  for (const publisher of publishers) await publisher.close();
  await gateway.close();
});

test('a viewer that appears gets a whole picture in the same burst as the answer to PLAY', async () => {
  for (let count = 0; count < 20; count += 1) {
    const viewer = await RawViewer.play(`${gateway.rtsp}/small`);
    await until(() => viewer.pictures > 0);
    assert.ok(viewer.hasPictureInFirstBurst);
    await viewer.close();
  }
});

test(`one of ${VIEWERS} viewers stops reading: it alone loses pictures, and its place after 30 s`, async (t) => {
  const viewers = await Promise.all(
    Array.from({ length: VIEWERS }, async () => RawViewer.play(`${gateway.rtsp}/gate`)),
  );
  t.after(async () => Promise.all(viewers.map(async (viewer) => viewer.close())));
  const [stalled, ...others] = viewers;
  assert.ok(stalled !== undefined);
  await until(() => viewers.every(({ pictures }) => pictures > 4 * FOOTAGE.fps));
  const residentBefore = residentBytes(gateway.pid);
  stalled.socket.pause();
  const peer = `127.0.0.1:${stalled.localPort}`;

  let mostQueued = 0;
  let dropped = 0;
  let mostResident = 0;
  await until(
    async () => {
      const session = (await sessionsOf(gateway.http)).find((each) => each.peer === peer);
      mostResident = Math.max(mostResident, residentBytes(gateway.pid));
      if (session === undefined) return true;
      mostQueued = Math.max(mostQueued, session.queuedBytes);
      dropped = session.dropped;
      return false;
    },
    { limitMs: LIMIT_MS, what: 'the stalled viewer is closed' },
  );
  t.diagnostic(
    `it cost ${(mostQueued / 2 ** 20).toFixed(1)} MiB of queue, lost ${dropped} pictures; the gateway's memory ` +
      `moved by ${((mostResident - residentBefore) / 2 ** 20).toFixed(1)} MiB`,
  );
  assert.ok(dropped > 0, 'pictures were dropped for it');
  assert.ok(mostQueued > MAX_QUEUE_BYTES / 2 && mostQueued <= MAX_QUEUE_BYTES, `${mostQueued} bytes waited`);
  assert.ok(mostResident - residentBefore < MAX_QUEUE_BYTES + MAX_NOISE_BYTES);
  assert.match(gateway.log(), new RegExp(`"${peer}".*"reason":"the viewer took nothing for too long"`));

  const counts = others.map(({ pictures }) => pictures);
  await until(() => others.every(({ pictures }, index) => pictures > (counts[index] ?? 0)));
  assert.deepEqual(new Set(others.map(({ gaps }) => gaps)), new Set([0]), 'nobody else lost a packet');
  const sessions = (await sessionsOf(gateway.http)).filter(({ kind }) => kind === 'view');
  assert.equal(sessions.length, VIEWERS - 1);
  assert.ok(sessions.every((session) => session.dropped === 0));
});
