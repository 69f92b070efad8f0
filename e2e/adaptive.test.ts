import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import { startChromium, type Browser } from './support/chromium.ts';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { LivePage } from './support/live-page.ts';
import { startNarrowTcpRelay, startNarrowUdpRelay } from './support/narrow-relay.ts';
import { until } from './support/until.ts';

/** More than the least rendition of the demo takes, less than the next. */
const NARROW = 700_000;
const WIDE = Number.POSITIVE_INFINITY;

let browser: Browser;
let gateway: RunningGateway;
const ends: (() => unknown)[] = [];

before(async () => {
  browser = await startChromium({ after: (end: () => unknown) => void ends.push(end) });
  gateway = await startGateway({ demo: true });
});
after(async () => {
  for (const end of ends.reverse()) await end();
  assert.equal(await gateway.close(), 0);
});

async function shownHeight(live: LivePage): Promise<number> {
  return live.page.evaluate<number>('probe.videos.at(-1)?.videoHeight ?? 0');
}

async function plays(live: LivePage, count = 25): Promise<void> {
  let seen = 0;
  await until(
    async () => {
      seen += (await live.pictures()).filter(({ capturedMs }) => capturedMs !== undefined).length;
      return seen >= count;
    },
    { what: `${count} pictures` },
  );
}

/** How long it takes until pictures of this height are shown, in milliseconds. */
async function becomes(live: LivePage, height: number): Promise<number> {
  const startMs = performance.now();
  await until(async () => (await shownHeight(live)) === height, { what: `pictures of ${height} lines` });
  return performance.now() - startMs;
}

/** Opens the demo by WebRTC, through a line whose width can be set. */
async function openByWebrtc(
  context: TestContext,
): Promise<{ live: LivePage; setWidth: (width: number) => void }> {
  const relay = await startNarrowUdpRelay(context, gateway.webrtc);
  const page = await browser.newPage();
  context.after(async () => page.close());
  await page.route('**/whep*', async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replaceAll(/(a=candidate:(?:\S+ ){5})\d+/g, `$1${relay.port}`);
    await route.fulfill({ response, body });
  });
  const live = await LivePage.open(page, `${gateway.http}/live/demo?protocol=webrtc`);
  await plays(live);
  return { live, setWidth: (width) => relay.setWidth(width) };
}

test('WebRTC on a line that becomes narrow, and wide again: smaller pictures, then large ones, in one connection', async (context) => {
  const { live, setWidth } = await openByWebrtc(context);
  assert.equal(await shownHeight(live), 720);
  setWidth(NARROW);
  context.diagnostic(`360 lines after ${(await becomes(live, 360)).toFixed(0)} ms on a narrow line`);
  await live.pictures();
  await plays(live, 100);
  assert.equal(await live.state(), 'live');
  setWidth(WIDE);
  context.diagnostic(`720 lines after ${(await becomes(live, 720)).toFixed(0)} ms on a wide one`);
  await plays(live);
  assert.equal((await live.videos()).length, 1, 'the page did not connect again');
});

test('WebRTC plays what is chosen, without a break', async (context) => {
  const { live } = await openByWebrtc(context);
  const choose = async (name: string): Promise<void> => {
    await live.page.locator('[data-viewer]').hover();
    await live.page.getByRole('button', { name: 'Quality' }).click();
    await live.page.getByRole('menuitemradio', { name }).click();
  };
  await choose('480p');
  await becomes(live, 480);
  await choose('As the camera sends it');
  await becomes(live, 720);
  await plays(live);
  assert.equal((await live.videos()).length, 1);
  assert.deepEqual(live.complaints, []);
});

for (const protocol of ['mse', 'hls']) {
  test(`${protocol} on a line that is too narrow for the camera: smaller pictures`, async (context) => {
    const relay = await startNarrowTcpRelay(context, Number(new URL(gateway.http).port));
    const page = await browser.newPage();
    context.after(async () => page.close());
    const live = await LivePage.open(page, `http://127.0.0.1:${relay.port}/live/demo?protocol=${protocol}`);
    await plays(live);
    relay.setWidth(NARROW);
    const tookMs = await becomes(live, 360);
    context.diagnostic(`360 lines after ${tookMs.toFixed(0)} ms`);
    await plays(live);
  });
}
