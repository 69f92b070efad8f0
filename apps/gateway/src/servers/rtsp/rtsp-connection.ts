import type { Socket } from 'node:net';
import { ProtocolError } from '@vedette/media';
import {
  rtspReason,
  RtspHeaders,
  RtspParser,
  serializeRtspResponse,
  type RtspRequest,
  type RtspResponse,
} from '@vedette/protocols';
import type { Logger } from '../../observability/logger.ts';
import { RequestHandler, type HandlerHost } from './request-handler.ts';
import { PeerOffence, peerOf, type RtspPeer } from './rtsp-peer.ts';
import type { RtspSession, SessionConnection } from './rtsp-session.ts';

export interface ConnectionHost extends HandlerHost {
  readonly logger: Logger;
  onConnectionEnd(connection: RtspConnection): void;
}

/** What was wrong: bytes, or a request. */
interface Offence {
  readonly error?: Error;
  readonly request?: RtspRequest | undefined;
}

const RATE_WINDOW_MS = 10_000;
/** After our end of the connection was closed, the peer has this long to close its own. */
const CUT_OFF_MS = 1000;
const HTTP_ANSWER =
  'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nThis port speaks RTSP, not HTTP.\n';
const EMPTY = new Uint8Array(0);

/** One RTSP connection: bytes in, answers out, and the deadlines that a stalling or flooding peer breaks. */
export class RtspConnection implements SessionConnection {
  readonly peer: RtspPeer;
  readonly #host: ConnectionHost;
  readonly #socket: Socket;
  readonly #parser: RtspParser;
  readonly #handler: RequestHandler;
  readonly #gone = new AbortController();
  readonly #waiting: RtspRequest[] = [];
  #isServing = false;
  #isClosed = false;
  #hasRequested = false;
  #lastRequestMs: number;
  /** Since when a message has been incomplete; `undefined` between messages. */
  #partialSinceMs: number | undefined;
  #completed = 0;
  #windowStartMs: number;
  #requestsInWindow = 0;
  #farewellTimer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, isSecure: boolean, host: ConnectionHost) {
    this.#host = host;
    this.#socket = socket;
    this.peer = peerOf(socket, isSecure);
    this.#lastRequestMs = this.#windowStartMs = host.now();
    this.#handler = new RequestHandler(host, this, this.#gone.signal, (response) => this.#send(response));
    this.#parser = new RtspParser({
      onFrame: (channel, payload) => {
        this.#completed += 1;
        this.#onFrame(channel, payload);
      },
      onRequest: (request) => {
        this.#completed += 1;
        this.#waiting.push(request);
      },
      onResponse: () => {
        this.#completed += 1; // nothing was asked: ignored
      },
    });
  }

  get session(): RtspSession | undefined {
    return this.#handler.session;
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

  /** The session is over, or goes on without this connection. */
  releaseSession(session: RtspSession): void {
    this.#handler.releaseSession(session);
  }

  /** Closes what stalls or has nothing more to say; called about every second. */
  check(nowMs: number): void {
    const { messageMs, sessionTimeoutMs } = this.#host.limits;
    if (this.#partialSinceMs !== undefined && nowMs - this.#partialSinceMs > messageMs) {
      this.#refuse(408, 'a message was not complete in time');
    } else if (!this.#hasRequested && nowMs - this.#lastRequestMs > messageMs) {
      this.#refuse(408, 'no request came');
    } else if (this.session === undefined && nowMs - this.#lastRequestMs > sessionTimeoutMs) {
      this.hangUp('no session and no request for a long time');
    }
  }

  farewell(session: RtspSession): void {
    this.releaseSession(session);
    this.#farewellTimer ??= setTimeout(() => {
      this.#farewellTimer = undefined;
      if (this.session === undefined) this.hangUp('its session has ended');
    }, this.#host.limits.farewellMs);
  }

  /** Ends the connection, letting what was written go out. */
  hangUp(reason: string): void {
    this.#socket.end();
    this.#finish(reason);
    if (!this.#socket.destroyed) setTimeout(() => this.#socket.destroy(), CUT_OFF_MS).unref();
  }

  abort(reason: string): void {
    this.#finish(reason);
    this.#socket.destroy();
  }

  #onData(chunk: Buffer): void {
    if (this.#isClosed) return;
    const wasPartial = this.#partialSinceMs !== undefined;
    const completed = this.#completed;
    try {
      this.#parser.push(chunk);
    } catch (error) {
      if (!(error instanceof ProtocolError || error instanceof PeerOffence)) throw error;
      this.#refuse(error instanceof ProtocolError ? statusOf(error) : error.status, error.message, { error });
      return;
    }
    if (!this.#parser.isInsideMessage) this.#partialSinceMs = undefined;
    else if (this.#completed !== completed || !wasPartial) this.#partialSinceMs = this.#host.now();
    if (this.#isServing) this.#socket.pause();
    else if (this.#waiting.length > 0) void this.#serve();
  }

  #onFrame(channel: number, payload: Uint8Array): void {
    const { session } = this;
    if (session === undefined) {
      if (!this.#hasRequested) throw new PeerOffence(400, 'interleaved data without a session');
      return; // the last packets of a session that was just torn down
    }
    session.onFrame(channel, payload);
  }

  /** One request after the other: a client may send the next one early, its answer still comes in turn. */
  async #serve(): Promise<void> {
    this.#isServing = true;
    let request = this.#waiting.shift();
    try {
      for (; request !== undefined; request = this.#waiting.shift()) {
        if (this.#isClosed) return;
        this.#count();
        await this.#handler.handle(request);
      }
    } catch (error) {
      if (error instanceof PeerOffence) this.#refuse(error.status, error.message, { request });
      else {
        this.#host.logger.error(
          { peer: this.peer.name, err: error },
          'an RTSP request failed in a way it should not',
        );
        this.#refuse(500, 'internal error');
      }
    } finally {
      this.#isServing = false;
      this.#socket.resume();
    }
  }

  #count(): void {
    const nowMs = this.#host.now();
    this.#hasRequested = true;
    this.#lastRequestMs = nowMs;
    if (nowMs - this.#windowStartMs > RATE_WINDOW_MS) {
      this.#windowStartMs = nowMs;
      this.#requestsInWindow = 0;
    }
    this.#requestsInWindow += 1;
    const limit = this.#host.limits.requestsPerTenSeconds;
    if (this.#requestsInWindow > limit)
      throw new PeerOffence(503, `more than ${limit} requests in ten seconds`);
  }

  #send(response: RtspResponse): void {
    if (this.#isClosed) return;
    this.#socket.write(serializeRtspResponse(response));
    const isFlowing = this.session?.state.name === 'playing';
    if (!isFlowing && this.#socket.writableLength > this.#host.limits.unreadAnswerBytes) {
      throw new PeerOffence(503, 'the answers are not read');
    }
  }

  /** Answers, logs the reason, and closes. */
  #refuse(status: number, reason: string, { error, request }: Offence = {}): void {
    if (this.#isClosed) return;
    const code = error instanceof ProtocolError ? error.code : undefined;
    this.#host.logger.warn({ peer: this.peer.name, status, code }, `RTSP peer closed: ${reason}`);
    if (code === 'ERR_RTSP_HTTP_PEER') this.#socket.write(HTTP_ANSWER);
    else if (code !== 'ERR_RTSP_TLS_PEER') {
      const headers = RtspHeaders.of({ CSeq: request?.headers.get('CSeq'), Connection: 'close' });
      this.#socket.write(serializeRtspResponse({ status, reason: rtspReason(status), headers, body: EMPTY }));
    }
    this.hangUp(reason);
  }

  #finish(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#gone.abort();
    clearTimeout(this.#farewellTimer);
    this.#waiting.length = 0;
    const { session } = this;
    if (session !== undefined) {
      const isFlowing = session.state.name === 'playing' || session.state.name === 'recording';
      this.#handler.releaseSession(session);
      if (!isFlowing || !session.isDatagram) session.close(reason, false);
    }
    this.#host.onConnectionEnd(this);
  }
}

/** 413 where a limit of size was passed, else 400. */
function statusOf({ code }: ProtocolError): number {
  return /TOO_(?:LONG|MANY)/.test(code) ? 413 : 400;
}
