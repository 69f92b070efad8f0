import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const MAIN = path.resolve(import.meta.dirname, '../../apps/gateway/src/main.ts');
const START_LIMIT_MS = 30_000;
const POLL_MS = 20;

export interface GatewayOptions {
  /** Text of `vedette.yml`. */
  readonly config?: string;
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** The demo camera; off unless a test is about it. */
  readonly demo?: boolean;
  /** Whether everybody has to prove who he is; off unless a test is about it. */
  readonly access?: boolean;
}

/** The whole program in a process of its own, on free ports. */
export interface RunningGateway {
  readonly pid: number;
  readonly http: string;
  readonly rtsp: string;
  readonly rtmp: string;
  readonly srt: string;
  readonly webrtc: number;
  readonly configFile: string;
  readonly child: ChildProcess;
  /** Everything it logged so far. */
  log(): string;
  /** Ends it by SIGTERM. @returns the exit code. */
  close(): Promise<number | null>;
}

/** Those that run: what a test that failed half-way leaves behind ends with its process, which does not wait for it. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
// Whoever stops the tests stops them all: by a signal alone a process ends without the event above.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/** Starts the gateway and waits until it listens. */
export async function startGateway(options: GatewayOptions = {}): Promise<RunningGateway> {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-'));
  const configFile = path.join(folder, 'vedette.yml');
  const readyFile = path.join(folder, 'ready.json');
  writeFileSync(configFile, options.config ?? '');
  const ports = ['http', 'rtsp', 'rtmp', 'srt', 'webrtc'].flatMap((service) => [`--${service}.port`, '0']);
  const child = spawn(
    process.execPath,
    [
      MAIN,
      '--config',
      configFile,
      '--ready-file',
      readyFile,
      '--rtsp.tlsPort',
      '0',
      '--rtmp.tlsPort',
      '0',
      ...ports,
      ...(options.demo === true ? [] : ['--no-demo']),
      ...(options.flags ?? []),
    ],
    {
      env: {
        ...process.env,
        VEDETTE_DATA_DIR: folder,
        ...(options.access === true ? {} : { VEDETTE_ACCESS: 'open' }),
        ...options.environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.unref();
  for (const pipe of [child.stdout, child.stderr]) if (pipe instanceof Socket) pipe.unref();

  const deadline = Date.now() + START_LIMIT_MS;
  while (!existsSync(readyFile)) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`the gateway did not start:\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const ready = JSON.parse(readFileSync(readyFile, 'utf8')) as Pick<
    RunningGateway,
    'pid' | 'http' | 'rtsp' | 'rtmp' | 'srt' | 'webrtc'
  >;
  return {
    ...ready,
    configFile,
    child,
    log: () => log,
    close: async () => {
      child.ref();
      child.kill('SIGTERM');
      const code = await exited;
      rmSync(folder, { recursive: true, force: true });
      return code;
    },
  };
}
