import type { IncomingMessage } from 'node:http';
import { JPEG_LIMITS, JpegSplitter, ProtocolError } from '@vedette/media';
import { MultipartParser, parseMediaType } from '@vedette/protocols';
import { SourceError, type Source, type SourceContext } from '../../cameras/source.ts';
import { steadyClock } from '../../stream/stream.ts';
import type { TlsTrust } from '../camera-socket.ts';
import { parseHttpAddress } from '../http-address.ts';
import { HttpCamera } from '../http-camera.ts';
import { JpegFeed } from '../jpeg-feed.ts';
import { socketError } from '../socket-error.ts';
import { parseMjpegAddress } from './mjpeg-address.ts';

const SILENCE_MS = 10_000;
const HLS_TYPES = /^(?:application|audio)\/(?:vnd\.apple\.mpegurl|(?:x-)?mpegurl)$/;
const PAGE_TYPES = /^(?:text\/|application\/(?:json|xml|xhtml))/;

export interface MjpegSourceOptions {
  /** `mjpeg+http://…`, `jpeg+http://…?fps=2`, or plain `http://…`; the same with https. */
  readonly address: string;
  readonly tls?: TlsTrust;
  readonly userAgent: string;
  /** How long a camera may send nothing, in milliseconds; default 10 000. */
  readonly silenceMs?: number;
}

/**
 * A camera that sends JPEGs by HTTP: one after another in an endless answer (`multipart/x-mixed-replace`, which
 * is what people call MJPEG, or without anything between), or a single one, which is then asked for again and again.
 */
export class MjpegSource implements Source {
  readonly #options: MjpegSourceOptions;

  constructor(options: MjpegSourceOptions) {
    this.#options = options;
  }

  async run(context: SourceContext): Promise<void> {
    const { tls = {}, userAgent } = this.#options;
    const { kind, url, framesPerSecond } = parseMjpegAddress(this.#options.address);
    const { signal } = context;
    const camera = new HttpCamera({ address: parseHttpAddress(url), tls, userAgent, signal });
    const feed = new JpegFeed(context);
    try {
      const answer = await camera.get({ accept: 'multipart/x-mixed-replace, image/jpeg, */*' });
      const { type, boundary } = parseMediaType(answer.headers['content-type'] ?? '');
      refuseOther(type);
      const isSingle =
        kind === 'jpeg' || (type === 'image/jpeg' && answer.headers['content-length'] !== undefined);
      if (isSingle && !type.startsWith('multipart/')) {
        await this.#poll(camera, answer, feed, 1000 / framesPerSecond, signal);
      } else {
        await this.#read(answer, boundary, feed, context);
      }
    } catch (error) {
      if (!signal.aborted) throw toSourceError(error);
    } finally {
      feed.close();
      camera.close();
    }
  }

  /** An endless answer, until the signal aborts. */
  async #read(
    answer: IncomingMessage,
    boundary: string | undefined,
    feed: JpegFeed,
    context: SourceContext,
  ): Promise<void> {
    const { signal } = context;
    const parser = new MultipartParser(boundary, ({ body }) => feed.push(body, steadyClock()));
    let broken = 0;
    await this.#consume(answer, signal, (chunk) => {
      parser.push(chunk);
      if (parser.broken > broken) context.count('damagedPictures', parser.broken - broken);
      broken = parser.broken;
    });
    if (!signal.aborted) throw new SourceError('ERR_CONNECTION_LOST', 'the camera closed the connection');
  }

  /** One picture after another, each asked for; the first one is on its way. */
  async #poll(
    camera: HttpCamera,
    first: IncomingMessage,
    feed: JpegFeed,
    intervalMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    let answer = first;
    let dueMs = steadyClock();
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      if (answer.statusCode === 304) answer.resume();
      else feed.push(await this.#picture(answer, signal), steadyClock());
      const nowMs = steadyClock();
      // A camera that is slower than asked for is not asked for what it missed.
      dueMs = Math.max(dueMs + intervalMs, nowMs);
      await pause(dueMs - nowMs, signal);
      if (!isOver()) answer = await camera.get({ accept: 'image/jpeg, */*', ...validators(answer) });
    }
  }

  /** A whole answer as one JPEG, without what may stand around it. */
  async #picture(answer: IncomingMessage, signal: AbortSignal): Promise<Uint8Array> {
    const splitter = new JpegSplitter();
    let picture: Uint8Array | undefined;
    let bytes = 0;
    await this.#consume(answer, signal, (chunk) => {
      bytes += chunk.length;
      if (bytes > JPEG_LIMITS.bytes) {
        throw new SourceError(
          'ERR_JPEG_SIZE',
          `the camera sends a picture of more than ${JPEG_LIMITS.bytes} bytes`,
        );
      }
      picture = splitter.push(chunk).at(-1) ?? picture;
    });
    // What is none is for the feed to judge, by what it says of itself.
    return picture ?? new Uint8Array(0);
  }

  /** Reads a body to its end; the silence limit holds between its chunks. */
  async #consume(
    answer: IncomingMessage,
    signal: AbortSignal,
    take: (chunk: Uint8Array) => void,
  ): Promise<void> {
    const { silenceMs = SILENCE_MS } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const silence = setTimeout(() => {
      reject(new SourceError('ERR_SOURCE_SILENT', `the camera has sent nothing for ${silenceMs / 1000} s`));
    }, silenceMs);
    const leave = (): void => resolve(undefined);
    signal.addEventListener('abort', leave, { once: true });
    answer.on('data', (chunk: Uint8Array) => {
      silence.refresh();
      try {
        take(chunk);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
        answer.destroy();
      }
    });
    answer.once('end', leave);
    answer.once('error', (error) => reject(socketError(error)));
    answer.once('close', () => {
      if (answer.complete) leave();
      else reject(new SourceError('ERR_CONNECTION_LOST', 'the camera closed the connection'));
    });
    try {
      if (signal.aborted) leave();
      await promise;
    } finally {
      clearTimeout(silence);
      signal.removeEventListener('abort', leave);
    }
  }
}

/** @throws {SourceError} the answer is of a kind that holds no JPEGs. */
function refuseOther(type: string): void {
  if (HLS_TYPES.test(type)) {
    throw new SourceError('ERR_HTTP_IS_HLS', 'this address is of an HLS playlist: put hls+ in front of it', {
      isPermanent: true,
    });
  }
  if (PAGE_TYPES.test(type)) {
    const shown = type.replace(/[^\x20-\x7e]/g, '?').slice(0, 60);
    throw new SourceError(
      'ERR_HTTP_NOT_VIDEO',
      `the camera answers with ${shown}, and not with pictures: check the path`,
    );
  }
}

/** What makes the next request a conditional one (RFC 9110 §13.1). A 304 repeats what it is about. */
function validators({ headers }: IncomingMessage): Record<string, string> {
  const { etag, 'last-modified': lastModified } = headers;
  return {
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
    ...(lastModified === undefined || etag !== undefined ? {} : { 'if-modified-since': lastModified }),
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const wake = (): void => resolve(undefined);
  const timer = setTimeout(wake, ms);
  signal.addEventListener('abort', wake, { once: true });
  await promise;
  clearTimeout(timer);
  signal.removeEventListener('abort', wake);
}

function toSourceError(error: unknown): unknown {
  if (!(error instanceof ProtocolError)) return error;
  return new SourceError(error.code, `the camera sends ${error.message}`, { cause: error });
}
