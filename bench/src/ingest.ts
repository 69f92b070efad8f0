import { execFileSync, spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGateway } from '../../e2e/support/gateway.ts';
import { cpuSecondsOf, residentBytesOf } from './support/process-usage.ts';

const CAMERAS = 100;
const FRAMES_PER_SECOND = 25;
const WARM_UP_MS = 5000;
const MEASURED_MS = 15_000;

type Child = ChildProcessByStdio<Writable, Readable, null>;

interface Usage {
  readonly cores: number;
  readonly residentBytes: number;
}

/**
 * What it costs to take a hundred cameras of 2 Mbit/s by RTSP over TCP while nobody watches: the gateway against
 * a program on the same Node.js that reads the same connections and does nothing.
 */
export async function run(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
  const children: Child[] = [];
  try {
    const clip = path.join(folder, 'clip.264');
    encodeClip(clip);
    const cameras = start('cameras-process.ts', clip, String(CAMERAS));
    children.push(cameras);
    const { port } = JSON.parse(await firstLine(cameras)) as { port: number };

    const bare = start('bare-process.ts', String(port), String(CAMERAS));
    await firstLine(bare);
    const floor = await usageOf(bare.pid ?? 0);
    bare.kill('SIGKILL');
    await once(bare, 'exit');

    await measureGateway(port, floor);
  } finally {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureGateway(port: number, floor: Usage): Promise<void> {
  const lines = Array.from({ length: CAMERAS }, (_, index) => {
    return `  cam${index}: {source: "rtsp://127.0.0.1:${port}/cam${index}", transport: tcp}`;
  });
  const gateway = await startGateway({ config: `cameras:\n${lines.join('\n')}\n` });
  try {
    await sleep(WARM_UP_MS);
    const before = await metricSums(gateway.http);
    const usage = await usageOf(gateway.pid);
    const after = await metricSums(gateway.http);
    const seconds = (after.atMs - before.atMs) / 1000;
    print(floor, usage, {
      live: after.live,
      picturesPerSecond: (after.pictures - before.pictures) / seconds,
      megabits: ((after.bytes - before.bytes) * 8) / 1e6 / seconds,
      damaged: after.damaged,
    });
  } finally {
    await gateway.close();
  }
}

/** Ten seconds of a moving picture at 2 Mbit/s, a key picture every two. */
function encodeClip(file: string): void {
  const source = `testsrc2=size=1280x720:rate=${FRAMES_PER_SECOND}:duration=10`;
  const rate = ['-b:v', '2M', '-maxrate', '2M', '-bufsize', '1M', '-x264-params', 'nal-hrd=cbr'];
  const codec = ['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-g', '50'];
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', source, ...codec, ...rate, file]);
}

function start(file: string, ...args: string[]): Child {
  const script = path.join(import.meta.dirname, 'ingest', file);
  return spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
}

async function firstLine(child: Child): Promise<string> {
  for await (const line of createInterface(child.stdout)) return line;
  throw new Error('a process of the measurement ended too early');
}

async function usageOf(pid: number): Promise<Usage> {
  const [before, startMs] = [cpuSecondsOf(pid), performance.now()];
  await sleep(MEASURED_MS);
  const seconds = (performance.now() - startMs) / 1000;
  return { cores: (cpuSecondsOf(pid) - before) / seconds, residentBytes: residentBytesOf(pid) };
}

interface MetricSums {
  readonly atMs: number;
  readonly live: number;
  readonly pictures: number;
  readonly bytes: number;
  readonly damaged: number;
}

async function metricSums(http: string): Promise<MetricSums> {
  const text = await (await fetch(`${http}/metrics`)).text();
  const sum = (name: string): number =>
    [...text.matchAll(new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'gm'))].reduce(
      (total, [, value]) => total + Number(value),
      0,
    );
  return {
    atMs: performance.now(),
    live: sum('vedette_stream_live'),
    pictures: sum('vedette_stream_pictures_total'),
    bytes: sum('vedette_stream_bytes_total'),
    damaged: sum('vedette_stream_damaged_pictures_total'),
  };
}

function print(
  floor: Usage,
  gateway: Usage,
  {
    live,
    picturesPerSecond,
    megabits,
    damaged,
  }: { live: number; picturesPerSecond: number; megabits: number; damaged: number },
): void {
  const row = (name: string, { cores, residentBytes }: Usage): Record<string, string> => ({
    program: name,
    'CPU cores': cores.toFixed(3),
    'RSS MB': (residentBytes / 1e6).toFixed(0),
  });
  console.table([row('reads and forgets', floor), row('gateway', gateway)]);
  console.log(
    `${live} of ${CAMERAS} cameras live, ${picturesPerSecond.toFixed(0)} pictures/s ` +
      `(${CAMERAS * FRAMES_PER_SECOND} sent), ${megabits.toFixed(0)} Mbit/s, ${damaged} damaged`,
  );
  console.log(`ratio ${(gateway.cores / floor.cores).toFixed(2)}`);
}
