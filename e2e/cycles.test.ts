import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';

import { areLive, cameraOf, sessionsOf } from './support/api.ts';
import { videoFootage } from './support/footage.ts';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { openFiles, processTree, residentBytes } from './support/process-stats.ts';
import { publishByFfmpeg, type PublishingPeer } from './support/publishers.ts';
import { RawPublisher, rawClip, type RawClip } from './support/raw-publisher.ts';
import { RawViewer } from './support/raw-viewer.ts';
import { until } from './support/until.ts';

const CYCLES = 1000;
/** How many it takes until memory is as it stays: what is done for HLS makes more garbage, and sooner. */
const WARM_UP_CYCLES = { rtsp: 2000, hls: 500 };
/** At a time. */
const LANES = 10;
const CYCLES_PER_SAMPLE = 50;
/** How much more memory the second half may need than the first: 8 KB left behind by each cycle would be seen. */
const MAX_GROWTH_BYTES = 4 * 1024 * 1024;
/** This test's own HTTP client keeps some for the next request. */
const MAX_IDLE_CONNECTIONS = 3 * LANES;
/** Garbage is collected early: else it is all that one sees. */
const SMALL_HEAP = { NODE_OPTIONS: '--max-semi-space-size=1 --max-old-space-size=96' };

let gateway: RunningGateway;
let publisher: PublishingPeer;
let clip: RawClip;

before(async () => {
  const publishCameras = Array.from({ length: LANES }, (_, lane) => `lane${lane}: {source: publish}`);
  gateway = await startGateway({
    config: `cameras: {gate: {source: publish}, ${publishCameras.join(', ')}}`,
    environment: SMALL_HEAP,
  });
  const videoFile = await videoFootage({
    ...{ video: 'h264', width: 320, height: 240, fps: 25, gop: 25, bframes: 0, seconds: 8, bitrateKbps: 500 },
  });
  clip = rawClip(videoFile);
  publisher = publishByFfmpeg({ url: `${gateway.rtsp}/gate`, videoFile, isLooped: true }, 'tcp');
  await until(async () => areLive(gateway.http, ['gate']));
});
after(async () => {
  await publisher.close();
  await gateway.close();
});

interface Sample {
  readonly bytes: number;
  readonly files: number;
}

/** The gateway and its workers together. */
function sample(): Sample {
  const processes = processTree(gateway.pid);
  const sum = (measure: (pid: number) => number): number =>
    processes.reduce((total, pid) => total + measure(pid), 0);
  return { bytes: sum((pid) => residentBytes(pid)), files: sum(openFiles) };
}

/** One peer's coming and going; `lane` tells those apart that are there at the same time. */
type Cycle = (index: number, lane: number) => Promise<void>;

/** Runs `cycle` so many times, some at a time. */
async function runCycles(count: number, cycle: Cycle): Promise<Sample[]> {
  const samples: Sample[] = [];
  let next = 0;
  const run = async (lane: number): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      await cycle(index, lane);
      if (index % CYCLES_PER_SAMPLE === 0) samples.push(sample());
    }
  };
  await Promise.all(Array.from({ length: LANES }, async (_, lane) => run(lane)));
  return samples;
}

/** @returns how much more memory the second half of the cycles took than the first; open files may not be more. */
async function growthOf(t: TestContext, cycle: Cycle): Promise<number> {
  const samples = await runCycles(CYCLES, cycle);
  await until(async () => (await sessionsOf(gateway.http)).length === 1, { what: 'only the source is left' });
  const half = samples.length / 2;
  const [first, second] = [samples.slice(0, half), samples.slice(half)];
  const mean = (part: readonly Sample[]): number =>
    part.reduce((sum, { bytes }) => sum + bytes, 0) / part.length;
  const most = (part: readonly Sample[]): number => Math.max(...part.map(({ files }) => files));
  const growth = mean(second) - mean(first);
  t.diagnostic(
    `memory ${(mean(first) / 2 ** 20).toFixed(1)} MiB, then ${(mean(second) / 2 ** 20).toFixed(1)} MiB; ` +
      `open files at most ${most(first)}, then ${most(second)}`,
  );
  assert.ok(most(second) <= most(first) + LANES, 'open files grow');
  return growth;
}

/**
 * Neither memory nor open files grow with the number of cycles. A heap grows by a step now and then, so one that did is
 * looked at once more: what leaks grows every time.
 */
async function assertFlat(t: TestContext, protocol: 'rtsp' | 'hls', cycle: Cycle): Promise<void> {
  await runCycles(WARM_UP_CYCLES[protocol], cycle);
  await until(async () => (await sessionsOf(gateway.http)).length === 1, { what: 'only the source is left' });
  const first = await growthOf(t, cycle);
  const growth = first < MAX_GROWTH_BYTES ? first : Math.min(first, await growthOf(t, cycle));
  assert.ok(growth < MAX_GROWTH_BYTES, `${growth} bytes more in the second half, twice`);
}

/** When nobody is there any more, everything that was opened for them is closed. */
async function assertClosesAll(t: TestContext, protocol: 'rtsp' | 'hls', cycle: Cycle): Promise<void> {
  const before = sample().files;
  await assertFlat(t, protocol, cycle);
  await until(() => sample().files <= before + MAX_IDLE_CONNECTIONS, {
    what: `${before} open files or so, as before`,
  });
}

test(`${CYCLES} RTSP viewers come and go`, async (t) => {
  await assertClosesAll(t, 'rtsp', async (index) => {
    const viewer = await RawViewer.play(`${gateway.rtsp}/gate`);
    await until(() => viewer.pictures > 0);
    if (index % 2 === 0) await viewer.leave();
    else await viewer.close();
  });
});

test(`${CYCLES} RTSP publishers come and go`, async (t) => {
  const [first] = clip.pictures;
  assert.ok(first !== undefined);
  await assertClosesAll(t, 'rtsp', async (index, lane) => {
    const peer = await RawPublisher.record(`${gateway.rtsp}/lane${lane}`, clip);
    peer.send(first);
    if (index % 2 === 0) await peer.leave();
    else await peer.close();
  });
  assert.equal((await cameraOf(gateway.http, 'lane0')).state.name, 'waiting');
});

test(`${CYCLES} HLS viewers come and go`, async (t) => {
  await assertClosesAll(t, 'hls', async (index) => {
    const agent = `viewer ${index}`;
    const address = `${gateway.http}/live/gate/index.m3u8`;
    const media = new URL(lastLine(await load(address, agent)), address);
    const playlist = await load(media.href, agent);
    const map = /#EXT-X-MAP:URI="([^"]+)"/.exec(playlist)?.[1] ?? '';
    const part = [...playlist.matchAll(/#EXT-X-PART:.*URI="(p[^"]+)"/g)].at(-1)?.[1] ?? '';
    for (const resource of [map, part]) await load(new URL(resource, media).href, agent);
    // HLS has no goodbye: else each would be held for half a minute.
    const session = (await sessionsOf(gateway.http)).find(({ userAgent }) => userAgent === agent);
    const ended = await fetch(`${gateway.http}/api/v1/sessions/${session?.id}`, { method: 'DELETE' });
    assert.equal(await ended.text(), '');
  });
});

async function load(url: string, agent: string): Promise<string> {
  const response = await fetch(url, { headers: { 'User-Agent': agent } });
  const body = await response.text();
  assert.equal(response.status, 200, body);
  return body;
}

function lastLine(playlist: string): string {
  return playlist.trimEnd().split('\n').at(-1) ?? '';
}
