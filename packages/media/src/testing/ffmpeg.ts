import { spawnSync } from 'node:child_process';

const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/** What an ffmpeg command wrote. */
export interface FfmpegRun {
  readonly stdout: Buffer;
  /** Warnings and errors, by `-v warning`. */
  readonly stderr: string;
}

/**
 * Runs the ffmpeg command and waits for its end; `input` goes to its standard input.
 *
 * @throws {Error} ffmpeg is missing, with the way to install it, or failed, with what it said.
 */
export function ffmpeg(args: readonly string[], input?: Uint8Array): FfmpegRun {
  return run('ffmpeg', ['-hide_banner', '-nostdin', '-v', 'warning', ...args], input);
}

/** Runs ffprobe on a file and answers its JSON; the caller knows the shape that its arguments ask for. */
export function ffprobe(file: string, ...args: readonly string[]): unknown {
  return JSON.parse(run('ffprobe', ['-v', 'error', '-of', 'json', ...args, file]).stdout.toString());
}

function run(command: string, args: readonly string[], input?: Uint8Array): FfmpegRun {
  const { stdout, stderr, status, error } = spawnSync(command, args, {
    maxBuffer: MAX_OUTPUT_BYTES,
    ...(input === undefined ? {} : { input }),
  });
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') {
    throw new Error(`These tests need the ${command} command: apt-get install ffmpeg`, { cause: error });
  }
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stderr.toString()}`);
  return { stdout, stderr: stderr.toString() };
}
