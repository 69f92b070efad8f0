import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Track } from '@vedette/media';
import {
  RTSP_CLIENT_LIMITS,
  rtspTrackControl,
  RtspClient,
  RtspParser,
  serializeRtspSdp,
  type RtspClientEffect,
  type RtspTransport,
  type RtspUrl,
} from '@vedette/protocols';
import { PushError, type PushContext } from '../../push/push-target.ts';
import { steadyClock } from '../../stream/stream.ts';
import { toPushError } from '../destination-socket.ts';
import type { RtspSinks } from './rtsp-sinks.ts';
import type { RtspViewer } from './rtsp-viewer.ts';
import { customaryChannel } from './track-sender.ts';

/** How fine time is taken: deadlines of requests. */
const TICK_MS = 250;
/** How long the destination may take to close the connection behind a TEARDOWN. */
const GOODBYE_MS = 500;

export interface RtspPushSessionOptions {
  readonly url: RtspUrl;
  readonly sinks: RtspSinks;
  readonly userAgent: string;
  readonly redirectsLeft: number;
}

/** How a session ended, when not by an error. */
export type PushEnd =
  | { readonly type: 'ended' }
  | { readonly type: 'redirected'; readonly url: RtspUrl; readonly redirectsLeft: number };

/** One RTSP session of a push on one connection: from OPTIONS to TEARDOWN. */
export class RtspPushSession {
  readonly #socket: Socket;
  readonly #context: PushContext;
  readonly #client: RtspClient;
  readonly #tracks: readonly Track[];
  readonly #viewer: RtspViewer;
  readonly #end = Promise.withResolvers<PushEnd>();
  #isStalled = false;
  #isOver = false;

  /** @param socket open, and trusted. It belongs to the session from here on. */
  constructor(
    socket: Socket,
    { url, sinks, userAgent, redirectsLeft }: RtspPushSessionOptions,
    context: PushContext,
  ) {
    this.#socket = socket;
    this.#context = context;
    this.#tracks = context.stream.tracks;
    this.#viewer = sinks.open(context.stream, (reason, isStalled) => this.#dropped(reason, isStalled));
    const description = serializeRtspSdp(this.#tracks, {
      name: context.stream.id,
      sessionId: Date.now().toString(),
      address: socket.localAddress ?? '127.0.0.1',
    });
    this.#client = new RtspClient({
      url,
      userAgent,
      redirectsLeft,
      clientNonce: randomBytes(8).toString('hex'),
      announce: new TextEncoder().encode(description),
    });
  }

  /**
   * Sends until the signal aborts.
   *
   * @throws {PushError} the connection ended otherwise. @throws {ProtocolError} the destination refused.
   */
  async run(): Promise<PushEnd> {
    const { signal } = this.#context;
    const leave = (): void => this.#finish({ type: 'ended' });
    const timer = setInterval(
      () => this.#guard(() => this.#perform(this.#client.tick(steadyClock()))),
      TICK_MS,
    );
    signal.addEventListener('abort', leave, { once: true });
    try {
      this.#listen();
      this.#context.report(() => this.#viewer.totals());
      if (signal.aborted) leave();
      else this.#guard(() => this.#perform(this.#client.start(steadyClock())));
      return await this.#end.promise;
    } finally {
      this.#isOver = true;
      clearInterval(timer);
      signal.removeEventListener('abort', leave);
      await this.#sayGoodbye();
    }
  }

  #listen(): void {
    const parser = new RtspParser(
      {
        onFrame: () => undefined, // receiver reports
        onResponse: (response) => this.#perform(this.#client.receive(response, steadyClock())),
        onRequest: (request) => this.#perform(this.#client.receiveRequest(request)),
      },
      RTSP_CLIENT_LIMITS,
    );
    const socket = this.#socket;
    socket.on('data', (chunk: Uint8Array) => {
      if (!this.#isOver) this.#guard(() => parser.push(chunk));
    });
    socket.once('error', (error) => this.#fail(toPushError(error)));
    const closed = (): void => {
      this.#fail(new PushError('ERR_CONNECTION_LOST', 'the destination closed the connection'));
    };
    socket.once('end', closed);
    socket.once('close', closed);
    if (socket.destroyed) closed();
  }

  #perform(effects: readonly RtspClientEffect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case 'send':
          this.#socket.write(effect.bytes);
          break;
        case 'announced':
          this.#perform(this.#client.setup(this.#tracks.map(mediaOf), '*', steadyClock()));
          break;
        case 'trackReady':
          this.#connect(effect.index, effect.transport);
          break;
        case 'recording':
          // No answer is due before the pictures; one whose tracks have changed has been told of its end.
          if (this.#viewer.play(() => undefined)) this.#context.onConnected();
          break;
        case 'redirected':
          this.#finish(effect);
          break;
        case 'failed':
          this.#fail(effect.error);
          break;
        default:
      }
    }
  }

  #connect(index: number, { interleaved }: RtspTransport): void {
    const track = this.#tracks[index];
    if (track === undefined || interleaved === undefined) return;
    const [rtpChannel, rtcpChannel] = interleaved;
    this.#viewer.setup(track.id, track.kind === 'video', {
      kind: 'interleaved',
      socket: this.#socket,
      rtpChannel,
      rtcpChannel,
    });
  }

  /** The stream has ended the viewer. */
  #dropped(reason: string, isStalled: boolean): void {
    this.#isStalled = isStalled;
    const code = isStalled ? 'ERR_PUSH_STALLED' : 'ERR_PUSH_STREAM_CHANGED';
    this.#fail(new PushError(code, isStalled ? 'the destination took nothing for too long' : reason));
  }

  /** An error in an event of a socket or timer ends the session, not the process. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #finish(end: PushEnd): void {
    this.#isOver = true;
    this.#end.resolve(end);
  }

  #fail(error: unknown): void {
    this.#isOver = true;
    this.#end.reject(error);
  }

  async #sayGoodbye(): Promise<void> {
    const socket = this.#socket;
    this.#viewer.close(this.#isStalled ? undefined : 'the push was stopped');
    if (this.#isStalled) socket.destroy();
    for (const effect of this.#client.teardown(steadyClock())) {
      if (effect.type === 'send' && socket.writable) socket.write(effect.bytes);
    }
    if (socket.closed) return;
    socket.end();
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), GOODBYE_MS);
    await once(socket, 'close').catch(() => undefined);
    clearTimeout(timer);
  }
}

function mediaOf(track: Track): { control: string; transport: RtspTransport } {
  const rtp = customaryChannel(track.id);
  return {
    control: rtspTrackControl(track),
    transport: {
      profile: 'RTP/AVP',
      lower: 'tcp',
      delivery: 'unicast',
      interleaved: [rtp, rtp + 1],
      mode: 'record',
    },
  };
}
