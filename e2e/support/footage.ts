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
