import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { ProtocolError } from '@vedette/media';
import {
  parseRtmpUrl,
  RTMP_CLIENT_CHUNK_SIZE,
  RtmpClientSession,
  type RtmpAgreement,
  type RtmpUrl,
} from '@vedette/protocols';
import { PushError, type PushContext, type PushTarget } from '../../push/push-target.ts';
import type { DropGateOptions } from '../../stream/drop-gate.ts';
import { connectToDestination, toPushError } from '../destination-socket.ts';
import { FanoutSinks, type FanoutViewer } from '../fanout.ts';
import { SocketOutlet } from '../socket-outlet.ts';
import { RtmpFormat } from './rtmp-format.ts';

/** From the connection to the server's word that it takes media. */
const READY_TIMEOUT_MS = 10_000;
/** What was written at the end has this long to leave. */
const GOODBYE_MS = 500;
/** Faults that only another address or key can mend. */
const PERMANENT: ReadonlySet<string> = new Set(['ERR_RTMP_URL', 'ERR_RTMP_UNAUTHORIZED']);

export interface RtmpPushOptions {
  /** `rtmp://host/app/key` or `rtmps://…`. */
  readonly address: string;
  /** Authorities that are trusted instead of the known ones, PEM. */
  readonly authorities?: string;
  /** What may wait for the destination, and how long it may take nothing. */
  readonly bounds?: DropGateOptions;
}

/** Sends a camera to an RTMP server (publish), in its own connection: YouTube, nginx-rtmp and the like. */
export class RtmpPush implements PushTarget {
  readonly #options: RtmpPushOptions;

  constructor(options: RtmpPushOptions) {
    this.#options = options;
  }

  async run(context: PushContext): Promise<void> {
    const { address, authorities, bounds } = this.#options;
    const { guard, signal } = context;
    try {
      const url = parseRtmpUrl(address);
      const trust = authorities === undefined ? {} : { authorities };
      const socket = await connectToDestination(url, { guard, signal, ...trust });
      await new RtmpPushSession(socket, url, bounds, context).run();
    } catch (error) {
      if (!signal.aborted) throw inWords(error);
    }
  }
}

/** One connection, from the handshake on. */
class RtmpPushSession {
  readonly #socket: Socket;
  readonly #context: PushContext;
  readonly #bounds: DropGateOptions | undefined;
  readonly #session: RtmpClientSession;
  readonly #end = Promise.withResolvers<undefined>();
  #viewer: FanoutViewer | undefined;
  #isStalled = false;

  constructor(socket: Socket, url: RtmpUrl, bounds: DropGateOptions | undefined, context: PushContext) {
    this.#socket = socket;
    this.#bounds = bounds;
    this.#context = context;
    this.#session = new RtmpClientSession(
      {
        send: (bytes) => void socket.write(bytes),
        onReady: (agreement) => this.#start(agreement),
        onMedia: () => undefined,
        onEnd: (reason) => this.#fail(new PushError('ERR_PUSH_ENDED', `the server says: ${reason}`)),
      },
      { url, action: 'publish', random: randomBytes },
    );
  }

  async run(): Promise<void> {
    const { signal } = this.#context;
    const leave = (): void => this.#end.resolve(undefined);
    const late = setTimeout(() => {
      if (this.#viewer !== undefined) return;
      this.#fail(new PushError('ERR_PUSH_TIMEOUT', 'the destination did not take the stream in time'));
    }, READY_TIMEOUT_MS);
    signal.addEventListener('abort', leave, { once: true });
    try {
      this.#listen();
      this.#context.report(() => this.#viewer?.totals() ?? { bytes: 0, dropped: 0, queuedBytes: 0 });
      if (signal.aborted) leave();
      else this.#session.start();
      await this.#end.promise;
    } finally {
      clearTimeout(late);
      signal.removeEventListener('abort', leave);
      this.#viewer?.close();
      this.#hangUp();
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
    const closed = (): void => {
      this.#fail(new PushError('ERR_CONNECTION_LOST', 'the destination closed the connection'));
    };
    socket.once('error', (error) => this.#fail(toPushError(error)));
    socket.once('end', closed);
    socket.once('close', closed);
    if (socket.destroyed) closed();
  }

  /** The stream's tracks are such that every server takes them: whoever runs the push saw to that. */
  #start({ streamId }: RtmpAgreement): void {
    const framing = { streamId, chunkSize: RTMP_CLIENT_CHUNK_SIZE };
    // Servers number streams and want chunks in their own way: the bytes are of no use to others.
    const sinks = new FanoutSinks({
      name: 'rtmp-push',
      format: () => new RtmpFormat(framing),
      ...(this.#bounds === undefined ? {} : { bounds: this.#bounds }),
    });
    const outlet = new SocketOutlet(this.#socket);
    this.#viewer = sinks.open(this.#context.stream, outlet, (reason, isStalled) => {
      this.#isStalled = isStalled;
      const code = isStalled ? 'ERR_PUSH_STALLED' : 'ERR_PUSH_STREAM_CHANGED';
      this.#fail(new PushError(code, isStalled ? 'the destination took nothing for too long' : reason));
    });
    this.#context.onConnected();
  }

  #hangUp(): void {
    const socket = this.#socket;
    if (this.#isStalled || socket.destroyed) {
      socket.destroy();
      return;
    }
    this.#session.leave();
    socket.end();
    setTimeout(() => socket.destroy(), GOODBYE_MS).unref();
  }

  #fail(error: unknown): void {
    this.#end.reject(error);
  }
}

function inWords(error: unknown): unknown {
  if (error instanceof ProtocolError) {
    const isPermanent = PERMANENT.has(error.code);
    return new PushError(error.code, error.message, { cause: error, isPermanent });
  }
  return toPushError(error);
}
