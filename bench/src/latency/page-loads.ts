import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from '../../../e2e/support/chromium.ts';
import { LivePage } from '../../../e2e/support/live-page.ts';
import { until } from '../../../e2e/support/until.ts';
import { quantile } from './figures.ts';

/** A new window has much to do of its own at first, hundreds of modules of Chromium's: that is no part of a page. */
const WINDOW_SETTLES_MS = 1500;
const SEEN = 'first picture seen';

/** When what happened, in ms since navigation began, for each of several loads of a page. */
export class PageLoads {
  readonly #timelines: Readonly<Record<string, number>>[] = [];

  /** Opens `url` as someone who was never there, until the first picture is to be seen. */
  async load(browser: Browser, url: string): Promise<void> {
    const page = await browser.newPage();
    await sleep(WINDOW_SETTLES_MS);
    const live = await LivePage.open(page, url);
    try {
      await until(async () => SEEN in (await live.timeline()), { what: `a picture at ${url}` });
      this.#timelines.push(await live.timeline());
    } finally {
      await live.close();
    }
  }

  /** From navigation to the first picture that is to be seen, of each load. */
  get firstPictures(): number[] {
    return this.#timelines.map((timeline) => timeline[SEEN] ?? Number.NaN);
  }

  /** Medians of all that happened in most loads until the first picture, in order. */
  get steps(): string {
    const names = new Set(this.#timelines.flatMap((timeline) => Object.keys(timeline)));
    const end = quantile(this.firstPictures, 0.5);
    return [...names]
      .map((name) => ({
        name,
        times: this.#timelines.flatMap((timeline) => timeline[name] ?? []),
      }))
      .filter(({ times }) => times.length * 2 > this.#timelines.length)
      .map(({ name, times }) => ({ name, ms: quantile(times, 0.5) }))
      .filter(({ ms }) => ms <= end)
      .toSorted((a, b) => a.ms - b.ms)
      .map(({ name, ms }) => `${ms.toFixed(0)} ${name}`)
      .join(', ');
  }
}
