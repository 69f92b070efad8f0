import { ffmpeg } from './ffmpeg.ts';

/** One decoded picture. */
export interface DecodedFrame {
  /** Presentation time in units of the output's time base. */
  readonly pts: number;
  /** MD5 of the pixels. */
  readonly hash: string;
}

/**
 * Decodes the video of a file, or of bytes, by the ffmpeg command. One thread and no frame dropped or
 * repeated, so that two runs over the same pictures always agree.
 *
 * @param format ffmpeg's name of the container, such as `h264`, `hevc` or `mp4`
 */
export function decodeFrames(source: string | Uint8Array, format: string): DecodedFrame[] {
  const isFile = typeof source === 'string';
  const input = ['-threads', '1', '-f', format, '-i', isFile ? source : 'pipe:0'];
  const output = ['-map', '0:v:0', '-fps_mode', 'passthrough', '-f', 'framemd5', 'pipe:1'];
  const { stdout } = ffmpeg([...input, ...output], isFile ? undefined : source);
  return stdout
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, , pts, , , hash] = line.split(',').map((field) => field.trim());
      return { pts: Number(pts), hash: hash ?? '' };
    });
}

/** The hashes alone: what must be equal whatever container or protocol the pictures went through. */
export function frameHashes(source: string | Uint8Array, format: string): string[] {
  return decodeFrames(source, format).map(({ hash }) => hash);
}
