import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { SourceError, type Source, type SourceContext } from '../../cameras/source.ts';
import type { ByteFormat } from '../byte-format.ts';
import { DeviceOptions } from '../device-options.ts';
import { runProgram } from '../program-run.ts';

const DEFAULTS = { width: 1280, height: 720, fps: 30, format: 'mjpeg' } as const;
/** ffmpeg writes a picture in one go. */
const WHOLE_AFTER_MS = 10;
/** Seconds from one key picture to the next, where ours is the encoder. */
const KEY_SECONDS = 2;

/** What ffmpeg is told of each format: its name at the device, and what becomes of it. */
const FORMATS = {
  mjpeg: { input: 'mjpeg', output: 'mjpeg' },
  h264: { input: 'h264', output: 'h264' },
  yuyv: { input: 'yuyv422', output: 'h264' },
} as const satisfies Readonly<Record<string, { input: string; output: ByteFormat }>>;

/** How a device is read. */
export interface V4l2Capture {
  readonly device: string;
  /** Of ffmpeg. */
  readonly args: readonly string[];
  /** What it writes. */
  readonly output: ByteFormat;
}

/**
 * A camera at a USB port or any other device of Video4Linux. ffmpeg reads it, in a process of its own: a driver that
 * hangs when its camera is pulled out hangs nothing else. JPEGs and H.264 pass as they come; raw pictures are coded.
 */
export class V4l2Source implements Source {
  readonly #address: string;

  /** @param address `v4l2:/dev/video0?size=1280x720&fps=30&format=mjpeg`, the options optional. */
  constructor(address: string) {
    this.#address = address;
  }

  async run(context: SourceContext): Promise<void> {
    const { device, args, output } = v4l2Capture(this.#address);
    await checkDevice(device);
    try {
      await runProgram({ command: 'ffmpeg', args, format: output, wholeAfterMs: WHOLE_AFTER_MS }, context);
    } catch (error) {
      if (!(error instanceof SourceError) || error.code !== 'ERR_PROGRAM_MISSING') throw error;
      throw new SourceError(
        'ERR_PROGRAM_MISSING',
        'cameras of this machine are read by ffmpeg, which is not installed',
      );
    }
  }
}

/** @throws {SourceError} `ERR_DEVICE_OPTION`. */
export function v4l2Capture(address: string): V4l2Capture {
  const [, device = '', query = ''] = /^v4l2:([^?]*)\??(.*)$/is.exec(address) ?? [];
  const options = new DeviceOptions(query, ['size', 'fps', 'format']);
  const { width, height } = options.size('size') ?? DEFAULTS;
  const fps = options.whole('fps', 1, 240) ?? DEFAULTS.fps;
  const format = options.choice('format', ['mjpeg', 'yuyv', 'h264']) ?? DEFAULTS.format;
  const { input, output } = FORMATS[format];
  const args = [
    ...['-nostdin', '-hide_banner', '-loglevel', 'error', '-fflags', 'nobuffer'],
    ...['-f', 'v4l2', '-input_format', input, '-video_size', `${width}x${height}`, '-framerate', String(fps)],
    ...['-i', device, '-map', '0:v:0'],
    ...(format === 'yuyv' ? encoding(fps) : ['-c:v', 'copy']),
    ...['-flush_packets', '1', '-f', output, 'pipe:1'],
  ];
  return { device, args, output };
}

/** H.264 that every player takes, nothing held back. */
function encoding(fps: number): string[] {
  return [
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-profile:v', 'baseline'],
    ...['-pix_fmt', 'yuv420p', '-g', String(fps * KEY_SECONDS)],
  ];
}

/** Says what is wrong in better words than a program would. */
async function checkDevice(device: string): Promise<void> {
  const name = device.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
  const isDevice = await stat(device).then(
    (found) => found.isCharacterDevice(),
    () => false,
  );
  if (!isDevice) {
    throw new SourceError('ERR_DEVICE_MISSING', `there is no device ${name}: is the camera plugged in?`);
  }
  await access(device, constants.R_OK | constants.W_OK).catch((error: unknown) => {
    const sentence = `the device ${name} may not be opened: the user of Vedette has to be in its group (video)`;
    throw new SourceError('ERR_DEVICE_PERMISSION', sentence, { cause: error });
  });
}
