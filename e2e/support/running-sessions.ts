import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { parseRtmpUrl, parseSrtUrl, RtmpClientSession } from '@vedette/protocols';
import { networkGuard } from '../../apps/gateway/src/net/guarded-lookup.ts';
import { callSrt } from '../../apps/gateway/src/net/srt/call-srt.ts';
import type { NativeViewers } from '../../apps/gateway/src/sinks/webrtc/testing/native-viewers.ts';
import type { RunningGateway } from './gateway.ts';
import { RawPublisher, type RawClip } from './raw-publisher.ts';
import { RawViewer } from './raw-viewer.ts';
import { until } from './until.ts';

/** Somebody who views or publishes, from his own side. */
export interface RunningSession {
  /** `webrtc view` and so on, as the API calls them. */
  readonly name: string;
  readonly camera: string;
  /** He has noticed that it is over. */
  readonly hasEnded: () => boolean;
  readonly close: () => Promise<void> | void;
}

export interface SessionOptions {
  readonly gateway: RunningGateway;
  readonly camera: string;
  readonly token: string;
}

const ASK_AGAIN_MS = 100;

export async function viewByRtsp({ gateway, camera, token }: SessionOptions): Promise<RunningSession> {
  const viewer = await RawViewer.play(`${gateway.rtsp}/${camera}?token=${token}`);
  await until(() => viewer.pictures > 0, { what: 'a picture by RTSP' });
  return { name: 'rtsp view', camera, hasEnded: () => viewer.isClosed, close: async () => viewer.close() };
}

export async function publishByRtsp(
  { gateway, camera, token }: SessionOptions,
  clip: RawClip,
): Promise<RunningSession> {
  const publisher = await RawPublisher.record(`${gateway.rtsp}/${camera}?token=${token}`, clip);
  return {
    ...{ name: 'rtsp publish', camera },
    hasEnded: () => publisher.isClosed,
    close: async () => publisher.close(),
  };
}

export async function byRtmp(
  kind: 'view' | 'publish',
  { gateway, camera, token }: SessionOptions,
): Promise<RunningSession> {
  const url = parseRtmpUrl(`${gateway.rtmp}/live/${camera}?token=${token}`);
  const socket = connect({ host: url.host, port: url.port });
  socket.on('error', () => undefined);
  let isReady = false;
  let hasEnded = false;
  const session = new RtmpClientSession(
    {
      send: (bytes) => void socket.write(bytes),
      onReady: () => (isReady = true),
      onMedia: () => undefined,
      onEnd: () => (hasEnded = true),
    },
    { url, action: kind === 'view' ? 'play' : 'publish', random: randomBytes },
  );
  socket.on('close', () => (hasEnded = true));
  socket.on('data', (chunk) => {
    try {
      session.push(chunk);
    } catch {
      hasEnded = true; // in the server's words
    }
  });
  session.start();
  await until(() => isReady || hasEnded, { what: `${kind} by RTMP` });
  return {
    ...{ name: `rtmp ${kind}`, camera },
    hasEnded: () => hasEnded,
    close: () => void socket.destroy(),
  };
}

export async function bySrt(
  kind: 'view' | 'publish',
  { gateway, camera, token }: SessionOptions,
): Promise<RunningSession> {
  const streamId = `${kind === 'view' ? 'read' : 'publish'}:${camera}:token:${token}`;
  const url = parseSrtUrl(`${gateway.srt}?streamid=${encodeURIComponent(streamId)}`);
  const call = await callSrt(url, { guard: networkGuard, signal: AbortSignal.timeout(10_000) });
  return {
    ...{ name: `srt ${kind}`, camera },
    hasEnded: () => call.link.isClosed,
    close: async () => call.close(),
  };
}

export async function viewByMse({ gateway, camera, token }: SessionOptions): Promise<RunningSession> {
  const socket = new WebSocket(`${gateway.http.replace('http', 'ws')}/live/${camera}/mse?token=${token}`);
  socket.binaryType = 'arraybuffer';
  let hasPicture = false;
  let hasEnded = false;
  socket.addEventListener('message', ({ data }) => (hasPicture ||= typeof data !== 'string'));
  socket.addEventListener('close', () => (hasEnded = true));
  await until(() => hasPicture || hasEnded, { what: 'a picture by MSE' });
  return { name: 'mse view', camera, hasEnded: () => hasEnded, close: () => socket.close() };
}

/** A player that asks for the playlist again and again, and looks whether it gets it. */
export async function viewByHls({ gateway, camera, token }: SessionOptions): Promise<RunningSession> {
  const index = `${gateway.http}/live/${camera}/index.m3u8`;
  const answer = await fetch(`${index}?ll=0&quality=source&token=${token}`);
  const [media = ''] = (await answer.text())
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  let status = 0;
  const ask = async (): Promise<void> => {
    const { status: answered, body } = await fetch(new URL(media, index));
    status = answered;
    await body?.cancel();
  };
  await until(async () => ask().then(() => status === 200), { what: `a playlist by HLS: ${media}` });
  const timer = setInterval(() => void ask().catch(() => undefined), ASK_AGAIN_MS);
  return {
    ...{ name: 'hls view', camera },
    hasEnded: () => status >= 400,
    close: () => clearInterval(timer),
  };
}

/** A viewer to whom nothing has come for this long sees that it is over. */
const SILENCE_MS = 800;

export async function viewByWhep(
  { gateway, camera, token }: SessionOptions,
  viewers: NativeViewers,
): Promise<RunningSession> {
  const id = await viewers.view(`${gateway.http}/live/${camera}/whep?token=${token}`, true);
  let packets = 0;
  let lastMs = performance.now();
  const look = async (): Promise<void> => {
    const counted = (await viewers.counts()).find((one) => one.id === id)?.packets ?? packets;
    if (counted > packets) lastMs = performance.now();
    packets = counted;
  };
  const timer = setInterval(() => void look(), ASK_AGAIN_MS);
  await until(() => packets > 0, { what: 'a picture by WHEP' });
  return {
    ...{ name: 'webrtc view', camera },
    hasEnded: () => performance.now() - lastMs > SILENCE_MS,
    close: () => clearInterval(timer),
  };
}

/** A line of plain HTTP that never ends: FLV, MPEG-TS, MJPEG. */
export async function viewEndless(
  kind: 'flv' | 'ts' | 'mjpeg',
  { gateway, camera, token }: SessionOptions,
): Promise<RunningSession> {
  const url = new URL(`${gateway.http}/live/${camera}.${kind}?token=${token}`);
  const socket = connect({ host: url.hostname, port: Number(url.port) });
  socket.on('error', () => undefined);
  let hasEnded = false;
  socket.on('close', () => (hasEnded = true));
  socket.write(`GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`);
  await once(socket, 'data');
  socket.resume();
  return { name: `${kind} view`, camera, hasEnded: () => hasEnded, close: () => void socket.destroy() };
}
