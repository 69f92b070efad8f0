import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Browser } from './chromium.ts';
import type { RunningGateway } from './gateway.ts';
import { until } from './until.ts';
import { WhepPage } from './whep-page.ts';

const run = promisify(execFile);
const LIMIT_MS = 40_000;

/** A camera as a player of some kind saw it. */
export interface Recording {
  /** What was played, for whoever looks into it; absent where the player gives nothing away. */
  readonly file?: string;
  /** Pictures that it counted itself. */
  readonly pictures?: number;
}

/** How a camera gets out of the gateway, each way by another player. */
export interface WayOut {
  readonly name: string;
  /** Pictures come out as they went in, where the way in carries them so. */
  readonly isExact: boolean;
  readonly hasSound: boolean;
  /** Plays some seconds. @param to where a recording may be written, without extension */
  readonly play: (
    camera: string,
    gateway: RunningGateway,
    to: string,
    browser: Browser,
  ) => Promise<Recording>;
}

/** Seconds that are played of each camera by each way. */
export const SECONDS = 4;
/** Pictures a second of what is played, at least. */
export const FPS = 25;

export const WAYS_OUT: readonly WayOut[] = [
  viaFfmpeg('RTSP', ({ rtsp }, camera) => ['-rtsp_transport', 'tcp', '-i', `${rtsp}/${camera}`]),
  viaFfmpeg('RTMP', ({ rtmp }, camera) => ['-i', `${rtmp}/live/${camera}`]),
  viaFfmpeg('SRT', ({ srt }, camera) => ['-i', `${srt}?streamid=read:${camera}`]),
  viaFfmpeg('LL-HLS', ({ http }, camera) => ['-i', `${http}/live/${camera}/index.m3u8?quality=source`]),
  viaFfmpeg('FLV', ({ http }, camera) => ['-i', `${http}/live/${camera}.flv`]),
  viaFfmpeg('TS', ({ http }, camera) => ['-i', `${http}/live/${camera}.ts`]),
  { name: 'MSE', isExact: true, hasSound: true, play: playMse },
  { name: 'MJPEG', isExact: false, hasSound: false, play: playMjpeg },
  { name: 'snapshot', isExact: false, hasSound: false, play: takeSnapshot },
  { name: 'WHEP', isExact: false, hasSound: false, play: playWhep },
];

function viaFfmpeg(name: string, input: (gateway: RunningGateway, camera: string) => string[]): WayOut {
  return {
    ...{ name, isExact: true, hasSound: true },
    play: async (camera, gateway, to) => {
      const file = `${to}.mkv`;
      const output = ['-map', '0:v', '-map', '0:a?', '-c', 'copy', '-t', String(SECONDS), '-y', file];
      await ffmpeg([...input(gateway, camera), ...output]);
      return { file };
    },
  };
}

async function ffmpeg(args: readonly string[]): Promise<void> {
  await run('ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'error', ...args], { timeout: LIMIT_MS });
}

/** What a page would put into its source buffer. */
async function playMse(camera: string, { http }: RunningGateway, to: string): Promise<Recording> {
  const file = `${to}.mp4`;
  const out = createWriteStream(file);
  const socket = new WebSocket(`${http.replace('http', 'ws')}/live/${camera}/mse?quality=source`);
  socket.binaryType = 'arraybuffer';
  const complaints: string[] = [];
  let firstMs: number | undefined;
  let lastMs = 0;
  socket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') {
      if (data.includes('"error"')) complaints.push(data);
      return;
    }
    out.write(Buffer.from(data as ArrayBuffer));
    lastMs = performance.now();
    firstMs ??= lastMs;
  });
  await until(() => complaints.length > 0 || (firstMs !== undefined && lastMs - firstMs > SECONDS * 1000), {
    what: `MSE of ${camera}`,
  });
  socket.close();
  await new Promise((resolve) => out.end(resolve));
  if (complaints.length > 0) throw new Error(complaints.join());
  return { file };
}

async function playMjpeg(camera: string, { http }: RunningGateway, to: string): Promise<Recording> {
  const file = `${to}.mkv`;
  const input = [
    '-f',
    'mpjpeg',
    '-use_wallclock_as_timestamps',
    '1',
    '-i',
    `${http}/live/${camera}.mjpeg?quality=high`,
  ];
  await ffmpeg([...input, '-c', 'copy', '-t', String(SECONDS), '-y', file]);
  return { file };
}

async function takeSnapshot(camera: string, { http }: RunningGateway, to: string): Promise<Recording> {
  const response = await fetch(`${http}/live/${camera}/snapshot.jpg`);
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  const file = `${to}.jpg`;
  await writeFile(file, Buffer.from(await response.arrayBuffer()));
  return { file };
}

/** A page in Chromium: pictures that were decoded. (Shown are those of the page in front alone.) */
async function playWhep(
  camera: string,
  { http }: RunningGateway,
  _to: string,
  browser: Browser,
): Promise<Recording> {
  const page = await WhepPage.open(await browser.newPage(), http);
  const decoded = async (): Promise<number> => (await page.stats()).video?.['framesDecoded'] ?? 0;
  try {
    const { status, body } = await page.play(camera);
    if (status !== 201) throw new Error(`${status} ${body}`);
    let pictures = 0;
    await until(async () => (pictures = await decoded()) >= SECONDS * FPS, { what: `WHEP of ${camera}` });
    return { pictures };
  } finally {
    await page.close();
  }
}
