import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ClientAuthenticator } from '@vedette/protocols';
import { createWebSocketStream, WebSocket } from 'ws';
import { SourceError } from '../../cameras/source.ts';
import { connectToCamera, type ConnectOptions } from '../camera-socket.ts';
import { formatHost, type HttpAddress } from '../http-address.ts';
import { socketError } from '../socket-error.ts';

/** ONVIF Streaming Specification §5.1.1.5. */
const SUBPROTOCOL = 'rtsp.onvif.org';
/** Of one message: many interleaved frames. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/**
 * RTSP in a WebSocket, its messages and interleaved frames in binary messages of any size.
 *
 * @throws {SourceError} there is no such tunnel.
 */
export async function openWebSocketTunnel(
  address: HttpAddress,
  options: ConnectOptions & { readonly userAgent: string },
): Promise<Duplex> {
  const authenticator = new ClientAuthenticator(address.credentials, randomBytes(8).toString('hex'));
  for (let challenges = 0; ; challenges += 1) {
    const authorization = authenticator.header('GET', address.target);
    const opened = await open(address, authorization, options);
    if (opened instanceof WebSocket) return createWebSocketStream(opened, { allowHalfOpen: false });
    const values = opened.headersDistinct['www-authenticate'] ?? [];
    const isChallenge = opened.statusCode === 401;
    opened.destroy();
    if (!isChallenge) {
      throw new SourceError(
        'ERR_RTSP_NO_TUNNEL',
        `the camera has no WebSocket here (status ${opened.statusCode ?? 0})`,
      );
    }
    if (authenticator.challenged(values, authorization !== undefined, challenges) !== 'retry') {
      throw new SourceError('ERR_HTTP_UNAUTHORIZED', 'the camera refused the user name or password', {
        isPermanent: true,
      });
    }
  }
}

/** @returns the refusal, where it is one. */
async function open(
  address: HttpAddress,
  authorization: string | undefined,
  { userAgent, timeoutMs, signal, tls }: ConnectOptions & { readonly userAgent: string },
): Promise<WebSocket | IncomingMessage> {
  const socket = await connectToCamera(address, { tls, timeoutMs, signal });
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket | IncomingMessage>();
  // TLS, where there is any, is the connection's affair.
  const websocket = new WebSocket(`ws://${formatHost(address)}${address.target}`, SUBPROTOCOL, {
    createConnection: () => socket,
    handshakeTimeout: timeoutMs,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    headers: { 'user-agent': userAgent, ...(authorization === undefined ? {} : { authorization }) },
  });
  const abort = (): void => websocket.terminate();
  signal.addEventListener('abort', abort, { once: true });
  websocket.once('open', () => resolve(websocket));
  websocket.once('unexpected-response', (_, response) => resolve(response));
  websocket.on('error', (error) => reject(socketError(error)));
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
