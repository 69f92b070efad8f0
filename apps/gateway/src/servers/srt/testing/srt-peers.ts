import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { until } from '../../../../../../e2e/support/until.ts';
import { ffmpeg } from '../../../../../../packages/media/src/testing/ffmpeg.ts';
import { frameHashes } from '../../../../../../packages/media/src/testing/frame-hashes.ts';
import { framemd5Hashes, startFfmpeg, startPlayer, type Player } from '../../rtsp/testing/player.ts';
import type { SrtTestBed } from './srt-test-bed.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'vedette-srt-'));
/** What runs; a test that fails leaves its peers behind. */
const running = new Set<Player>();
after(() => {
  for (const player of running) player.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function tracked<P extends Player>(player: P): P {
  running.add(player);
  const forget = (): void => void running.delete(player);
  player.done.then(forget, forget);
  return player;
}

/** Moving pictures with B-frames and a tone, as a transport stream, and the hashes of its pictures. */
export interface Clip {
  readonly file: string;
  readonly hashes: readonly string[];
}

/** Makes a clip of `seconds` at 25 pictures a second, a key picture a second. */
export function makeClip(seconds: number, codec: 'libx264' | 'libx265' = 'libx264'): Clip {
  const file = path.join(folder, `${codec}-${seconds}.ts`);
  const picture = ['-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=25:duration=${seconds}`];
  const tone = ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:duration=${seconds}`];
  const quiet = codec === 'libx265' ? ['-x265-params', 'log-level=none'] : [];
  const video = [
    '-c:v',
    codec,
    '-preset',
    'ultrafast',
    '-bf',
    '2',
    '-g',
    '25',
    '-pix_fmt',
    'yuv420p',
    ...quiet,
  ];
  ffmpeg([...picture, ...tone, ...video, '-c:a', 'aac', '-f', 'mpegts', '-y', file]);
  return { file, hashes: frameHashes(file, 'mpegts') };
}

/** Plays a clip to `address` in its own time, by ffmpeg. */
export function publishByFfmpeg(clip: Clip, address: string): Player {
  return tracked(startFfmpeg(['-re', '-i', clip.file, '-c', 'copy', '-f', 'mpegts', address]));
}

/** srt-live-transmit, and what it has said so far. */
export interface Transmit extends Player {
  readonly said: () => string;
}

/** The same by srt-live-transmit, which takes more options of SRT. */
export function publishByTransmit(clip: Clip, address: string): Transmit {
  const feeder = spawn(
    'ffmpeg',
    ['-v', 'error', '-re', '-i', clip.file, '-c', 'copy', '-f', 'mpegts', 'pipe:1'],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const player = startTransmit('file://con', address, { input: feeder.stdout });
  feeder.once('close', () => setTimeout(() => player.kill('SIGINT'), 300));
  const stopFeeding = (): void => void feeder.kill('SIGKILL');
  player.done.then(stopFeeding, stopFeeding);
  return player;
}

/**
 * srt-live-transmit, its log on its standard error.
 *
 * @param isPersistent tries again and again when it is refused.
 */
export function startTransmit(
  from: string,
  to: string,
  { input, isPersistent = false }: { input?: NodeJS.ReadableStream; isPersistent?: boolean } = {},
): Transmit {
  const again = isPersistent ? 'yes' : 'no';
  const child = spawn('srt-live-transmit', ['-loglevel', 'note', '-autoreconnect', again, from, to], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined);
  if (input === undefined) child.stdin.end();
  else input.pipe(child.stdin);
  const chunks: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const done = new Promise<{ code: number | null; stdout: Buffer; stderr: string }>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new Error('these tests need srt-live-transmit: apt-get install srt-tools', { cause })),
    );
    child.once('close', (code) => resolve({ code, stdout: Buffer.concat(chunks), stderr }));
  });
  return tracked({ done, said: () => stderr, kill: (signal = 'SIGKILL') => void child.kill(signal) });
}

/** srt-live-transmit calls `address`, in vain: the server's `log` tells of it. @returns what it said. */
export async function callInVain({ log }: Pick<SrtTestBed, 'log'>, address: string): Promise<string> {
  const caller = startTransmit(address, 'file://con');
  await until(() => log.length > 0);
  caller.kill();
  return (await caller.done).stderr;
}

/** ffmpeg watches `pictures` pictures from `address`. */
export function watchByFfmpeg(address: string, pictures: number): Player {
  const input = ['-threads', '1', '-probesize', '200000', '-analyzeduration', '500000', '-i', address];
  const output = ['-map', '0:v:0', '-fps_mode', 'passthrough', '-frames:v', String(pictures)];
  return tracked(startFfmpeg([...input, ...output, '-f', 'framemd5', 'pipe:1']));
}

/** GStreamer keeps what it gets from `address` in `file`, until it is ended. */
export function watchByGstreamer(address: string, file: string): Player {
  return tracked(
    startPlayer('gst-launch-1.0', [
      '-q',
      '-e',
      'srtsrc',
      `uri=${address}`,
      '!',
      'filesink',
      `location=${file}`,
    ]),
  );
}

export const temporaryFile = (name: string): string => path.join(folder, name);

/** The hashes that a watching ffmpeg printed; it must have ended well. */
export async function hashesOf(player: Player): Promise<string[]> {
  const { code, stdout, stderr } = await player.done;
  assert.equal(code, 0, stderr);
  return framemd5Hashes(stdout.toString());
}

/** At the cut end of a stream a picture may stand whose B-frames are missing. */
const CUT = 3;

/** `hashes` is a run of the clip's pictures without a gap, and at least `least` of them. */
export function assertRun(hashes: readonly string[], clip: Clip, least: number, who = 'the peer'): void {
  assert.ok(hashes.length >= least, `${who} has ${hashes.length} pictures, expected ${least}`);
  const start = clip.hashes.indexOf(hashes[0] ?? '');
  assert.ok(start >= 0, `the first picture of ${who} is one of the clip's`);
  const whole = hashes.slice(0, -CUT);
  assert.deepEqual(whole, clip.hashes.slice(start, start + whole.length), `the pictures of ${who}`);
}
