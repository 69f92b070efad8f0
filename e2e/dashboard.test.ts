import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test, type TestContext } from 'node:test';
import type { Page } from 'playwright-core';
import { areLive, sessionsOf } from './support/api.ts';
import { startChromium, type Browser } from './support/chromium.ts';
import { FORTY_CAMERAS } from './support/forty-cameras.ts';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { until } from './support/until.ts';
import { viewerOf, visitBy, type Visit, type VisitOptions } from './support/visitor.ts';

const CONFIG = `cameras:
  gate: {source: publish, name: Front gate}
  yard: {source: "rtsp://127.0.0.1:1/stream", name: Back yard}
`;

let browser: Browser;
let gateway: RunningGateway;
const ends: (() => unknown)[] = [];

before(async () => {
  browser = await startChromium({ after: (end: () => unknown) => void ends.push(end) });
  gateway = await startGateway({ demo: true, config: CONFIG });
});
after(async () => {
  for (const end of ends.reverse()) await end();
  assert.equal(await gateway.close(), 0);
});

/** A visitor of their own, with the page at `url` open. */
async function visit(context: TestContext, url: string, options?: VisitOptions): Promise<Visit> {
  return visitBy(browser, context, url, options);
}

/** Where the focus is, by the camera of the tile. */
async function focusedTile(page: Page): Promise<string | null> {
  return page.evaluate<string | null>(`document.activeElement?.dataset.tile ?? null`);
}

/** Who watches a camera by WebRTC; visitors of tests before may not have been missed yet. */
async function watching(cameraId: string): Promise<string[]> {
  const sessions = await sessionsOf(gateway.http);
  return sessions
    .filter((session) => session.cameraId === cameraId && session.protocol === 'webrtc')
    .map(({ id }) => id);
}

test('every camera says how it is, in words', async (context) => {
  const { page, complaints } = await visit(context, gateway.http);
  await viewerOf(page, 'demo', 'live').waitFor();
  await viewerOf(page, 'gate', 'waiting').waitFor();
  await viewerOf(page, 'yard', 'offline').waitFor();
  assert.match(await viewerOf(page, 'demo').innerText(), /Demo\s+Live/);
  assert.match(await viewerOf(page, 'gate').innerText(), /Waiting for a publisher[^]*rtsp:\/\/[^]*\/gate/);
  assert.match(
    await viewerOf(page, 'yard').innerText(),
    /No signal since[^]*Check that RTSP[^]*(?:Next attempt|Trying now)/,
  );
  assert.match(await page.locator('header').innerText(), /3 cameras, 1 live/);
  assert.deepEqual(complaints, []);
});

test('arrows move, Enter opens, Escape goes back, and the video goes along', async (context) => {
  const { page, complaints } = await visit(context, gateway.http);
  await viewerOf(page, 'demo', 'live').waitFor();
  const before = await watching('demo');

  await page.keyboard.press('ArrowRight');
  assert.equal(await focusedTile(page), 'yard', 'the first by name');
  await page.keyboard.press('ArrowRight');
  assert.equal(await focusedTile(page), 'demo');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/live/demo');
  await page.getByRole('heading', { name: 'Demo', level: 1 }).waitFor();
  assert.equal(
    await viewerOf(page, 'demo').getAttribute('data-state'),
    'live',
    'without a moment without it',
  );
  await page.keyboard.press('ArrowRight');
  await page.waitForURL('**/live/gate');
  await page.keyboard.press('ArrowLeft');
  await page.waitForURL('**/live/demo');
  await page.keyboard.press('Escape');
  await page.getByRole('heading', { name: 'Live', level: 1 }).waitFor();
  await viewerOf(page, 'demo', 'live').waitFor();
  const after = await watching('demo');
  assert.ok(
    after.every((id) => before.includes(id)),
    'one connection all the way',
  );
  assert.deepEqual(complaints, []);
});

test('layouts and pages are in the address, and remembered', async (context) => {
  const forty = await startGateway({ config: FORTY_CAMERAS });
  context.after(async () => forty.close());
  const { page } = await visit(context, forty.http);
  await viewerOf(page, 'cam-1').waitFor();
  assert.equal(await page.locator('[data-viewer]').count(), 16);
  await page.keyboard.press('2');
  await page.waitForURL('**/?layout=4&page=1');
  assert.equal(await page.locator('[data-viewer]').count(), 4);
  await page.keyboard.press('PageDown');
  await page.waitForURL('**/?layout=4&page=2');
  await viewerOf(page, 'cam-5').waitFor();
  await page.goto(forty.http);
  await viewerOf(page, 'cam-5').waitFor();
  await page.getByRole('button', { name: 'Fit all' }).click();
  await viewerOf(page, 'cam-16').waitFor();
  await page.getByText('Page 1 of 3').waitFor({ state: 'attached' });
});

test('statistics, a snapshot, sound and the help are a key away', async (context) => {
  const { page, complaints } = await visit(context, `${gateway.http}/live/demo`);
  await viewerOf(page, 'demo', 'live').waitFor();
  await page.keyboard.press('i');
  await page.getByText('1280×720').first().waitFor();
  await until(async () => /\d+ fps/.test(await viewerOf(page, 'demo').locator('dl').innerText()));
  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('s')]);
  assert.match(download.suggestedFilename(), /^demo \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\.jpg$/);
  await page.keyboard.press('m');
  await page.getByRole('button', { name: 'Sound off' }).waitFor({ state: 'attached' });
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await help.getByText('Save a snapshot').waitFor();
  await page.keyboard.press('Escape');
  await help.waitFor({ state: 'detached' });
  assert.match(page.url(), /\/live\/demo$/, 'Escape closed the help and no more');
  assert.deepEqual(complaints, []);
});

test('full screen shows pictures and nothing else', async (context) => {
  const { page } = await visit(context, gateway.http);
  await viewerOf(page, 'demo', 'live').waitFor();
  await page.keyboard.press('f');
  await page.getByRole('navigation').waitFor({ state: 'detached' });
  await page.locator('header').waitFor({ state: 'detached' });
  await viewerOf(page, 'demo', 'live').waitFor();
  await page.keyboard.press('f');
  await page.getByRole('navigation').waitFor();
});

test('the palette finds a camera, a page and an action by name', async (context) => {
  const { page } = await visit(context, gateway.http);
  await viewerOf(page, 'demo').waitFor();
  const palette = page.getByRole('dialog', { name: 'Find a camera' });
  const choose = async (text: string): Promise<void> => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
    await palette.waitFor({ state: 'detached' });
  };
  await choose('front');
  await page.waitForURL('**/live/gate');
  await choose('watching');
  await page.waitForURL('**/sessions');
  await choose('theme light');
  assert.equal(await page.locator('html').getAttribute('data-theme'), 'light');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('no such thing');
  await palette.getByText('Nothing of that name').waitFor();
});

test('how to play is chosen, and remembered', async (context) => {
  const { page } = await visit(context, `${gateway.http}/live/demo`);
  await viewerOf(page, 'demo', 'live').waitFor();
  await viewerOf(page, 'demo').hover();
  await page.getByRole('button', { name: 'How to play' }).click();
  await page.getByRole('menuitemradio', { name: 'LL-HLS Through any proxy and cache' }).click();
  const byHls = async (): Promise<boolean> =>
    (await sessionsOf(gateway.http)).some(
      ({ cameraId, protocol }) => cameraId === 'demo' && protocol === 'hls',
    );
  await until(byHls);
  await page.reload();
  await viewerOf(page, 'demo', 'live').waitFor();
  assert.match(await page.evaluate<string>(`document.querySelector('video').src`), /^blob:/);
});

test('who is watching is listed, and can be ended', async (context) => {
  const { page: watcher } = await visit(context, `${gateway.http}/live/demo`);
  await viewerOf(watcher, 'demo', 'live').waitFor();
  const { page, complaints } = await visit(context, `${gateway.http}/sessions`);
  const row = page.getByRole('row', { name: /WebRTC/ });
  await row.waitFor();
  assert.match(await row.innerText(), /Demo[^]*127\.0\.0\.1[^]*watches/);
  const [session] = await watching('demo');
  await row.getByRole('button', { name: /^End the session/ }).click();
  await until(async () => !(await watching('demo')).includes(session ?? ''));
  assert.deepEqual(complaints, []);
});

test('a camera can be linked to and embedded', async (context) => {
  const { page } = await visit(context, `${gateway.http}/live/demo`);
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.getByText('Copied').waitFor();
  assert.equal(await page.evaluate<string>('navigator.clipboard.readText()'), `${gateway.http}/live/demo`);
  await page.getByRole('button', { name: 'Embed' }).click();
  const code = await page.getByRole('dialog').locator('pre').innerText();

  const host = createServer((_request, response) =>
    response.end(`<!doctype html><title>Host</title>${code}`),
  );
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  context.after(() => host.close());
  const { page: elsewhere } = await visit(
    context,
    `http://127.0.0.1:${(host.address() as AddressInfo).port}`,
  );
  const frame = elsewhere.frameLocator('iframe');
  await frame.locator('[data-viewer="demo"][data-state="live"]').waitFor();
  assert.equal(await frame.getByRole('navigation').count(), 0, 'nothing around the picture');
});

test('tiles out of sight hang up', async (context) => {
  const { page } = await visit(context, gateway.http);
  await viewerOf(page, 'demo', 'live').waitFor();
  await page.getByRole('link', { name: 'Who is watching' }).click();
  await until(async () => (await watching('demo')).length === 0);
});

test('a lost gateway is said, and found again by itself', async (context) => {
  const first = await startGateway({ demo: true });
  const { port } = new URL(first.http);
  const { page } = await visit(context, first.http);
  await viewerOf(page, 'demo', 'live').waitFor();
  await first.close();
  await page.getByText('Lost the gateway, retrying').waitFor();
  await viewerOf(page, 'demo', 'connecting').waitFor();
  const second = await startGateway({ demo: true, flags: ['--http.port', port] });
  context.after(async () => second.close());
  await viewerOf(page, 'demo', 'live').waitFor();
  await page.getByText('Lost the gateway, retrying').waitFor({ state: 'detached' });
});

test('cameras come and go as the configuration is saved', async (context) => {
  const other = await startGateway();
  context.after(async () => other.close());
  const { page } = await visit(context, other.http);
  await page.getByRole('heading', { name: 'No cameras yet' }).waitFor();
  writeFileSync(other.configFile, 'cameras: {barn: {source: publish, name: Barn}}');
  await viewerOf(page, 'barn', 'waiting').waitFor();
  writeFileSync(other.configFile, 'cameras: {}');
  await page.getByRole('heading', { name: 'No cameras yet' }).waitFor();
});

test('addresses that lead nowhere say so', async (context) => {
  const { page, complaints } = await visit(context, `${gateway.http}/nowhere`);
  await page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
  await page.goto(`${gateway.http}/live/none`);
  await page.getByRole('heading', { name: 'There is no camera “none”' }).waitFor();
  await page.getByRole('link', { name: 'Back to all cameras' }).click();
  await viewerOf(page, 'demo').waitFor();
  assert.deepEqual(complaints, []);
});

test('the addresses on a camera’s page work', async (context) => {
  const { page } = await visit(context, `${gateway.http}/live/demo`);
  await viewerOf(page, 'demo', 'live').waitFor();
  assert.ok(await areLive(gateway.http, ['demo']));
  for (const name of ['index.m3u8', 'snapshot.jpg']) {
    const shown = page.getByRole('complementary').locator('ul .font-mono').filter({ hasText: name });
    const address = await shown.first().innerText();
    assert.equal((await fetch(address)).status, 200, address);
  }
});
