import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { startChromium, type Browser } from './support/chromium.ts';
import { FORTY_CAMERAS } from './support/forty-cameras.ts';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { until } from './support/until.ts';
import { assertAccessible, viewerOf, visitBy } from './support/visitor.ts';

/** What everybody loads who opens a page with pictures, or wants to log in to see some: over a phone's line, too. */
const MOST_SCRIPT_BYTES = 200_000;

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

const SIZES = [
  { width: 1440, height: 900 },
  { width: 1024, height: 768 },
  { width: 390, height: 844 },
] as const;

/** A page of the dashboard, brought to where it is to be looked at. */
interface Scene {
  readonly name: string;
  readonly path: string;
  /** Looked at in every size and theme; others once large and dark, once small and light. */
  readonly isEverywhere?: boolean;
  readonly ready: (page: Page) => Promise<void>;
}

const isLive = async (page: Page): Promise<void> => viewerOf(page, 'demo', 'live').waitFor();

for (const { cameras, demo, config, scenes } of [
  {
    cameras: 'no camera',
    demo: false,
    config: '',
    scenes: [
      {
        name: 'grid',
        path: '/',
        isEverywhere: true,
        ready: async (page) => page.getByText('No cameras yet').waitFor(),
      },
      { name: 'sessions', path: '/sessions', ready: async (page) => page.getByText('Nobody is').waitFor() },
    ],
  },
  {
    cameras: 'one camera',
    demo: true,
    config: '',
    scenes: [
      { name: 'grid', path: '/', isEverywhere: true, ready: isLive },
      {
        name: 'grid with statistics',
        path: '/',
        ready: async (page) => {
          await isLive(page);
          await page.keyboard.press('ArrowRight');
          await page.keyboard.press('i');
          await page.locator('dl').getByText('1280×720').waitFor();
        },
      },
      { name: 'camera', path: '/live/demo', isEverywhere: true, ready: isLive },
      { name: 'embedded', path: '/live/demo?embed=1', ready: isLive },
      {
        name: 'palette',
        path: '/',
        ready: async (page) => {
          await isLive(page);
          await page.keyboard.press('Control+k');
          await page.getByRole('dialog').waitFor();
        },
      },
      {
        name: 'help',
        path: '/',
        ready: async (page) => {
          await isLive(page);
          await page.keyboard.press('?');
          await page.getByRole('dialog').waitFor();
        },
      },
      { name: 'nowhere', path: '/nowhere', ready: async (page) => page.getByText('nothing here').waitFor() },
    ],
  },
  {
    cameras: 'forty cameras',
    demo: true,
    config: FORTY_CAMERAS,
    scenes: [
      {
        name: 'grid',
        path: '/?layout=16&page=1',
        isEverywhere: true,
        ready: async (page) => viewerOf(page, 'cam-9').waitFor(),
      },
      {
        name: 'camera',
        path: '/live/cam-7',
        isEverywhere: true,
        ready: async (page) => viewerOf(page, 'cam-7').waitFor(),
      },
    ],
  },
] satisfies { cameras: string; demo: boolean; config: string; scenes: Scene[] }[]) {
  test(`with ${cameras}, axe finds nothing and the console is clean`, async (context) => {
    const site = await startGateway({ demo, config });
    context.after(async () => site.close());
    for (const theme of ['dark', 'light'] as const) {
      for (const size of SIZES) {
        const { page, complaints } = await visitBy(browser, context, site.http, { ...size, theme });
        for (const { name, path, isEverywhere, ready } of scenes) {
          const isUsual = (theme === 'dark') === (size === SIZES[0]) && size !== SIZES[1];
          if (isEverywhere !== true && !isUsual) continue;
          await page.goto(site.http + path);
          await ready(page);
          await assertAccessible(page, `${name}, ${theme}, ${size.width}×${size.height}`);
        }
        assert.deepEqual(complaints, [], `${theme}, ${size.width}×${size.height}`);
        await page.close();
      }
    }
  });
}

for (const size of SIZES) {
  test(`the first pictures stand where the application then has them, ${size.width}×${size.height}`, async (context) => {
    const visitor = await browser.newContext({ viewport: size, isMobile: size.width < 500 });
    context.after(async () => visitor.close());
    for (const path of ['/', '/live/demo', '/live/demo?embed=1']) {
      const page = await visitor.newPage();
      const application = Promise.withResolvers<undefined>();
      await page.route('**/assets/main-*.js', async (route) => {
        await application.promise;
        await route.continue();
      });
      await page.goto(gateway.http + path, { waitUntil: 'commit' });
      await until(async () =>
        page.evaluate<boolean>(`document.querySelector('.early video')?.videoWidth > 0`),
      );
      const early = await pictureBox(page);
      application.resolve(undefined);
      await viewerOf(page, 'demo', 'live').waitFor();
      await page.locator('.early').waitFor({ state: 'detached' });
      const late = await pictureBox(page);
      const shift = early.map((edge, index) => Math.abs(edge - (late[index] ?? Number.NaN)));
      assert.ok(Math.max(...shift) <= 1, `${path}: ${early.join()} became ${late.join()}`);
      await page.close();
    }
  });
}

/** The edges of the picture of the only video: left, top, width, height. */
async function pictureBox(page: Page): Promise<number[]> {
  return page.evaluate<number[]>(`(() => {
    const video = document.querySelector('video');
    const { left, top, width, height } = video.getBoundingClientRect();
    const scale = Math.min(width / video.videoWidth, height / video.videoHeight);
    const [w, h] = [video.videoWidth * scale, video.videoHeight * scale];
    return [left + (width - w) / 2, top + (height - h) / 2, w, h];
  })()`);
}

for (const { place, ready } of [
  { place: '/', ready: isLive },
  { place: '/live/demo', ready: isLive },
  { place: '/login', ready: async (page: Page) => page.getByLabel('Password', { exact: true }).waitFor() },
]) {
  test(`the scripts of ${place} are few`, async (context) => {
    const { page } = await visitBy(browser, context, gateway.http + place);
    await ready(page);
    await page.waitForLoadState('networkidle');
    const scripts = await page.evaluate<[name: string, bytes: number][]>(`
      performance.getEntriesByType('resource')
        .filter(({ name }) => name.endsWith('.js'))
        .map(({ name, encodedBodySize }) => [new URL(name).pathname, encodedBodySize])
    `);
    assert.ok(scripts.every(([, bytes]) => bytes > 0));
    const total = scripts.reduce((sum, [, bytes]) => sum + bytes, 0);
    assert.ok(total <= MOST_SCRIPT_BYTES, `${total} bytes: ${scripts.join(' ')}`);
  });
}
