import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** A port where nothing listens now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A program that waits to be sent to, and decodes what comes. */
export interface Receiver {
  readonly url: string;
  /** MD5 of every decoded picture, in order. */
  readonly hashes: readonly string[];
  /** Ends it at once. Safe to call twice. */
  close(): Promise<void>;
}

/** The ffmpeg command as a server for one publisher. */
export async function receiveByFfmpeg(protocol: 'rtsp' | 'rtmp' | 'srt'): Promise<Receiver> {
  const host = `127.0.0.1:${await freePort()}`;
  switch (protocol) {
    case 'rtsp':
      return received(`rtsp://${host}/in`, ['-rtsp_flags', 'listen', '-i', `rtsp://${host}/in`]);
    case 'rtmp':
      return received(`rtmp://${host}/live/in`, ['-listen', '1', '-i', `rtmp://${host}/live/in`]);
    case 'srt':
      return received(`srt://${host}`, ['-i', `srt://${host}?mode=listener`]);
  }
}

/** The ffmpeg command with whatever makes it listen. */
export function received(url: string, input: readonly string[]): Receiver {
  const child = spawn(
    'ffmpeg',
    [
      ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-threads', '1', ...input],
      ...['-map', '0:v', '-fps_mode', 'passthrough', '-flush_packets', '1', '-f', 'framemd5', 'pipe:1'],
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const exited = once(child, 'exit');
  const hashes: string[] = [];
  createInterface(child.stdout).on('line', (line) => {
    if (!line.startsWith('#')) hashes.push(line.split(',').at(-1)?.trim() ?? '');
  });
  return {
    url,
    hashes,
    close: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await exited;
    },
  };
}

/** A server that accepts connections and never reads from them. */
export async function startDeafServer(): Promise<{ port: number; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
