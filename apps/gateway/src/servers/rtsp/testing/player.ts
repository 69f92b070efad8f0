import { spawn } from 'node:child_process';

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

export interface PlayerRun {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A player or encoder in a process of its own. */
export interface Player {
  readonly done: Promise<PlayerRun>;
  kill(signal?: NodeJS.Signals): void;
}

/** Starts `command`; its output is kept. A command that is missing makes `done` fail and say so. */
export function startPlayer(command: string, args: readonly string[]): Player {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  let length = 0;
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= MAX_OUTPUT_BYTES) chunks.push(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-4000)));
  const done = new Promise<PlayerRun>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new Error(`these tests need ${command}: apt-get install ffmpeg gstreamer1.0-tools`, { cause })),
    );
    child.once('close', (code) => resolve({ code, stdout: Buffer.concat(chunks), stderr }));
  });
  return { done, kill: (signal = 'SIGTERM') => void child.kill(signal) };
}

/** ffmpeg, quiet but for errors. */
export function startFfmpeg(args: readonly string[]): Player {
  return startPlayer('ffmpeg', ['-hide_banner', '-nostdin', '-v', 'error', ...args]);
}

/** The pixels' hashes out of ffmpeg's `framemd5`, of stream `index`. */
export function framemd5Hashes(text: string, index = 0): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').map((field) => field.trim()))
    .filter(([stream]) => stream === String(index))
    .map((fields) => fields[5] ?? '');
}
