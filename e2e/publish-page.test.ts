import { AxeBuilder } from '@axe-core/playwright';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, test, type TestContext } from 'node:test';
import type { Page } from 'playwright-core';
import { cameraOf, sessionsOf } from './support/api.ts';
import { FAKE_DEVICES, startChromium, type Browser } from './support/chromium.ts';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { until } from './support/until.ts';

const CONFIG = `cameras:
  gate: {source: publish, name: Front gate}
  busy: {source: publish, name: Busy gate, overridePublisher: false}
  yard: {source: "rtsp://127.0.0.1:1/stream", name: Back yard}
`;

let browser: Browser;
let gateway: RunningGateway;
const ends: (() => unknown)[] = [];

before(async () => {
  browser = await startChromium({ after: (end: () => unknown) => void ends.push(end) }, FAKE_DEVICES);
  gateway = await startGateway({ config: CONFIG });
});
after(async () => {
  for (const end of ends.reverse()) await end();
  assert.equal(await gateway.close(), 0);
});

interface Visit {
  readonly page: Page;
  readonly complaints: string[];
}

async function visit(
  context: TestContext,
  path: string,
  { width = 1280, height = 800, theme = 'dark' } = {},
): Promise<Visit> {
  const isPhone = width < 500;
  const visitor = await browser.newContext({
    viewport: { width, height },
    isMobile: isPhone,
    hasTouch: isPhone,
    reducedMotion: 'reduce',
  });
  context.after(async () => visitor.close());
  await visitor.addInitScript(`localStorage.setItem('vedette.theme', '${theme}')`);
  const page = await visitor.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(gateway.http + path);
  return { page, complaints };
}

async function start(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Start publishing' }).click();
}

async function saysState(page: Page, words: string): Promise<void> {
  await page.getByRole('status').getByText(words, { exact: false }).waitFor();
}

async function publishers(cameraId: string): Promise<number> {
  const sessions = await sessionsOf(gateway.http);
  return sessions.filter((each) => each.cameraId === cameraId && each.kind === 'publish').length;
}

test('from a camera’s page to publishing, by keyboard alone; what is sent can be watched, and ends with the page', async (context) => {
  const { page, complaints } = await visit(context, '/live/gate');
  const link = page.getByRole('link', { name: 'Publish from this device' });
  await link.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Publish to Front gate' }).waitFor();
  await page.getByRole('button', { name: 'Start publishing' }).focus();
  await page.keyboard.press('Enter');
  await saysState(page, 'Live');
  await page.getByText(/bit\/s/).waitFor();
  assert.match(await page.locator('dl').innerText(), /H\.264/);
  const { page: watching } = await visit(context, '/live/gate');
  await watching.locator('[data-viewer="gate"][data-state="live"]').waitFor();
  assert.equal(await publishers('gate'), 1);

  // Another camera without a gap, then no sound at all, which is a new session.
  const cameras = await page.getByLabel('Picture').locator('option').allInnerTexts();
  assert.ok(
    cameras.some((name) => /fake_device/.test(name)),
    cameras.join(),
  );
  await page.getByLabel('Picture').selectOption({ index: 1 });
  await page.getByLabel('Sound').selectOption('No sound');
  await saysState(page, 'Live');
  await until(async () => {
    const { state, tracks } = await cameraOf(gateway.http, 'gate');
    return state.name === 'live' && tracks.length === 1;
  });
  assert.deepEqual(complaints, []);
  await page.close();
  await until(async () => (await publishers('gate')) === 0, { what: 'the session to end with the page' });
});

test('of choices that overlap the last one counts: a microphone that was switched off is let go of', async (context) => {
  const { page } = await visit(context, '/publish/gate');
  // The first answers come last, as when a person is asked.
  await page.evaluate(`
    window.asked = [];
    const devices = navigator.mediaDevices;
    const ask = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (wanted) => {
      const stream = await ask(wanted);
      window.asked.push(stream);
      if (wanted.audio !== false) await new Promise((resolve) => setTimeout(resolve, 1500));
      return stream;
    };
  `);
  const hearing = async (): Promise<string[]> =>
    page.evaluate('asked.flatMap((each) => each.getAudioTracks()).map(({ readyState }) => readyState)');
  const sound = page.getByLabel('Sound');
  await start(page);
  await until(async () => (await hearing()).length === 1, { what: 'the question for devices' });
  await sound.selectOption('No sound');
  await saysState(page, 'Live');
  assert.deepEqual(await hearing(), ['ended'], 'while the first devices were waited for');
  await sound.selectOption({ index: 0 });
  await until(async () => (await hearing()).length === 2, { what: 'the question for a microphone' });
  await sound.selectOption('No sound');
  await until(async () => (await hearing()).every((state) => state === 'ended'), { what: 'silence' });
  await until(async () => {
    const { state, tracks } = await cameraOf(gateway.http, 'gate');
    return state.name === 'live' && tracks.length === 1;
  });
});

test('every refusal is said, with what to do', async (context) => {
  const { page: yard } = await visit(context, '/publish/yard');
  await yard.getByText('Back yard has a source of its own').waitFor();
  const { page: missing } = await visit(context, '/publish/nowhere');
  await missing.getByText('There is no camera “nowhere”').waitFor();

  const { page: first } = await visit(context, '/publish/busy');
  await start(first);
  await saysState(first, 'Live');
  await until(async () => (await cameraOf(gateway.http, 'busy')).state.name === 'live');
  const { page: second } = await visit(context, '/publish/busy');
  await start(second);
  await second.getByRole('alert').getByText('Somebody publishes to this camera already').waitFor();

  const { page: nothing } = await visit(context, '/publish/gate');
  await nothing.getByLabel('Picture').selectOption('No picture');
  await nothing.getByLabel('Sound').selectOption('No sound');
  await start(nothing);
  await nothing.getByRole('alert').getByText('Choose a picture, a sound, or both').waitFor();
});

test('who is taken over is told, and does not take it back', async (context) => {
  const { page: first } = await visit(context, '/publish/gate');
  await start(first);
  await saysState(first, 'Live');
  await until(async () => (await publishers('gate')) === 1);
  const { page: second } = await visit(context, '/publish/gate');
  await start(second);
  await saysState(second, 'Live');
  await first.getByRole('alert').getByText('Another publisher took over').waitFor();
  await until(async () => (await publishers('gate')) === 1);
  assert.equal(await second.getByRole('alert').count(), 0);
});

/** The process id of the gateway's WebRTC worker. */
function workerPid(): number {
  const children = readFileSync(`/proc/${gateway.pid}/task/${gateway.pid}/children`, 'utf8')
    .trim()
    .split(' ');
  const found = children.find((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('workers/webrtc'),
  );
  assert.ok(found, `a WebRTC worker among ${children.join()} of ${readdirSync('/proc').length}`);
  return Number(found);
}

test('a killed worker costs a moment: the page publishes again by itself', async (context) => {
  const { page } = await visit(context, '/publish/gate');
  await start(page);
  await saysState(page, 'Live');
  await until(async () => (await publishers('gate')) === 1);
  const [before] = (await sessionsOf(gateway.http)).filter(({ kind }) => kind === 'publish');
  process.kill(workerPid(), 'SIGKILL');
  await until(
    async () => {
      const [now] = (await sessionsOf(gateway.http)).filter(
        ({ kind, cameraId }) => kind === 'publish' && cameraId === 'gate',
      );
      return now !== undefined && now.id !== before?.id;
    },
    { what: 'a new session' },
  );
  await saysState(page, 'Live');
});

for (const { theme, ...size } of [
  { width: 1440, height: 900, theme: 'light' },
  { width: 390, height: 844, theme: 'dark' },
]) {
  test(`axe finds nothing at ${size.width}×${size.height}, ${theme}, and nothing overflows`, async (context) => {
    const { page, complaints } = await visit(context, '/publish/gate', { ...size, theme });
    await start(page);
    await saysState(page, 'Live');
    await page.getByText(/bit\/s/).waitFor();
    const { violations } = await new AxeBuilder({ page }).analyze();
    assert.deepEqual(
      violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
      [],
    );
    const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
    assert.ok(overflow <= 0, `${overflow} px too wide`);
    assert.deepEqual(complaints, []);
  });
}

test('sound alone is published too', async (context) => {
  const { page } = await visit(context, '/publish/gate');
  await page.getByLabel('Picture').selectOption('No picture');
  await start(page);
  await saysState(page, 'Live');
  await page.getByText('Sound only').waitFor();
  await until(async () => {
    const { state, tracks } = await cameraOf(gateway.http, 'gate');
    return state.name === 'live' && tracks.map(({ codec }) => codec).join() === 'opus';
  });
});
