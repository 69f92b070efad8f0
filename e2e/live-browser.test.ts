import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test, type TestContext } from 'node:test';
import { startChromium, type Browser } from './support/chromium.ts';
import { ClockViewer } from './support/clock-viewer.ts';
import { publishFile, recordDemo, type DemoFootage } from './support/demo-footage.ts';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { LivePage, type PaintedPicture } from './support/live-page.ts';
import { until } from './support/until.ts';

/** Twenty seconds. */
const WINDOW_PICTURES = 500;

let browser: Browser;
let gateway: RunningGateway;
let footage: { plain: DemoFootage; reordered: DemoFootage };
const ends: (() => unknown)[] = [];

before(async () => {
  const suite = { after: (end: () => unknown) => void ends.push(end) };
  browser = await startChromium(suite);
  gateway = await startGateway({
    demo: true,
    config: 'cameras: {gate: {source: publish}, yard: {source: publish}, odd: {source: publish}}',
  });
  footage = await recordDemo(suite, gateway.rtsp);
});
after(async () => {
  for (const end of ends.reverse()) await end();
  assert.equal(await gateway.close(), 0);
});

async function open(context: TestContext, url: string): Promise<LivePage> {
  const live = await LivePage.open(await browser.newPage(), url);
  context.after(async () => live.close());
  return live;
}

/** Waits for `count` further pictures whose clock is later than all before, painted by `isWebrtc` or not. */
async function plays(live: LivePage, isWebrtc: boolean, count = 25): Promise<PaintedPicture[]> {
  const seen: PaintedPicture[] = [];
  await until(
    async () => {
      const videos = await live.videos();
      const painted = await live.pictures();
      seen.push(...painted.filter(({ video }) => videos[video]?.isWebrtc === isWebrtc));
      return seen.length >= count && (await live.state()) === 'live';
    },
    { what: `${count} pictures by ${isWebrtc ? 'WebRTC' : 'MSE or LL-HLS'}` },
  );
  return seen;
}

function assertClockAdvances(pictures: readonly PaintedPicture[]): void {
  const unread = pictures.findIndex(({ capturedMs }) => capturedMs === undefined);
  assert.equal(unread, -1, `no clock in picture ${unread}: ${JSON.stringify(pictures[unread])}`);
  const times = pictures.map(({ capturedMs }) => capturedMs ?? Number.NaN);
  assert.ok(
    times.every((time, index) => index === 0 || time >= (times[index - 1] ?? time)),
    'no picture is older than the one before',
  );
}

/**
 * Steps in what a viewer of `footage`, again and again, saw that are not from one of its pictures to the next. The
 * footage itself decides which is next: it was filmed live, and a busy machine films fewer pictures.
 */
function jumps(times: readonly number[], footage: DemoFootage): string[] {
  const next = new Map(
    footage.times.map((time, index) => [time, footage.times[(index + 1) % footage.times.length]]),
  );
  return times.flatMap((time, index) => {
    const before = times[index - 1];
    return before === undefined || next.get(before) === time ? [] : [`${before} → ${time}`];
  });
}

/** The gateway's worker of this kind; 0 while there is none. */
function workerPid(kind: 'media' | 'webrtc'): number {
  const { pid } = gateway;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  const worker = children.find((child) => commandOf(child).includes(`/workers/${kind}/`));
  return Number(worker ?? 0);
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // gone meanwhile
  }
}

async function grows(read: () => Promise<number>, what: string): Promise<void> {
  const before = await read();
  await until(async () => (await read()) > before, { what });
}

async function soundEnergy(live: LivePage): Promise<number> {
  return Number((await live.inbound('audio'))?.['totalAudioEnergy'] ?? 0);
}

test('WebRTC plays the demo with sound, and drops nothing in 20 s', async (context) => {
  const live = await open(context, `${gateway.http}/live/demo`);
  await plays(live, true);
  await live.page.keyboard.press('m');
  await grows(async () => soundEnergy(live), 'sound');

  // The machine may be busy with other things for a moment: the window is to be found, not the first one.
  let drops = Number.NaN;
  for (let attempt = 1; attempt <= 4 && drops !== 0; attempt++) {
    const start = await live.inbound('video');
    const painted = await plays(live, true, WINDOW_PICTURES);
    const end = await live.inbound('video');
    const over = (name: string): number => Number(end?.[name]) - Number(start?.[name]);
    assertClockAdvances(painted);
    drops = over('framesDropped');
    const seconds = over('timestamp') / 1000;
    context.diagnostic(
      `${seconds.toFixed(1)} s: ${(over('framesDecoded') / seconds).toFixed(2)} fps, ` +
        `${drops} dropped by the decoder, ${over('packetsLost')} packets lost, ${over('freezeCount')} freezes`,
    );
  }
  assert.equal(drops, 0);
  assert.deepEqual(live.complaints, []);
});

test('LL-HLS plays when it is asked for', async (context) => {
  const live = await open(context, `${gateway.http}/live/demo?protocol=hls`);
  assertClockAdvances(await plays(live, false, 100));
  assert.ok((await live.videos()).every(({ isWebrtc }) => !isWebrtc));
  assert.deepEqual(live.complaints, []);
});

test('a camera with B-frames plays by WebRTC, made into H.264 without them', async (context) => {
  publishFile(context, footage.reordered.file, `${gateway.rtsp}/odd`);
  await untilState('odd', 'live');
  const live = await open(context, `${gateway.http}/live/odd`);
  await plays(live, true);
  await live.page.getByText('WebRTC gets them transcoded').waitFor();
});

test('another way is taken at once where WebRTC is switched off', async (context) => {
  const other = await startGateway({ demo: true, flags: ['--webrtc.enabled', 'false'] });
  context.after(async () => other.close());
  const live = await open(context, `${other.http}/live/demo`);
  const [first] = await plays(live, false);
  context.diagnostic(`first picture after ${first?.pageMs.toFixed(0)} ms`);
});

/**
 * Everything that watches `camera`, which plays the footage over and over. One that no test has used: a player of
 * LL-HLS begins some segments back, where it would find the pictures of a publisher before.
 */
async function watch(
  context: TestContext,
  camera: string,
): Promise<{ live: LivePage; assertNothingLost: () => Promise<void> }> {
  publishFile(context, footage.plain.file, `${gateway.rtsp}/${camera}`);
  await untilState(camera, 'live');
  const rtsp = new ClockViewer(context, `${gateway.rtsp}/${camera}`);
  const hls = new ClockViewer(context, `${gateway.http}/live/${camera}/index.m3u8`);
  const viewers = [rtsp, hls];
  const live = await open(context, `${gateway.http}/live/${camera}`);
  // Long enough to count as steady: what breaks sooner is given more time between attempts.
  await plays(live, true, 150);
  await until(() => viewers.every(({ times }) => times.length > 50));
  const assertNothingLost = async (): Promise<void> => {
    const counts = viewers.map(({ times }) => times.length);
    await until(() => viewers.every(({ times }, index) => times.length > (counts[index] ?? 0) + 75));
    assert.deepEqual(jumps(rtsp.times, footage.plain), [], 'RTSP');
    assert.deepEqual(jumps(hls.times, footage.plain), [], 'LL-HLS');
  };
  return { live, assertNothingLost };
}

test('the WebRTC worker is killed: its viewers come back by themselves, others see nothing', async (context) => {
  const { live, assertNothingLost } = await watch(context, 'gate');
  const { length: videos } = await live.videos();
  const killedMs = Date.now();
  process.kill(workerPid('webrtc'), 'SIGKILL');
  let back: PaintedPicture | undefined;
  await until(async () => {
    back = (await live.pictures()).find(({ video }) => video >= videos);
    return back !== undefined;
  });
  context.diagnostic(`WebRTC is back ${(Number(back?.atMs) - killedMs).toFixed(0)} ms after the kill`);
  await plays(live, true);
  await assertNothingLost();
});

test('the media worker is killed: pictures of a camera go on everywhere, its sound comes back', async (context) => {
  const { live, assertNothingLost } = await watch(context, 'yard');
  await live.page.keyboard.press('m');
  await grows(async () => soundEnergy(live), 'sound');
  const { length: videos } = await live.videos();

  const killed = workerPid('media');
  process.kill(killed, 'SIGKILL');
  await until(() => ![0, killed].includes(workerPid('media')));
  await grows(async () => soundEnergy(live), 'sound, again');
  await assertNothingLost();
  assert.equal((await live.videos()).length, videos, 'the page did not connect again');
});

test('a camera that goes away and comes back: the page says so, and plays again', async (context) => {
  // A second gateway's demo is the camera of the first.
  const camera = await startGateway({ demo: true });
  context.after(async () => camera.close());
  const { port } = new URL(camera.rtsp);
  const site = await startGateway({ config: `cameras: {yard: {source: "rtsp://127.0.0.1:${port}/demo"}}` });
  context.after(async () => site.close());
  const live = await open(context, `${site.http}/live/yard`);
  assertClockAdvances(await plays(live, true));

  await camera.close();
  await until(async () => (await live.state()) === 'offline');
  assert.match(await live.page.locator('[data-viewer]').innerText(), /No signal since/);

  const again = await startGateway({ demo: true, flags: ['--rtsp.port', port] });
  context.after(async () => again.close());
  await plays(live, true);
});

async function untilState(camera: string, name: string): Promise<void> {
  await until(
    async () => {
      const response = await fetch(`${gateway.http}/api/v1/cameras/${camera}`);
      return ((await response.json()) as { state: { name: string } }).state.name === name;
    },
    { what: `${camera} is ${name}` },
  );
}
