import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { FLASH_PERIOD_MS } from './footage.ts';

const run = promisify(execFile);

/** Brightness of the upper half, 0 to 255, from which on it flashes. */
const BRIGHT = 128;

/**
 * How much later the beep is heard than the flash is seen, in milliseconds, in a recording of `flashAndBeep`: the
 * median. `undefined` where there is neither, or not both.
 */
export async function beepDelayMs(file: string): Promise<number | undefined> {
  const [flashes, beeps] = await Promise.all([flashesMs(file), beepsMs(file)]);
  const delays = flashes
    .map((flash) => nearest(beeps, flash) - flash)
    .filter((delay) => Math.abs(delay) < FLASH_PERIOD_MS / 2)
    .sort((a, b) => a - b);
  return delays[Math.floor(delays.length / 2)];
}

function nearest(times: readonly number[], to: number): number {
  return times.reduce((best, time) => (Math.abs(time - to) < Math.abs(best - to) ? time : best), Infinity);
}

async function flashesMs(file: string): Promise<number[]> {
  const filter =
    'crop=iw:ih/2:0:0,signalstats,metadata=mode=print:key=lavfi.signalstats.YAVG:file=pipe\\\\:1:direct=1';
  const { stdout } = await ffmpeg(file, ['-map', '0:v', '-vf', filter]);
  const onsets: number[] = [];
  let wasBright = true; // one that is on from the first picture may have begun before
  let atMs = 0;
  for (const line of stdout.split('\n')) {
    const time = /pts_time:(-?[\d.]+)/.exec(line);
    if (time !== null) atMs = Number(time[1]) * 1000;
    const brightness = /YAVG=([\d.]+)/.exec(line);
    if (brightness === null) continue;
    const isBright = Number(brightness[1]) > BRIGHT;
    if (isBright && !wasBright) onsets.push(atMs);
    wasBright = isBright;
  }
  return onsets;
}

async function beepsMs(file: string): Promise<number[]> {
  const { stderr } = await ffmpeg(file, ['-map', '0:a?', '-af', 'silencedetect=noise=-30dB:d=0.3']);
  return [...stderr.matchAll(/silence_end: (-?[\d.]+)/g)].map(([, seconds]) => Number(seconds) * 1000);
}

async function ffmpeg(file: string, args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const all = [
    '-hide_banner',
    '-nostdin',
    '-threads',
    '1',
    '-i',
    file,
    ...args,
    '-fps_mode',
    'passthrough',
    '-f',
    'null',
    '-',
  ];
  return run('ffmpeg', all, { maxBuffer: 64 * 1024 * 1024 }).catch((error: unknown) => {
    // A recording without sound: there is nothing to write.
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    return { stdout: '', stderr };
  });
}
