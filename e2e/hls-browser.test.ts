import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import { HlsSite } from '../apps/gateway/src/servers/hls/testing/hls-site.ts';
import { makeFootage, type Footage } from '../apps/gateway/src/sinks/hls/testing/footage.ts';
import { LivePlayer } from '../apps/gateway/src/sinks/hls/testing/playback.ts';
import { Stream } from '../apps/gateway/src/stream/stream.ts';
import { startChromium, type Browser } from './support/chromium.ts';
import { HlsPage } from './support/hls-page.ts';
import { until } from './support/until.ts';

const SECONDS = 8;

const site = new HlsSite();
const ends: (() => unknown)[] = [];
let browser: Browser;
let footage: Footage;

before(async () => {
  browser = await startChromium({ after: (end: () => unknown) => void ends.push(end) });
  footage = makeFootage({ seconds: SECONDS, audio: 'aac' });
  await site.start();
});
after(async () => {
  for (const end of ends.reverse()) await end();
  await site.close();
});

/** A camera that sends `footage` again and again, ended with the test. */
function camera(
  context: TestContext,
  id: string,
  { tracks, units }: Pick<Footage, 'tracks' | 'units'>,
): Stream {
  const stream = new Stream({ id });
  const player = new LivePlayer(stream, tracks, units, SECONDS).start();
  context.after(() => player.close());
  site.add(stream);
  return stream;
}

async function watch(context: TestContext, id: string): Promise<HlsPage> {
  const page = await browser.newPage();
  context.after(async () => page.close());
  return HlsPage.open(page, site.url, `${site.url}/live/${id}/index.m3u8`);
}

test('hls.js plays a camera with low latency, first of all and among others', async (t) => {
  const stream = camera(t, 'first', footage);
  for (const viewer of ['the first viewer', 'the second viewer']) {
    const { firstPictureMs, latency, targetLatency, dropped } = await (await watch(t, 'first')).plays(75);
    t.diagnostic(
      `${viewer}: first picture after ${firstPictureMs?.toFixed(0)} ms, ` +
        `${latency?.toFixed(2)} s behind the camera (aims at ${targetLatency?.toFixed(2)} s), ${dropped} dropped`,
    );
  }
  assert.equal(stream.readerCount, 1);
  assert.equal(site.sessions.viewers('first'), 2);
  assert.ok(site.sessions.list().every(({ owner }) => owner.totals().bytes > 100_000));
});

test('hls.js plays on when the resolution changes', async (t) => {
  const stream = camera(t, 'changes', footage);
  const page = await watch(t, 'changes');
  assert.equal((await page.plays(50)).width, 640);
  const large = makeFootage({ seconds: SECONDS, width: 960, height: 540, audio: 'aac' });
  const player = new LivePlayer(stream, large.tracks, large.units, SECONDS).start();
  t.after(() => player.close());
  await until(async () => (await page.look()).width === 960, { what: 'the larger picture' });
  await page.plays(50);
});

test('hls.js plays Opus, and a camera whose microphone is off', async (t) => {
  camera(t, 'opus', makeFootage({ seconds: SECONDS, audio: 'opus' }));
  await (await watch(t, 'opus')).plays(50);
  const { tracks, units } = footage;
  camera(t, 'mute', { tracks, units: units.filter(({ track }) => track.kind === 'video') });
  await (await watch(t, 'mute')).plays(50);
});
