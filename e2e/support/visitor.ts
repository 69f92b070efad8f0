import { AxeBuilder } from '@axe-core/playwright';
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import type { Browser } from './chromium.ts';

export interface Visit {
  readonly page: Page;
  /** Errors and warnings of the console and uncaught errors, as they came. */
  readonly complaints: string[];
}

export interface VisitOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: 'dark' | 'light';
}

/** Somebody with a browser of their own, with the page at `url` open. */
export async function visitBy(
  browser: Browser,
  context: TestContext,
  url: string,
  { width = 1440, height = 900, theme }: VisitOptions = {},
): Promise<Visit> {
  const isPhone = width < 500;
  const visitor = await browser.newContext({
    viewport: { width, height },
    isMobile: isPhone,
    hasTouch: isPhone,
    // What fades in has no colour of its own until it is there.
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
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

/** Fails with what axe finds. @param scene what is looked at, for whoever reads the failure. */
export async function assertAccessible(page: Page, scene: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  assert.deepEqual(found, [], scene);
}
