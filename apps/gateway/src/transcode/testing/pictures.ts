import {
  type AccessUnit,
  createJpegTrack,
  FrameAssembler,
  parseJpegHeader,
  type VideoCodec,
} from '@vedette/media';
import { ffmpeg } from '../../../../../packages/media/src/testing/ffmpeg.ts';
import { encodedVideo } from '../../../../../packages/media/src/testing/ivf.ts';
import { makeFootage } from '../../sinks/hls/testing/footage.ts';

const CLOCK_RATE = 90_000;
const TICKS = 3600;
const PICTURE_SIZE = { width: 320, height: 180 } as const;

export interface PictureOptions {
  readonly seconds?: number;
  /** Pictures from one key picture to the next; VP8, VP9 and AV1 have 10. */
  readonly gop?: number;
  readonly bFrames?: number;
  readonly width?: number;
  readonly height?: number;
}

/** Pictures of a codec as a source would hand them over, 25 a second. */
export function pictures(codec: VideoCodec, options: PictureOptions = {}): AccessUnit[] {
  const { seconds = 2, gop = 25, bFrames = 0, ...size } = options;
  switch (codec) {
    case 'h264':
    case 'h265':
      return [...makeFootage({ ...PICTURE_SIZE, ...size, codec, seconds, gop, bFrames }).units];
    case 'mjpeg':
      return jpegs(seconds * 25);
    case 'av1':
    case 'vp9':
    case 'vp8': {
      const assembler = new FrameAssembler(codec, 0, CLOCK_RATE);
      return encodedVideo(codec, seconds * 25).frames.flatMap(
        (frame, index) => assembler.push([frame], index * TICKS) ?? [],
      );
    }
  }
}

function jpegs(count: number): AccessUnit[] {
  const { width, height } = PICTURE_SIZE;
  const input = ['-f', 'lavfi', '-i', `testsrc2=size=${width}x${height}:rate=25`, '-frames:v', String(count)];
  const { stdout } = ffmpeg([...input, '-c:v', 'mjpeg', '-q:v', '5', '-f', 'mjpeg', 'pipe:1']);
  const starts: number[] = [];
  for (let at = stdout.indexOf('ffd8ff', 0, 'hex'); at !== -1; at = stdout.indexOf('ffd8ff', at + 3, 'hex'))
    starts.push(at);
  const files = starts.map((start, index) => stdout.subarray(start, starts[index + 1]));
  const [first] = files;
  if (first === undefined) throw new Error('no JPEG');
  const track = createJpegTrack(0, CLOCK_RATE, parseJpegHeader(first), 25);
  return files.map((file, index) => ({
    track,
    pts: index * TICKS,
    dts: index * TICKS,
    isRandomAccess: true,
    data: [file],
    byteLength: file.length,
    wallClockMs: Number.NaN,
  }));
}
