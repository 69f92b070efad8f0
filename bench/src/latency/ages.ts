import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from '../../../e2e/support/chromium.ts';
import { ClockViewer } from '../../../e2e/support/clock-viewer.ts';
import { LivePage } from '../../../e2e/support/live-page.ts';
import { until } from '../../../e2e/support/until.ts';

const SETTLES_MS = 6000;
const WATCHED_MS = 15_000;

/** Of each picture that a page paints: how long ago it was captured, in ms. */
export async function agesInPage(browser: Browser, url: string): Promise<number[]> {
  const live = await LivePage.open(await browser.newPage(), url);
  try {
    await until(async () => (await live.pictures()).length > 0, { what: `a picture at ${url}` });
    await sleep(SETTLES_MS);
    await live.pictures();
    await sleep(WATCHED_MS);
    return (await live.pictures()).flatMap(({ atMs, capturedMs }) =>
      capturedMs === undefined ? [] : atMs - capturedMs,
    );
  } finally {
    await live.close();
  }
}

/** Of each picture that ffmpeg has decoded, likewise. @param input its options of the input */
export async function agesByProgram(url: string, input: readonly string[]): Promise<number[]> {
  const ends: (() => unknown)[] = [];
  try {
    const viewer = new ClockViewer({ after: (end: () => unknown) => void ends.push(end) }, url, {
      input,
      isPrompt: true,
    });
    await until(() => viewer.times.length > 0, { what: `a picture at ${url}` });
    await sleep(SETTLES_MS);
    const from = viewer.times.length;
    await sleep(WATCHED_MS);
    return viewer.times
      .map((capturedMs, index) => (viewer.shownMs[index] ?? Number.NaN) - capturedMs)
      .slice(from)
      .filter((age) => !Number.isNaN(age));
  } finally {
    for (const end of ends) await end();
  }
}
