import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { SourceError } from '../../cameras/source.ts';
import { connectToCamera, type ConnectOptions } from '../camera-socket.ts';
import { formatHost, type HttpAddress } from '../http-address.ts';
import { HttpCamera } from '../http-camera.ts';

const TUNNEL_TYPE = 'application/x-rtsp-tunnelled';
/** Of the request that carries ours: it ends when it ends, and servers expect just this number. */
const POST_LENGTH = 32_767;

/**
 * RTSP in HTTP, as QuickTime has it: a GET whose answer carries what the camera sends, and a POST whose body carries
 * what is sent to it, in Base64; a cookie ties them together. Servers behind nothing but port 80 take it.
 *
 * @throws {SourceError} there is no such tunnel.
 */
export async function openHttpTunnel(
  address: HttpAddress,
  { tls, timeoutMs, signal, userAgent }: ConnectOptions & { readonly userAgent: string },
): Promise<Duplex> {
  const cookie = randomBytes(12).toString('hex');
  const camera = new HttpCamera({ address, tls, userAgent, signal });
  try {
    const answer = await camera.get({
      accept: TUNNEL_TYPE,
      'x-sessioncookie': cookie,
      'cache-control': 'no-cache',
    });
    const type = answer.headers['content-type'] ?? '';
    if (!type.startsWith(TUNNEL_TYPE)) {
      throw new SourceError('ERR_RTSP_NO_TUNNEL', 'the camera answers by HTTP, but has no RTSP in it');
    }
    const post = await connectToCamera(camera.address, { tls, timeoutMs, signal });
    const authorization = camera.authorization('POST');
    const head = [
      `POST ${camera.address.target} HTTP/1.0`,
      `Host: ${formatHost(camera.address)}`,
      `User-Agent: ${userAgent}`,
      ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
      `x-sessioncookie: ${cookie}`,
      `Content-Type: ${TUNNEL_TYPE}`,
      'Cache-Control: no-cache',
      `Content-Length: ${POST_LENGTH}`,
      'Expires: Sun, 9 Jan 1972 00:00:00 GMT',
    ];
    post.write(`${head.join('\r\n')}\r\n\r\n`);
    return new HttpTunnel(answer, post, camera);
  } catch (error) {
    camera.close();
    throw error;
  }
}

class HttpTunnel extends Duplex {
  readonly #answer: IncomingMessage;
  readonly #post: Socket;
  readonly #camera: HttpCamera;

  constructor(answer: IncomingMessage, post: Socket, camera: HttpCamera) {
    super();
    this.#answer = answer;
    this.#post = post;
    this.#camera = camera;
    answer.on('data', (chunk: Uint8Array) => {
      if (!this.push(chunk)) answer.pause();
    });
    answer.once('end', () => this.push(null));
    answer.once('error', (error) => this.destroy(error));
    answer.once('close', () => {
      if (!answer.complete) this.destroy();
    });
    // The other way may be closed by the camera at any time; what counts is the one that media comes by.
    post.on('error', () => undefined);
    post.resume();
  }

  override _read(): void {
    this.#answer.resume();
  }

  /** Each piece is whole in itself: Base64 with its padding. */
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (!this.#post.writable) {
      done();
      return;
    }
    this.#post.write(chunk.toString('base64'), () => done());
  }

  override _final(done: () => void): void {
    this.#post.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#post.destroy();
    this.#camera.close();
    done(error);
  }
}
