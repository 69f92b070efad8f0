import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import { startChromium, type Browser } from './support/chromium.ts';
import { publishFile, recordDemo, type DemoFootage } from './support/demo-footage.ts';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { LivePage, type PaintedPicture } from './support/live-page.ts';
import { until } from './support/until.ts';

let browser: Browser;
let gateway: RunningGateway;
let footage: { plain: DemoFootage; reordered: DemoFootage };
const ends: (() => unknown)[] = [];

before(async () => {
  const suite = { after: (end: () => unknown) => void ends.push(end) };
  browser = await startChromium(suite);
  gateway = await startGateway({ demo: true, config: 'cameras: {gate: {source: publish}}' });
  footage = await recordDemo(suite, gateway.rtsp);
});
after(async () => {
  for (const end of ends.reverse()) await end();
  assert.equal(await gateway.close(), 0);
});

async function open(context: TestContext, url: string): Promise<LivePage> {
  const live = await LivePage.open(await browser.newPage(), url);
  context.after(async () => live.close());
  return live;
}

/** Waits for so many further pictures whose clock can be read. */
async function plays(live: LivePage, count = 50): Promise<PaintedPicture[]> {
  const seen: PaintedPicture[] = [];
  await until(
    async () => {
      seen.push(...(await live.pictures()).filter(({ capturedMs }) => capturedMs !== undefined));
      return seen.length >= count;
    },
    { what: `${count} pictures` },
  );
  return seen;
}

async function protocols(): Promise<string[]> {
  const response = await fetch(`${gateway.http}/api/v1/sessions`);
  const { items } = (await response.json()) as { items: { protocol: string; kind: string }[] };
  return items.filter(({ kind }) => kind === 'view').map(({ protocol }) => protocol);
}

test('MSE plays the demo: every picture later than the one before, and none of them old', async (context) => {
  const live = await open(context, `${gateway.http}/live/demo?protocol=mse`);
  await plays(live);
  const seen = await plays(live, 100);
  const times = seen.map(({ capturedMs }) => capturedMs ?? Number.NaN);
  assert.ok(times.every((time, index) => index === 0 || time >= (times[index - 1] ?? time)));
  const ages = seen.map(({ atMs, capturedMs = 0 }) => atMs - capturedMs).sort((a, b) => a - b);
  context.diagnostic(`age of a picture: median ${ages[ages.length >> 1]?.toFixed(0)} ms`);
  assert.ok((await protocols()).includes('mse'));
  assert.deepEqual(live.complaints, []);
});

test('MSE takes over where UDP does not get through', async (context) => {
  const page = await browser.newPage();
  context.after(async () => page.close());
  // Nothing listens on the discard port: checks go there and nothing comes back.
  await page.route('**/whep*', async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replaceAll(/(a=candidate:(?:\S+ ){5})\d+/g, '$19');
    await route.fulfill({ response, body });
  });
  const live = await LivePage.open(page, `${gateway.http}/live/demo`);
  const [first] = await plays(live);
  assert.deepEqual(await protocols(), ['mse']);
  context.diagnostic(`first picture by MSE after ${first?.pageMs.toFixed(0)} ms`);
});

test('LL-HLS takes over where neither UDP nor WebSockets get through', async (context) => {
  const page = await browser.newPage();
  context.after(async () => page.close());
  await page.addInitScript(`globalThis.WebSocket = class extends WebSocket {
    constructor(url, ...rest) { super(String(url).replace('/mse', '/nothing'), ...rest); }
  };`);
  const off = { type: 'about:blank', title: 'Switched off', status: 404, code: 'ERR_WEBRTC_OFF' };
  await page.route('**/whep*', async (route) => route.fulfill({ status: 404, body: JSON.stringify(off) }));
  const live = await LivePage.open(page, `${gateway.http}/live/demo`);
  await plays(live);
  assert.ok((await protocols()).includes('hls'));
});

test('another publisher takes over, with another profile: MSE goes on in the same connection', async (context) => {
  publishFile(context, footage.plain.file, `${gateway.rtsp}/gate`);
  const live = await open(context, `${gateway.http}/live/gate?protocol=mse`);
  await plays(live);
  // With B-frames: another profile, another initialization segment.
  publishFile(context, footage.reordered.file, `${gateway.rtsp}/gate`);
  await plays(live, 100);
});
