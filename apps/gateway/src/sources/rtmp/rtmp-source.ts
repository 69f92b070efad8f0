import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { FlvReader, ProtocolError } from '@vedette/media';
import { parseRtmpUrl, RtmpClientSession, RtmpMessageType, type RtmpMessage } from '@vedette/protocols';
import { SourceError, type Source, type SourceContext } from '../../cameras/source.ts';
import { connectToCamera, type TlsTrust } from '../camera-socket.ts';
import { DemuxedFeed } from '../demuxed-feed.ts';
import { socketError } from '../socket-error.ts';

const CONNECT_TIMEOUT_MS = 5000;
const SILENCE_MS = 10_000;
/** How fine silence is measured, as a part of it. */
const CHECKS = 10;
/** What was written at the end has this long to leave. */
const GOODBYE_MS = 500;
/** Faults that only a new configuration can mend. */
const PERMANENT: ReadonlySet<string> = new Set(['ERR_RTMP_URL', 'ERR_RTMP_UNAUTHORIZED']);

export interface RtmpSourceOptions {
  /** `rtmp://host/app/name` or `rtmps://…`. */
  readonly address: string;
  readonly tls?: TlsTrust;
  /** How long the server may send nothing, in milliseconds; default 10 000. */
  readonly silenceMs?: number;
}

/** A stream that is pulled from an RTMP server. */
export class RtmpSource implements Source {
  readonly #options: RtmpSourceOptions;

  constructor(options: RtmpSourceOptions) {
    this.#options = options;
  }

  async run(context: SourceContext): Promise<void> {
    const { address, tls = {}, silenceMs = SILENCE_MS } = this.#options;
    try {
      const url = parseRtmpUrl(address);
      const socket = await connectToCamera(url, {
        tls,
        timeoutMs: CONNECT_TIMEOUT_MS,
        signal: context.signal,
      });
      await new RtmpPull(socket, address, silenceMs, context).run();
    } catch (error) {
      if (!context.signal.aborted) throw toSourceError(error);
    }
  }
}

/** One connection, from the handshake on. */
class RtmpPull {
  readonly #socket: Socket;
  readonly #silenceMs: number;
  readonly #signal: AbortSignal;
  readonly #session: RtmpClientSession;
  readonly #feed: DemuxedFeed;
  readonly #reader: FlvReader;
  readonly #end = Promise.withResolvers<undefined>();
  readonly #startedMs = performance.now();
  #lastMediaMs = performance.now();

  constructor(socket: Socket, address: string, silenceMs: number, context: SourceContext) {
    this.#socket = socket;
    this.#silenceMs = silenceMs;
    this.#signal = context.signal;
    this.#feed = new DemuxedFeed((tracks) => context.open(tracks));
    this.#reader = new FlvReader(this.#feed);
    this.#session = new RtmpClientSession(
      {
        send: (bytes) => void socket.write(bytes),
        onReady: () => (this.#lastMediaMs = performance.now()),
        onMedia: (message) => this.#onMedia(message),
        onEnd: (reason) => this.#fail(new SourceError('ERR_SOURCE_ENDED', `the server says: ${reason}`)),
      },
      { url: parseRtmpUrl(address), action: 'play', random: randomBytes },
    );
  }

  async run(): Promise<void> {
    const leave = (): void => this.#end.resolve(undefined);
    const timer = setInterval(() => this.#check(), this.#silenceMs / CHECKS);
    this.#signal.addEventListener('abort', leave, { once: true });
    try {
      this.#listen();
      if (this.#signal.aborted) leave();
      else this.#session.start();
      await this.#end.promise;
    } finally {
      clearInterval(timer);
      this.#signal.removeEventListener('abort', leave);
      this.#feed.close();
      if (!this.#socket.destroyed) this.#session.leave();
      this.#socket.end();
      setTimeout(() => this.#socket.destroy(), GOODBYE_MS).unref();
    }
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('data', (chunk: Buffer) => {
      try {
        this.#session.push(chunk);
      } catch (error) {
        this.#fail(error);
      }
    });
    const lost = (): void =>
      this.#fail(new SourceError('ERR_CONNECTION_LOST', 'the server closed the connection'));
    socket.once('error', (error) => this.#fail(socketError(error)));
    socket.once('end', lost);
    socket.once('close', lost);
    if (socket.destroyed) lost();
  }

  #onMedia({ type, timestamp, payload }: RtmpMessage): void {
    this.#lastMediaMs = performance.now();
    if (type === RtmpMessageType.video) this.#reader.video(timestamp, payload);
    else if (type === RtmpMessageType.audio) this.#reader.audio(timestamp, payload);
    else if (type === RtmpMessageType.data) this.#reader.script(payload);
  }

  #check(): void {
    const nowMs = performance.now();
    if (nowMs - this.#lastMediaMs > this.#silenceMs) {
      const seconds = Math.round(this.#silenceMs / 1000);
      this.#fail(new SourceError('ERR_SOURCE_SILENT', `the server sent nothing for ${seconds} s`));
    } else if (!this.#feed.isOpen && nowMs - this.#startedMs > 2 * this.#silenceMs) {
      this.#fail(new SourceError('ERR_SOURCE_NO_TRACKS', 'the server sends nothing that can be decoded'));
    }
  }

  #fail(error: unknown): void {
    this.#end.reject(error);
  }
}

/** The error as whoever runs the source takes it; what is none of the server's doing passes unchanged. */
function toSourceError(error: unknown): unknown {
  if (!(error instanceof ProtocolError)) return error;
  return new SourceError(error.code, error.message, { cause: error, isPermanent: PERMANENT.has(error.code) });
}
