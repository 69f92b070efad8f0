import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from './chromium.ts';
import type { RunningGateway } from './gateway.ts';
import { WhipPage } from './whip-page.ts';

type Close = () => Promise<unknown>;

/** How footage gets into the gateway, each way by another program. */
export interface WayIn {
  readonly name: string;
  /** What the camera is declared as; a pulled one's server runs by then. */
  readonly source: (file: string, closers: Close[]) => string | Promise<string>;
  /** Begins to send, where somebody has to. */
  readonly publish?: (file: string, gateway: RunningGateway, closers: Close[], browser: Browser) => unknown;
  /** Pictures that go in come out as they are, where nothing is transcoded. */
  readonly isExact: boolean;
  readonly hasSound: boolean;
}

export const WAYS_IN: readonly WayIn[] = [
  {
    ...{ name: 'RTSP', source: () => 'publish', isExact: true, hasSound: true },
    publish: (file, { rtsp }, closers) =>
      send(file, ['-c', 'copy', '-f', 'rtsp', '-rtsp_transport', 'tcp', `${rtsp}/RTSP`], closers),
  },
  {
    ...{ name: 'RTMP', source: () => 'publish', isExact: true, hasSound: true },
    publish: (file, { rtmp }, closers) =>
      send(file, ['-c', 'copy', '-f', 'flv', `${rtmp}/live/RTMP`], closers),
  },
  {
    ...{ name: 'SRT', source: () => 'publish', isExact: true, hasSound: true },
    publish: (file, { srt }, closers) =>
      send(file, ['-c', 'copy', '-f', 'mpegts', `${srt}?streamid=publish:SRT`], closers),
  },
  {
    ...{ name: 'WHIP', source: () => 'publish', isExact: false, hasSound: false },
    publish: async (_file, { http }, _closers, browser) => {
      const page = await WhipPage.open(await browser.newPage(), http);
      const { status, body } = await page.publish('WHIP', { codec: 'H264', width: 320, height: 240 });
      if (status !== 201) throw new Error(`${status} ${body}`);
    },
  },
  {
    name: 'MJPEG',
    source: async (file, closers) => mjpegServer(file, closers),
    isExact: false,
    hasSound: false,
  },
  { name: 'HLS', source: async (file, closers) => hlsServer(file, closers), isExact: true, hasSound: true },
  { name: 'file', source: (file) => `file:${file}?loop`, isExact: true, hasSound: true },
  {
    ...{ name: 'exec', isExact: true, hasSound: true },
    source: (file) => `exec:ffmpeg -loglevel error -nostdin -re -i ${file} -c copy -f mpegts pipe:1`,
  },
];

function send(file: string, output: readonly string[], closers: Close[]): void {
  const child = spawn('ffmpeg', ['-nostdin', '-loglevel', 'error', '-re', '-i', file, ...output], {
    stdio: 'ignore',
  });
  endsWith(child, closers);
}

function endsWith(child: ChildProcess, closers: Close[]): void {
  const exited = once(child, 'exit');
  closers.push(async () => {
    child.kill('SIGKILL');
    await exited;
  });
}

/** A camera of JPEGs, as ffmpeg writes them. */
async function mjpegServer(file: string, closers: Close[]): Promise<string> {
  const origin = await serve((_request, response) => {
    const input = ['-nostdin', '-loglevel', 'error', '-re', '-i', file];
    const child = spawn('ffmpeg', [...input, '-an', '-c:v', 'mjpeg', '-q:v', '4', '-f', 'mpjpeg', 'pipe:1'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace;boundary=ffmpeg' });
    child.stdout.pipe(response);
    response.once('close', () => child.kill('SIGKILL'));
  }, closers);
  return `mjpeg+${origin}/`;
}

/** A site with a live playlist, as ffmpeg writes it. */
async function hlsServer(file: string, closers: Close[]): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-hls-'));
  closers.push(async () => rm(folder, { recursive: true, force: true }));
  const output = ['-c', 'copy', '-f', 'hls', '-hls_time', '1', '-hls_list_size', '8'];
  send(file, [...output, '-hls_flags', 'delete_segments', path.join(folder, 'index.m3u8')], closers);
  const origin = await serve(({ url = '/' }, response) => {
    readFile(path.join(folder, path.basename(url))).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  }, closers);
  return `${origin}/index.m3u8`;
}

async function serve(listener: RequestListener, closers: Close[]): Promise<string> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
