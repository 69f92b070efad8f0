import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGateway, type RunningGateway } from '../../e2e/support/gateway.ts';
import { cpuSecondsOf } from './support/process-usage.ts';

const SECONDS = 20;
/** Measured in turns: what else the machine does weighs on both. */
const ROUNDS = 3;
const TARGET = 1.1;
const RUNGS = [
  { height: 720, width: 1280, kilobits: 2000 },
  { height: 480, width: 854, kilobits: 1000 },
  { height: 360, width: 640, kilobits: 500 },
] as const;
/** As the media worker sets x264 up. */
const X264 = 'scenecut=0:repeat-headers=1:subme=1:force-cfr=1';

/**
 * What a ladder of three costs, of one camera of 1080 lines: the gateway with its workers against one ffmpeg command
 * that does the same job with the same settings, at the same pace. The command is written as people write it: it scales
 * each rung from the source, the gateway from the rung above.
 */
export async function run(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
  try {
    const clip = path.join(folder, 'clip.mp4');
    encodeClip(clip);
    const totals = { theirs: 0, ours: 0 };
    for (let round = 0; round < ROUNDS; round += 1) {
      const theirs = await measureFfmpeg(clip);
      const ours = await measureGateway(clip);
      totals.theirs += theirs;
      totals.ours += ours;
      console.log(
        `ffmpeg command ${theirs.toFixed(3)}, gateway and workers ${ours.toFixed(3)} CPU seconds a second`,
      );
    }
    console.log(`ratio ${(totals.ours / totals.theirs).toFixed(2)} (target: at most ${TARGET})`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function encodeClip(file: string): void {
  const input = ['-f', 'lavfi', '-i', 'testsrc2=size=1920x1080:rate=25', '-t', String(SECONDS)];
  const x264 = [
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-bf',
    '0',
    '-g',
    '50',
    '-b:v',
    '4M',
    '-pix_fmt',
    'yuv420p',
  ];
  execFileSync('ffmpeg', ['-v', 'error', ...input, ...x264, file]);
}

function ffmpegArguments(clip: string): string[] {
  const outputs = RUNGS.flatMap(({ width, height, kilobits }) => [
    ...['-vf', `scale=${width}:${height}`, '-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency'],
    ...['-profile:v', 'baseline', '-crf', '23', '-maxrate', `${kilobits}k`, '-bufsize', `${kilobits / 2}k`],
    ...['-g', '600', '-forced-idr', '1', '-force_key_frames', 'expr:gte(t,n_forced*2)', '-threads', '1'],
    ...['-x264-params', X264, '-an', '-f', 'null', '-'],
  ]);
  return ['-v', 'error', '-nostdin', '-re', '-threads', '1', '-i', clip, ...outputs];
}

/** CPU seconds a second of the command, which does nothing but the ladder. */
async function measureFfmpeg(clip: string): Promise<number> {
  const child = spawn('ffmpeg', ffmpegArguments(clip), { stdio: ['ignore', 'ignore', 'inherit'] });
  const exited = once(child, 'exit');
  await sleep(3000);
  const before = cpuSecondsOf(child.pid ?? 0);
  const startMs = performance.now();
  await sleep((SECONDS - 8) * 1000);
  const seconds = (performance.now() - startMs) / 1000;
  const used = cpuSecondsOf(child.pid ?? 0) - before;
  child.kill('SIGKILL');
  await exited;
  return used / seconds;
}

async function measureGateway(clip: string): Promise<number> {
  const gateway = await startGateway({ config: `cameras:\n  gate: {source: "file:${clip}"}\n` });
  const viewers = new AbortController();
  try {
    const watching = RUNGS.map(async ({ height }) => watch(gateway, `${height}p`, viewers.signal));
    await sleep(8000);
    const pids = [gateway.pid, ...childrenOf(gateway.pid)];
    const before = sum(pids.map(cpuSecondsOf));
    const startMs = performance.now();
    await sleep((SECONDS - 8) * 1000);
    const seconds = (performance.now() - startMs) / 1000;
    const used = sum(pids.map(cpuSecondsOf)) - before;
    viewers.abort();
    const bytes = await Promise.all(watching);
    if (bytes.some((count) => count === 0)) throw new Error('a rung was not seen');
    const skipped = await skippedPictures(gateway);
    if (skipped > 0)
      console.log(`${skipped} pictures were left out: the machine was too slow for a fair run`);
    return used / seconds;
  } finally {
    viewers.abort();
    await gateway.close();
  }
}

/** Reads a rung until the signal. @returns bytes */
async function watch({ http }: RunningGateway, quality: string, signal: AbortSignal): Promise<number> {
  let count = 0;
  for (;;) {
    if (signal.aborted) return count;
    try {
      const { body, ok } = await fetch(`${http}/live/gate.ts?quality=${quality}`, { signal });
      if (!ok || body === null) {
        await sleep(200);
        continue;
      }
      for await (const chunk of body as AsyncIterable<Uint8Array>) count += chunk.byteLength;
    } catch {
      return count;
    }
  }
}

async function skippedPictures({ http }: RunningGateway): Promise<number> {
  const text = await (await fetch(`${http}/metrics`)).text();
  return Number(/^vedette_transcode_skipped_total (\d+)/m.exec(text)?.[1] ?? 0);
}

function childrenOf(pid: number): number[] {
  const listed = execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)]).toString();
  return listed
    .split('\n')
    .map(Number)
    .filter((child) => child > 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
