import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { ProtocolError } from '@vedette/media';
import { RtmpServerSession, type RtmpCodecs, type RtmpRequest } from '@vedette/protocols';
import type { Admitted, Credentials, Door } from '../../access/door.ts';
import type { Identity } from '../../access/identity.ts';
import type { CameraDirectory } from '../../cameras/directory.ts';
import { plainAddress } from '../../net/plain-address.ts';
import type { Logger } from '../../observability/logger.ts';
import type { SessionInfo, SessionRegistry } from '../../sessions/session-registry.ts';
import { SocketOutlet } from '../../sinks/socket-outlet.ts';
import type { Stream } from '../../stream/stream.ts';
import { findLive } from '../find-live.ts';
import { knockAt } from '../knock.ts';
import type { RtmpServerLimits } from './limits.ts';
import type { FitStream, OpenPublisher, OpenViewer, Publisher, Viewer } from './ports.ts';
import { rtmpRefusal } from './rtmp-refusal.ts';
import { parseRtmpTarget, type RtmpTarget } from './rtmp-target.ts';

/** What connections need of the server. */
export interface ConnectionHost {
  readonly cameras: CameraDirectory;
  readonly sessions: SessionRegistry;
  readonly logger: Logger;
  readonly fit: FitStream;
  readonly openViewer: OpenViewer;
  readonly openPublisher: OpenPublisher;
  readonly door: Door;
  readonly limits: RtmpServerLimits;
  now(): number;
  onConnectionEnd(connection: RtmpConnection): void;
}

/** Who does what. */
type Who = Pick<SessionInfo, 'kind' | 'cameraId'> & {
  readonly userAgent: string;
  readonly identity: Identity;
};

const NOTHING: Credentials = { kind: 'none' };
const RATE_WINDOW_MS = 10_000;
/** After our end of the connection was closed, the peer has this long to close its own. */
const CUT_OFF_MS = 1000;

/** A client that costs more than it may. */
class PeerOffence extends Error {
  override readonly name = 'PeerOffence';
}

/** One RTMP connection: bytes in, answers out, one publisher or viewer at a time, and the deadlines. */
export class RtmpConnection {
  readonly #host: ConnectionHost;
  readonly #socket: Socket;
  readonly #isSecure: boolean;
  readonly #peer: string;
  readonly #session: RtmpServerSession;
  #publisher: Publisher | undefined;
  #viewer: Viewer | undefined;
  #endRegistration: ((reason: string) => void) | undefined;
  /** Ends the wait of a client that is being decided about, or whose camera is not there yet; there is one at a time. */
  #waiting: AbortController | undefined;
  /** The door is being asked. */
  #isKnocking = false;
  #isClosed = false;
  /** When the connection last became idle, or was made. */
  #idleSinceMs: number;
  #windowStartMs: number;
  #bytesInWindow = 0;
  #answersInWindow = 0;

  constructor(socket: Socket, isSecure: boolean, host: ConnectionHost) {
    this.#host = host;
    this.#socket = socket;
    this.#isSecure = isSecure;
    const address = socket.remoteAddress ?? '';
    this.#peer = `${address.includes(':') ? `[${address}]` : address}:${socket.remotePort ?? 0}`;
    this.#idleSinceMs = this.#windowStartMs = host.now();
    this.#session = new RtmpServerSession(
      {
        send: (bytes) => this.#send(bytes),
        onPublish: (request) => void this.#ask('publish', request),
        onPlay: (request) => void this.#ask('view', request),
        onMedia: (message) => this.#publisher?.onMedia(message),
        onStop: () => this.#stop('the peer ended the session'),
      },
      randomBytes,
    );
  }

  /** Begins to read. */
  start(): void {
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('error', () => undefined); // 'close' follows and says it all
    socket.on('end', () => this.#finish('the peer hung up'));
    socket.on('close', () => this.#finish('the connection broke'));
  }

  /** Closes what stalls or has nothing more to say; called about every second. */
  check(nowMs: number): void {
    const { handshakeMs, idleMs } = this.#host.limits;
    const { state } = this.#session;
    this.#publisher?.check();
    const idleForMs = nowMs - this.#idleSinceMs;
    if ((state === 'handshake' || state === 'connecting') && idleForMs > handshakeMs) {
      this.#offend('no handshake and connect in time');
    } else if (state === 'idle' && idleForMs > idleMs) {
      this.hangUp('it neither published nor played for a long time');
    }
  }

  /** Ends the connection with RTMP's words, letting what was written go out. */
  hangUp(reason: string): void {
    if (this.#isClosed) return;
    if (this.#viewer !== undefined) this.#session.endPlay(reason);
    else if (this.#publisher !== undefined) this.#session.refuse('NetStream.Publish.Failed', reason);
    this.#finish(reason);
    this.#socket.end();
    if (!this.#socket.destroyed) setTimeout(() => this.#socket.destroy(), CUT_OFF_MS).unref();
  }

  #onData(chunk: Buffer): void {
    if (this.#isClosed) return;
    try {
      if (this.#publisher === undefined) this.#countBytes(chunk.length);
      this.#session.push(chunk);
    } catch (error) {
      if (error instanceof ProtocolError) this.#offend(error.message, error.code);
      else if (error instanceof PeerOffence) this.#offend(error.message);
      else {
        this.#host.logger.error(
          { peer: this.#peer, err: error },
          'an RTMP message failed in a way it should not',
        );
        this.hangUp('internal error');
      }
    }
  }

  /** Never rejects. */
  async #ask(action: 'view' | 'publish', request: RtmpRequest): Promise<void> {
    if (this.#isClosed) return;
    const [notFound, failed] =
      action === 'view'
        ? (['NetStream.Play.StreamNotFound', 'NetStream.Play.Failed'] as const)
        : (['NetStream.Publish.BadName', 'NetStream.Publish.Failed'] as const);
    const target = parseRtmpTarget(request.app, request.name);
    if (target === undefined) {
      this.#refuse(notFound, 'no camera can have this name: use /live/CAMERA');
      return;
    }
    this.#waiting = new AbortController();
    const { signal } = this.#waiting;
    try {
      const entry = await this.#knock(action, target, request.userAgent, signal);
      if (signal.aborted || entry === undefined) return;
      if (action === 'publish') this.#publish(target.cameraId, request.userAgent, entry.identity);
      else await this.#play(target, request, entry.identity, signal);
    } catch (error) {
      const isExpected = error instanceof ProtocolError;
      if (!isExpected) {
        this.#host.logger.error({ peer: this.#peer, err: error }, 'an RTMP request failed as it should not');
      }
      this.#refuse(failed, isExpected ? error.message : 'internal error');
    }
  }

  /** @returns `undefined`: refused, or the peer has gone. */
  async #knock(
    action: 'view' | 'publish',
    { cameraId, credentials }: RtmpTarget,
    userAgent: string,
    signal: AbortSignal,
  ): Promise<Admitted | undefined> {
    const peer = { address: plainAddress(this.#socket.remoteAddress ?? ''), userAgent };
    const knock = { credentials: credentials ?? NOTHING, peer, action, cameraId, protocol: 'rtmp' };
    this.#isKnocking = true;
    const admission = await knockAt(this.#host.door, knock, signal);
    this.#isKnocking = false;
    if (admission === undefined || admission.ok) return admission;
    const { code, description } = rtmpRefusal(action, cameraId, admission);
    this.#refuse(code, description);
    return undefined;
  }

  #publish(cameraId: string, userAgent: string, identity: Identity): void {
    const verdict = this.#host.cameras.canPublish(cameraId);
    if (!verdict.ok) {
      this.#refuse('NetStream.Publish.BadName', verdict.message);
      return;
    }
    const publisher = this.#host.openPublisher(cameraId, (reason) => this.hangUp(reason));
    this.#publisher = publisher;
    this.#register({ kind: 'publish', cameraId, userAgent, identity }, publisher);
    this.#session.acceptPublish();
  }

  async #play(
    { cameraId, quality }: RtmpTarget,
    { userAgent, codecs }: RtmpRequest,
    identity: Identity,
    signal: AbortSignal,
  ): Promise<void> {
    const { cameras, fit, limits } = this.#host;
    const found = await findLive({
      ...{ cameras, cameraId, signal, waitMs: limits.playWaitMs },
      fit: (stream) => fit(stream, codecs, quality),
    });
    if (signal.aborted) return;
    if (typeof found === 'string') this.#refuse('NetStream.Play.StreamNotFound', found);
    else this.#view(found, codecs, { kind: 'view', cameraId, userAgent, identity });
  }

  #view(stream: Stream, codecs: RtmpCodecs, info: Who): void {
    this.#socket.cork();
    try {
      const outlet = new SocketOutlet(this.#socket);
      this.#session.acceptPlay();
      const viewer = this.#host.openViewer(stream, codecs, outlet, (reason, isStalled) => {
        if (isStalled) this.#abort(reason);
        else this.hangUp(reason);
      });
      this.#viewer = viewer;
      this.#register(info, viewer);
    } finally {
      this.#socket.uncork();
    }
  }

  #register({ userAgent, ...info }: Who, part: Publisher | Viewer): void {
    const transport = this.#isSecure ? 'tls' : 'tcp';
    const agent = userAgent === '' ? {} : { userAgent };
    const { end } = this.#host.sessions.begin(
      { protocol: 'rtmp', peer: this.#peer, transport, ...info, ...agent },
      { totals: () => part.totals(), close: (reason) => this.hangUp(reason) },
    );
    this.#endRegistration = end;
  }

  /** Says no and closes: players and encoders that are refused would wait for ever. */
  #refuse(code: string, description: string): void {
    if (this.#isClosed) return;
    this.#session.refuse(code, description);
    this.hangUp(`refused: ${description}`);
  }

  #send(bytes: Uint8Array): void {
    if (this.#isClosed || this.#socket.destroyed) return;
    this.#roll();
    this.#answersInWindow += 1;
    const { answersPerTenSeconds, unreadAnswerBytes } = this.#host.limits;
    if (this.#answersInWindow > answersPerTenSeconds) {
      this.#cutOff(`more than ${answersPerTenSeconds} answers in ten seconds`);
      return;
    }
    this.#socket.write(bytes);
    if (this.#viewer === undefined && this.#socket.writableLength > unreadAnswerBytes) {
      this.#cutOff('the answers are not read');
    }
  }

  #countBytes(count: number): void {
    this.#roll();
    this.#bytesInWindow += count;
    const { idleBytesPerTenSeconds, earlyMediaBytes } = this.#host.limits;
    const limit = this.#session.state === 'asked' ? earlyMediaBytes : idleBytesPerTenSeconds;
    if (this.#bytesInWindow > limit)
      throw new PeerOffence(`more than ${limit} bytes in ten seconds, and no media`);
  }

  #roll(): void {
    const nowMs = this.#host.now();
    if (nowMs - this.#windowStartMs <= RATE_WINDOW_MS) return;
    this.#windowStartMs = nowMs;
    this.#bytesInWindow = this.#answersInWindow = 0;
  }

  /** Whoever gives up while the door is asked may not ask again and again: each time costs a look at his password. */
  #stop(reason: string): void {
    if (this.#isKnocking) this.hangUp(reason);
    else this.#release(reason);
  }

  /** Ends what the peer published or played; the connection may go on. */
  #release(reason: string): void {
    this.#idleSinceMs = this.#host.now();
    this.#waiting?.abort();
    this.#waiting = undefined;
    this.#publisher?.close();
    this.#viewer?.close();
    this.#endRegistration?.(reason);
    this.#publisher = this.#viewer = this.#endRegistration = undefined;
  }

  /** Ends the connection with the reason in the log. */
  #offend(reason: string, code?: string): void {
    if (this.#isClosed) return;
    this.#host.logger.warn({ peer: this.#peer, code }, `RTMP peer closed: ${reason}`);
    this.hangUp(reason);
  }

  /** The same for a peer that further words would be wasted on. */
  #cutOff(reason: string): void {
    this.#host.logger.warn({ peer: this.#peer }, `RTMP peer closed: ${reason}`);
    this.#abort(reason);
  }

  #abort(reason: string): void {
    this.#finish(reason);
    this.#socket.destroy();
  }

  #finish(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#release(reason);
    this.#host.onConnectionEnd(this);
  }
}
