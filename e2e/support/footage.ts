import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const folder = path.join(tmpdir(), 'vedette-footage');

export interface VideoFootage {
  readonly video: 'h264' | 'h265';
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Pictures from one key frame to the next; always closed. */
  readonly gop: number;
  /** B-frames between two references; 0 for none. */
  readonly bframes: number;
  readonly seconds: number;
  readonly bitrateKbps: number;
}

export type AudioCodec = 'aac' | 'pcmu' | 'opus';

/** Makes (or finds) an MP4 of moving test pictures, each one different. The same settings give the same bytes. */
export async function videoFootage(footage: VideoFootage): Promise<string> {
  const { video, width, height, fps, gop, bframes, seconds, bitrateKbps } = footage;
  const shape = `keyint=${gop}:min-keyint=${gop}:scenecut=0:bframes=${bframes}:open-gop=0`;
  const codec =
    video === 'h264'
      ? ['libx264', '-x264-params', `${shape}:threads=1`]
      : ['libx265', '-x265-params', `${shape}:log-level=error:frame-threads=1`, '-tag:v', 'hvc1'];
  return make('mp4', [
    ...['-f', 'lavfi', '-i', `testsrc2=size=${width}x${height}:rate=${fps}:duration=${seconds}`],
    ...['-c:v', ...codec, '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-b:v', `${bitrateKbps}k`],
  ]);
}

/** What is heard: a tone, or noise, of which no frame is like another. */
export type Sound = 'tone' | 'noise';

/** Makes (or finds) a file with sound: 48 kHz stereo, or 8 kHz mono for G.711. */
export async function audioFootage(
  codec: AudioCodec,
  seconds: number,
  sound: Sound = 'tone',
): Promise<string> {
  const [extension, encoder, rate, channels] = {
    aac: ['m4a', 'aac', 48_000, 2],
    pcmu: ['wav', 'pcm_mulaw', 8000, 1],
    opus: ['ogg', 'libopus', 48_000, 2],
  }[codec] as [string, string, number, number];
  const generator = { tone: 'sine=frequency=440', noise: 'anoisesrc=color=pink:seed=1' }[sound];
  const source = `${generator}:sample_rate=${rate}:duration=${seconds}`;
  return make(extension, [
    ...['-f', 'lavfi', '-i', source, '-ac', String(channels), '-c:a', encoder, '-fflags', '+bitexact'],
  ]);
}

/** From one flash to the next, in milliseconds. */
export const FLASH_PERIOD_MS = 1000;

/**
 * Makes (or finds) an MP4 whose upper half flashes for two pictures each second, with a beep at the same instant. 25
 * pictures a second, each one different, a key picture each second, no B-frames; AAC.
 */
export async function flashAndBeep(seconds: number): Promise<string> {
  const isOn = 'lt(mod(t\\,1)\\,0.079)';
  const picture = `testsrc2=size=320x240:rate=25:duration=${seconds}`;
  const flash = `drawbox=x=0:y=0:w=iw:h=ih/2:color=white:t=fill:enable=${isOn},drawbox=x=0:y=0:w=iw:h=ih/2:color=black:t=fill:enable=1-${isOn}`;
  return make('mp4', [
    ...['-f', 'lavfi', '-i', `${picture},${flash}`],
    ...['-f', 'lavfi', '-i', `aevalsrc=0.5*sin(2*PI*1000*t)*${isOn}:s=48000:d=${seconds}`],
    ...['-c:v', 'libx264', '-x264-params', 'keyint=25:min-keyint=25:scenecut=0:bframes=0:threads=1'],
    ...['-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-ac', '2'],
  ]);
}

/** Takes one track out of a file as it is, without encoding. */
export async function videoTrackOf(file: string): Promise<string> {
  return make('mp4', ['-i', file, '-map', '0:v:0', '-c', 'copy']);
}

/** Encoding takes seconds: files stay in the temporary folder, named after what made them. */
async function make(extension: string, args: readonly string[]): Promise<string> {
  const name = createHash('sha256').update(JSON.stringify(args)).digest('hex').slice(0, 16);
  const file = path.join(folder, `${name}.${extension}`);
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  const unfinished = path.join(folder, `${name}.${process.pid}.${extension}`);
  await run('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', ...args, unfinished]);
  renameSync(unfinished, file);
  return file;
}
