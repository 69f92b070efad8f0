import { SourceError, type Source, type SourceContext } from '../../cameras/source.ts';
import { DeviceOptions } from '../device-options.ts';
import { runProgram } from '../program-run.ts';

/** The programs of Raspberry Pi OS, the newer name first. */
const COMMANDS = ['rpicam-vid', 'libcamera-vid'] as const;
const DEFAULTS = { width: 640, height: 480, fps: 30, bitrate: 2_000_000 };
/** Pictures from one key picture to the next: half a second to join or recover. */
const INTRA = 15;
/** A picture is written in one go; a gap of this length is its end, and not the kernel's doing. */
const WHOLE_AFTER_MS = 10;

/** The camera of a Raspberry Pi, coded by its own hardware, as fast as it goes. */
export class RpicamSource implements Source {
  readonly #address: string;

  /** @param address `rpicam:?camera=0&size=640x480&fps=30&bitrate=2000000`, all of them optional. */
  constructor(address: string) {
    this.#address = address;
  }

  async run(context: SourceContext): Promise<void> {
    const args = rpicamArguments(this.#address);
    for (const command of COMMANDS) {
      try {
        await runProgram({ command, args, format: 'h264', wholeAfterMs: WHOLE_AFTER_MS }, context);
        return;
      } catch (error) {
        const isMissing = error instanceof SourceError && error.code === 'ERR_PROGRAM_MISSING';
        if (!isMissing) throw error;
      }
    }
    throw new SourceError(
      'ERR_PROGRAM_MISSING',
      `there is neither ${COMMANDS.join(' nor ')} here: they come with Raspberry Pi OS (package rpicam-apps)`,
    );
  }
}

/**
 * What the program is told: H.264 that every browser takes, parameter sets in front of every key picture, no file,
 * no window, nothing held back.
 *
 * @throws {SourceError} `ERR_DEVICE_OPTION`.
 */
export function rpicamArguments(address: string): string[] {
  const [, query = ''] = /^rpicam:[^?]*\??(.*)$/is.exec(address) ?? [];
  const options = new DeviceOptions(query, ['camera', 'size', 'fps', 'bitrate', 'rotation']);
  const { width, height } = options.size('size') ?? DEFAULTS;
  const fps = options.whole('fps', 1, 120) ?? DEFAULTS.fps;
  const bitrate = options.whole('bitrate', 50_000, 25_000_000) ?? DEFAULTS.bitrate;
  const rotation = options.choice('rotation', ['0', '180']);
  return [
    ...['--timeout', '0', '--nopreview', '--flush', '--inline'],
    ...['--codec', 'h264', '--profile', 'baseline', '--intra', String(INTRA)],
    ...['--camera', String(options.whole('camera', 0, 15) ?? 0)],
    ...['--width', String(width), '--height', String(height)],
    ...['--framerate', String(fps), '--bitrate', String(bitrate)],
    ...(rotation === undefined ? [] : ['--rotation', rotation]),
    ...['--output', '-'],
  ];
}
