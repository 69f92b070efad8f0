import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { decodeFrames } from '../packages/media/src/testing/frame-hashes.ts';
import { cameraOf } from './support/api.ts';
import { startChromium, type Browser } from './support/chromium.ts';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { startGstCamera, type GstCamera } from './support/gst-camera.ts';
import { freePort } from './support/receivers.ts';
import { until } from './support/until.ts';
import { WAYS_OUT } from './support/ways-out.ts';

/** A camera of its own for each way out: what wakes it is that way and no other. */
const idOf = (way: string): string => way.toLowerCase();
/** Ways that give away each picture as it came, from the first on. */
const EXACT = WAYS_OUT.filter(({ isExact }) => isExact);

const closers: (() => Promise<unknown>)[] = [];
let camera: GstCamera;
let gateway: RunningGateway;
let browser: Browser;
let folder: string;

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'vedette-on-demand-'));
  closers.push(async () => rm(folder, { recursive: true, force: true }));
  browser = await startChromium({
    after: (end: () => unknown) => void closers.push(async () => Promise.resolve(end())),
  });
  // Not shared: whoever connects is shown the footage from its first picture on.
  camera = await startGstCamera({ audio: 'aac' });
  closers.push(async () => camera.close());
  const dead = await freePort();
  gateway = await startGateway({
    config: [
      'cameras:',
      ...WAYS_OUT.map(({ name }) => `  ${idOf(name)}: {source: "${camera.url}", onDemand: true}`),
      ...WAYS_OUT.map(
        ({ name }) => `  dead-${idOf(name)}: {source: "rtsp://127.0.0.1:${dead}/x", onDemand: true}`,
      ),
    ].join('\n'),
  });
  closers.push(async () => gateway.close());
});

after(async () => {
  for (const close of closers.toReversed()) await close();
});

test('the first viewer, of whatever kind, wakes the camera and misses no picture of it', async () => {
  for (const { name } of WAYS_OUT) {
    assert.equal((await cameraOf(gateway.http, idOf(name))).state.name, 'idle', name);
  }
  const recordings = await Promise.all(
    WAYS_OUT.map(async ({ name, play }) => play(idOf(name), gateway, path.join(folder, name), browser)),
  );
  const sent = decodeFrames(camera.videoFile ?? '', 'mp4').map(({ hash }) => hash);
  for (const [index, { name }] of WAYS_OUT.entries()) {
    const { file, pictures = 1 } = recordings[index] ?? {};
    assert.ok(pictures > 0, name);
    if (!EXACT.some((way) => way.name === name) || file === undefined) continue;
    const format = path.extname(file) === '.mp4' ? 'mp4' : 'matroska';
    const [first] = decodeFrames(file, format);
    assert.equal(sent.indexOf(first?.hash ?? ''), 0, `${name}: its first picture is the camera's first`);
  }
});

test('when the last viewer has left, each is let go', async () => {
  for (const { name } of WAYS_OUT) {
    await until(async () => (await cameraOf(gateway.http, idOf(name))).state.name === 'idle', {
      limitMs: 60_000,
      what: `${name} is let go`,
    });
  }
});

test('a camera that cannot be had is told with its reason, at once', async () => {
  const { http } = gateway;
  for (const [way, url] of [
    ['flv', `${http}/live/dead-flv.flv`],
    ['ts', `${http}/live/dead-ts.ts`],
    ['mjpeg', `${http}/live/dead-mjpeg.mjpeg`],
    ['ll-hls', `${http}/live/dead-ll-hls/index.m3u8`],
    ['snapshot', `${http}/live/dead-snapshot/snapshot.jpg`],
  ] as const) {
    const response = await fetch(url);
    assert.equal(response.status, 503, way);
    assert.match(await response.text(), /nothing listens/, way);
  }
});
