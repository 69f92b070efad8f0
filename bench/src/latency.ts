import { loadavg } from 'node:os';
import { startChromium, type Browser } from '../../e2e/support/chromium.ts';
import { startGateway, type RunningGateway } from '../../e2e/support/gateway.ts';
import { until } from '../../e2e/support/until.ts';
import { agesByProgram, agesInPage } from './latency/ages.ts';
import { row, sentence, type Figure } from './latency/figures.ts';
import { keepWatching } from './latency/keep-watching.ts';
import { PageLoads } from './latency/page-loads.ts';

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

interface Player {
  readonly name: string;
  readonly address: (gateway: RunningGateway) => string;
  /** What ffmpeg is told besides. */
  readonly input: readonly string[];
}

/** As little as it may look at before it plays. */
const UNPROBED = ['-probesize', '32'];

const PLAYERS: readonly Player[] = [
  { name: 'RTSP over TCP, ffmpeg', address: ({ rtsp }) => `${rtsp}/demo`, input: UNPROBED },
  {
    name: 'SRT of 120 ms, ffmpeg',
    address: ({ srt }) => `${srt}?streamid=read:demo&latency=120000`, // it counts in microseconds
    // The tables of a transport stream have to be in it.
    input: ['-probesize', '5000', '-f', 'mpegts'],
  },
  { name: 'RTMP, ffmpeg', address: ({ rtmp }) => `${rtmp}/live/demo`, input: UNPROBED },
];

/** `ages` alone takes less than three minutes. */
export const parts = ['ages', 'waits'] as const;

/**
 * How old the pictures are that people see, and how long they wait for the first one: the dashboard's page of
 * the demo camera in Chromium, and ffmpeg told to hurry. Age is read from the pixels, which hold the time of capture;
 * encoding, network, decoding and painting are all in it. A wait ends when a picture is painted inside the page.
 *
 * @param part measures only that.
 */
export async function run(part?: string): Promise<void> {
  const ends: (() => unknown)[] = [];
  try {
    const context = { after: (end: () => unknown) => void ends.push(end) };
    const gateway = await startGateway({ demo: true });
    ends.push(async () => gateway.close());
    const browser = await startChromium(context);
    const figures: Figure[] = [];
    const found = async (figure: Promise<Figure>): Promise<void> => {
      figures.push(await figure);
      console.log(figures.slice(-1).map(sentence).join());
    };
    if (part !== 'waits') await ages(browser, gateway, found);
    if (part !== 'ages') await waits(browser, gateway, found);
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

type Found = (figure: Promise<Figure>) => Promise<void>;

async function ages(browser: Browser, gateway: RunningGateway, found: Found): Promise<void> {
  for (const way of WAYS) {
    const name = `${way.name}: age of a picture`;
    await found(
      agesInPage(browser, pageOf(gateway, way)).then((values) => ({ name, values, ...way.latency })),
    );
  }
  for (const player of PLAYERS) {
    const name = `${player.name}: age of a picture`;
    await found(agesByProgram(player.address(gateway), player.input).then((values) => ({ name, values })));
  }
}

async function waits(browser: Browser, gateway: RunningGateway, found: Found): Promise<void> {
  for (const way of WAYS) await found(firstPicture(browser, gateway, way));
  for (const way of WAYS) await found(firstPictureCold(browser, gateway, way));
}

function pageOf({ http }: RunningGateway, { protocol }: Way): string {
  return `${http}/live/demo?protocol=${protocol}`;
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
