import { AxeBuilder } from '@axe-core/playwright';
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import type { Browser } from './chromium.ts';

/** The cookies of somebody who has logged in. */
export type Login = Exclude<BrowserContextOptions['storageState'], string | undefined>;

export interface Visit {
  readonly page: Page;
  /** Errors and warnings of the console and uncaught errors, as they came. */
  readonly complaints: string[];
}

export interface VisitOptions {
  readonly width?: number;
  readonly height?: number;
  /** What the system prefers where absent. */
  readonly theme?: 'dark' | 'light';
  /** Nobody where absent. */
  readonly login?: Login;
}

/** Somebody with a browser of their own, with the page at `url` open. */
export async function visitBy(
  browser: Browser,
  context: TestContext,
  url: string,
  { width = 1440, height = 900, theme, login }: VisitOptions = {},
): Promise<Visit> {
  const isPhone = width < 500;
  const visitor = await browser.newContext({
    viewport: { width, height },
    isMobile: isPhone,
    hasTouch: isPhone,
    // What fades in has no colour of its own until it is there.
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
    ...(login === undefined ? {} : { storageState: login }),
  });
  context.after(async () => visitor.close());
  if (theme !== undefined) await visitor.addInitScript(`localStorage.setItem('vedette.theme', '${theme}')`);
  const page = await visitor.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url);
  return { page, complaints };
}

/** The picture of a camera on a page, in a state. */
export function viewerOf(page: Page, cameraId: string, state?: string): Locator {
  return page.locator(`[data-viewer="${cameraId}"]${state === undefined ? '' : `[data-state="${state}"]`}`);
}

/** Those that are not the browser's own lines about answers that say no: being refused is what some tests are about. */
export function besidesRefusals(complaints: readonly string[]): string[] {
  return complaints.filter((text) => !/^Failed to load resource: .*\b(?:401|403|404)\b/.test(text));
}

/** Fails with what axe finds. @param scene what is looked at, for whoever reads the failure. */
export async function assertAccessible(page: Page, scene: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  assert.deepEqual(found, [], scene);
}
