import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { ClockViewer } from './clock-viewer.ts';

const run = promisify(execFile);

/** A piece of the demo camera in a file, to be published as another camera. Its pictures keep their clock. */
export interface DemoFootage {
  readonly file: string;
  /** What its pictures show, in order, in ms since the Unix epoch. */
  readonly times: readonly number[];
}

/** Records the demo camera from `rtsp`, once as it is with AAC for its sound, once with B-frames. */
export async function recordDemo(
  context: Pick<TestContext, 'after'>,
  rtsp: string,
): Promise<{ plain: DemoFootage; reordered: DemoFootage }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-demo-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const plain = path.join(folder, 'plain.mp4');
  const reordered = path.join(folder, 'reordered.mp4');
  const quiet = ['-nostdin', '-loglevel', 'error', '-y'];
  await run('ffmpeg', [
    ...[...quiet, '-rtsp_transport', 'tcp', '-i', `${rtsp}/demo`, '-t', '8'],
    ...['-c:v', 'copy', '-c:a', 'aac', plain],
  ]);
  await run('ffmpeg', [
    ...[...quiet, '-i', plain, '-c:a', 'copy', '-c:v', 'libx264', '-preset', 'superfast', '-crf', '23'],
    ...['-x264-params', 'keyint=50:min-keyint=50:scenecut=0:bframes=2:b-adapt=0', reordered],
  ]);
  return {
    plain: { file: plain, times: await timesOf(context, plain) },
    reordered: { file: reordered, times: await timesOf(context, reordered) },
  };
}

async function timesOf(context: Pick<TestContext, 'after'>, file: string): Promise<readonly number[]> {
  const viewer = new ClockViewer(context, file);
  await viewer.ended;
  return viewer.times;
}

/** Publishes a file over and over, as a camera would; ended with the test. */
export function publishFile(context: Pick<TestContext, 'after'>, file: string, url: string): void {
  const child = spawn(
    'ffmpeg',
    [
      ...['-nostdin', '-loglevel', 'error', '-re', '-stream_loop', '-1', '-i', file, '-c', 'copy'],
      ...['-f', 'rtsp', '-rtsp_transport', 'tcp', url],
    ],
    { stdio: 'ignore' },
  );
  const exited = once(child, 'exit');
  context.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
}
