import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { startChromium, type Browser } from '../../e2e/support/chromium.ts';
import { startGateway, type RunningGateway } from '../../e2e/support/gateway.ts';
import { LivePage } from '../../e2e/support/live-page.ts';
import { until } from '../../e2e/support/until.ts';
import { row, type Figure } from './latency/figures.ts';
import { keepWatching } from './latency/keep-watching.ts';
import { PageLoads } from './latency/page-loads.ts';

const SETTLES_MS = 10_000;
const WATCHED_MS = 20_000;
const LOADS = 15;
const COLD_LOADS = 5;
/** The demo goes on for a while after its last viewer, and sinks after theirs. */
const IDLE_LIMIT_MS = 60_000;

interface Way {
  readonly protocol: 'webrtc' | 'mse' | 'hls';
  readonly name: string;
  readonly latency: Pick<Figure, 'targetMedian' | 'targetP95'>;
  readonly firstPicture: Pick<Figure, 'targetMedian'>;
  /** Where a viewer has to be for everything that this way needs to be there already. */
  readonly watched: (gateway: RunningGateway) => string;
}

const WAYS: readonly Way[] = [
  {
    protocol: 'webrtc',
    name: 'WebRTC',
    latency: { targetMedian: 60, targetP95: 120 },
    firstPicture: { targetMedian: 400 },
    watched: ({ rtsp }) => `${rtsp}/demo`,
  },
  {
    protocol: 'mse',
    name: 'MSE',
    latency: { targetMedian: 200 },
    firstPicture: { targetMedian: 600 },
    watched: ({ rtsp }) => `${rtsp}/demo`,
  },
  {
    protocol: 'hls',
    name: 'LL-HLS',
    latency: { targetMedian: 1200 },
    firstPicture: { targetMedian: 1000 },
    watched: ({ http }) => `${http}/live/demo/index.m3u8`,
  },
];

/**
 * How old the pictures are that people see, and how long they wait for the first one: the dashboard's page of
 * the demo camera in Chromium. Age is read from the pixels, which hold the time of capture; encoding,
 * network, decoding and painting are all in it. A wait ends when a picture is painted inside the page.
 */
export async function run(): Promise<void> {
  const ends: (() => unknown)[] = [];
  try {
    const browser = await startChromium({ after: (end: () => unknown) => void ends.push(end) });
    const gateway = await startGateway({ demo: true });
    ends.push(async () => gateway.close());
    const figures: Figure[] = [];
    for (const way of WAYS) figures.push(await ageOfPictures(browser, gateway, way));
    for (const way of WAYS) figures.push(await firstPicture(browser, gateway, way));
    for (const way of WAYS) figures.push(await firstPictureCold(browser, gateway, way));
    console.table(figures.map(row));
    console.log(
      `load average ${loadavg()
        .map((load) => load.toFixed(1))
        .join(', ')}`,
    );
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

function pageOf({ http }: RunningGateway, { protocol }: Way): string {
  return `${http}/live/demo?protocol=${protocol}`;
}

async function ageOfPictures(browser: Browser, gateway: RunningGateway, way: Way): Promise<Figure> {
  const live = await LivePage.open(await browser.newPage(), pageOf(gateway, way));
  try {
    await until(async () => (await live.pictures()).length > 0);
    await sleep(SETTLES_MS);
    await live.pictures();
    await sleep(WATCHED_MS);
    const values = (await live.pictures()).flatMap(({ atMs, capturedMs }) =>
      capturedMs === undefined ? [] : atMs - capturedMs,
    );
    return { name: `${way.name}: age of a picture`, values, ...way.latency };
  } finally {
    await live.close();
  }
}

async function firstPicture(browser: Browser, gateway: RunningGateway, way: Way): Promise<Figure> {
  const leave = keepWatching(way.watched(gateway));
  try {
    await until(async () => (await demoState(gateway)) === 'live');
    const loads = new PageLoads();
    for (let count = 0; count < LOADS; count++) await loads.load(browser, pageOf(gateway, way));
    console.log(`${way.name}, medians of what happens (ms): ${loads.steps}`);
    return { name: `${way.name}: first picture`, values: loads.firstPictures, ...way.firstPicture };
  } finally {
    await leave();
  }
}

async function firstPictureCold(browser: Browser, gateway: RunningGateway, way: Way): Promise<Figure> {
  const loads = new PageLoads();
  for (let count = 0; count < COLD_LOADS; count++) {
    await until(async () => (await demoState(gateway)) === 'idle', { limitMs: IDLE_LIMIT_MS });
    await loads.load(browser, pageOf(gateway, way));
  }
  return { name: `${way.name}: first picture, nobody watched before`, values: loads.firstPictures };
}

async function demoState({ http }: RunningGateway): Promise<string> {
  const response = await fetch(`${http}/api/v1/cameras/demo`);
  return ((await response.json()) as { state: { name: string } }).state.name;
}
