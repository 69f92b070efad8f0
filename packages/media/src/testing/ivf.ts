import { ffmpeg } from './ffmpeg.ts';

/** Frames out of an IVF file: 32 bytes of file header, 12 bytes (size, time) in front of each frame. */
export function ivfFrames(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const frames: Uint8Array[] = [];
  for (let at = view.getUint16(6, true); at + 12 <= file.length;) {
    const size = view.getUint32(at, true);
    frames.push(file.subarray(at + 12, at + 12 + size));
    at += 12 + size;
  }
  return frames;
}

const ENCODERS = {
  vp8: ['libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-auto-alt-ref', '0'],
  vp9: ['libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-lag-in-frames', '0'],
  av1: ['libaom-av1', '-usage', 'realtime', '-cpu-used', '8', '-row-mt', '1'],
} as const;

export interface EncodedVideo {
  /** The file, for decoders. */
  readonly ivf: Uint8Array;
  readonly frames: readonly Uint8Array[];
}

const made = new Map<string, EncodedVideo>();

/** 320x180 test pictures, 25 a second, a key frame every 10. */
export function encodedVideo(codec: keyof typeof ENCODERS, count = 25): EncodedVideo {
  const key = `${codec} ${count}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25'];
  const encoder = ['-c:v', ...ENCODERS[codec], '-g', '10', '-b:v', '300k', '-pix_fmt', 'yuv420p'];
  const args = [...picture, '-frames:v', String(count), ...encoder, '-f', 'ivf', 'pipe:1'];
  const ivf = new Uint8Array(ffmpeg(args).stdout);
  const video = { ivf, frames: ivfFrames(ivf) };
  made.set(key, video);
  return video;
}
