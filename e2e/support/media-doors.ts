import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { parseRtmpUrl, parseSrtUrl, RtmpClientSession } from '@vedette/protocols';
import { networkGuard } from '../../apps/gateway/src/net/guarded-lookup.ts';
import { callSrt } from '../../apps/gateway/src/net/srt/call-srt.ts';
import type { RunningGateway } from './gateway.ts';

/**
 * What somebody hears at a door: `in`; `401` who he is; `403` he may not; `404` there is no such camera; else what
 * nobody expected, in the gateway's words.
 */
export type Answer = string;

/** A way in or out that is no route of HTTP. */
export interface MediaDoor {
  readonly name: string;
  readonly action: 'view' | 'publish';
  /** Comes with a secret word, or with nothing, and leaves again. */
  readonly knock: (gateway: RunningGateway, camera: string, token: string | undefined) => Promise<Answer>;
}

/** Nobody waits for longer. */
const LIMIT_MS = 20_000;
const SDP =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n' +
  'a=rtpmap:96 H264/90000\r\na=control:trackID=0\r\n';

export const MEDIA_DOORS: readonly MediaDoor[] = [
  { name: 'RTSP play', action: 'view', knock: async (...knock) => rtsp('DESCRIBE', ...knock) },
  { name: 'RTSP publish', action: 'publish', knock: async (...knock) => rtsp('ANNOUNCE', ...knock) },
  { name: 'RTMP play', action: 'view', knock: async (...knock) => rtmp('play', ...knock) },
  { name: 'RTMP publish', action: 'publish', knock: async (...knock) => rtmp('publish', ...knock) },
  { name: 'SRT read', action: 'view', knock: async (...knock) => srt('read', ...knock) },
  { name: 'SRT publish', action: 'publish', knock: async (...knock) => srt('publish', ...knock) },
  { name: 'MSE', action: 'view', knock: mse },
];

const queryOf = (token: string | undefined): string =>
  token === undefined ? '' : `?token=${encodeURIComponent(token)}`;

/** One request over a connection of its own; the first line of the answer. */
async function rtsp(
  method: 'DESCRIBE' | 'ANNOUNCE',
  { rtsp: address }: RunningGateway,
  camera: string,
  token: string | undefined,
): Promise<Answer> {
  const { hostname, port } = new URL(address);
  const socket = connect({ host: hostname, port: Number(port), timeout: LIMIT_MS });
  socket.on('timeout', () => socket.destroy(new Error('no answer')));
  try {
    const body = method === 'ANNOUNCE' ? SDP : '';
    const headers = body === '' ? '' : `Content-Type: application/sdp\r\nContent-Length: ${body.length}\r\n`;
    socket.write(
      `${method} ${address}/${camera}${queryOf(token)} RTSP/1.0\r\nCSeq: 1\r\n${headers}\r\n${body}`,
    );
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    const [line = ''] = chunk.toString('latin1').split('\r\n', 1);
    const status = /^RTSP\/1\.0 (\d+)/.exec(line)?.[1] ?? '';
    // Somebody publishes already: whoever hears that was let in.
    if (status === '200' || (status === '503' && /publish/.test(line))) return 'in';
    return ['401', '403', '404'].includes(status) ? status : line;
  } finally {
    socket.destroy();
  }
}

async function rtmp(
  action: 'play' | 'publish',
  gateway: RunningGateway,
  camera: string,
  token: string | undefined,
): Promise<Answer> {
  const url = parseRtmpUrl(`${gateway.rtmp}/live/${camera}${queryOf(token)}`);
  const socket = connect({ host: url.host, port: url.port, timeout: LIMIT_MS });
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const session = new RtmpClientSession(
    {
      send: (bytes) => void socket.write(bytes),
      onReady: () => resolve('in'),
      onMedia: () => undefined,
      onEnd: resolve,
    },
    { url, action, random: randomBytes },
  );
  socket.on('timeout', () => resolve('no answer'));
  socket.on('error', (error) => resolve(error.message));
  socket.on('close', () => resolve('closed'));
  socket.on('data', (chunk) => {
    try {
      session.push(chunk);
    } catch (error) {
      resolve(rtmpAnswer(error instanceof Error ? error.message : String(error)));
    }
  });
  session.start();
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

/** RTMP has words only. */
function rtmpAnswer(words: string): Answer {
  if (/Unauthorized: /.test(words)) return '401';
  if (/there is no camera/.test(words)) return '404';
  if (/There is no such camera|You may not|password/.test(words)) return '403';
  return /publish/.test(words) ? 'in' : words;
}

async function srt(
  mode: 'read' | 'publish',
  gateway: RunningGateway,
  camera: string,
  token: string | undefined,
): Promise<Answer> {
  const streamId = `${mode}:${camera}${token === undefined ? '' : `:token:${token}`}`;
  const url = parseSrtUrl(`${gateway.srt}?streamid=${encodeURIComponent(streamId)}`);
  try {
    const call = await callSrt(url, { guard: networkGuard, signal: AbortSignal.timeout(LIMIT_MS) });
    await call.close();
    return 'in';
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const number = /\((\d+)\)/.exec(words)?.[1] ?? '';
    // Somebody publishes already: whoever hears that was let in.
    if (number === '1409') return 'in';
    return ['1401', '1403', '1404'].includes(number) ? number.slice(1) : words;
  }
}

/** Refusals are messages, and the code of the close: 4401 and so on. */
async function mse(gateway: RunningGateway, camera: string, token: string | undefined): Promise<Answer> {
  const socket = new WebSocket(`${gateway.http.replace('http', 'ws')}/live/${camera}/mse${queryOf(token)}`);
  socket.binaryType = 'arraybuffer';
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const timer = setTimeout(() => resolve('no answer'), LIMIT_MS);
  socket.addEventListener('message', ({ data }) => {
    if (typeof data !== 'string') resolve('in');
  });
  socket.addEventListener('close', ({ code, reason }) =>
    resolve([4401, 4403, 4404].includes(code) ? String(code - 4000) : `${code} ${reason}`),
  );
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}
