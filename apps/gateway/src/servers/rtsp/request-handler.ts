import { ProtocolError, type ErrorCode } from '@vedette/media';
import {
  INITIAL_SERVER_STATE,
  refuseRequest,
  rtspResponse,
  SERVER_METHODS,
  type RtspRequest,
  type RtspResponse,
} from '@vedette/protocols';
import type { CameraDirectory } from '../../cameras/directory.ts';
import type { Stream } from '../../stream/stream.ts';
import { findLive } from '../find-live.ts';
import { ConnectionAccess, type AccessHost } from './connection-access.ts';
import { describe } from './describe.ts';
import { PlaySession } from './play-session.ts';
import type { FitStream, OpenPublisher, OpenViewer } from './ports.ts';
import { refusePublish } from './publish-refusal.ts';
import { PublishSession } from './publish-session.ts';
import type { RtspPeer, Visitor } from './rtsp-peer.ts';
import {
  sessionResponse,
  withReason,
  type RtspSession,
  type SessionConnection,
  type SessionHost,
} from './rtsp-session.ts';
import { findTarget, parseTarget, trackIdOf, type RtspTarget } from './rtsp-target.ts';

/** What requests are served from. */
export interface HandlerHost extends SessionHost, AccessHost {
  readonly cameras: CameraDirectory;
  readonly fit: FitStream;
  readonly openViewer: OpenViewer;
  readonly openPublisher: OpenPublisher;
  onSessionStart(session: RtspSession): void;
  /** A session that lost its connection, for the same address to go on with. */
  adoptSession(id: string, address: string): RtspSession | undefined;
}

const MAX_USER_AGENT = 200;
/** Answers to what a request asks for and cannot have; everything else is a bad request. */
const REFUSALS: Readonly<Partial<Record<ErrorCode, number>>> = {
  ERR_RTSP_RANGE: 457,
  ERR_QUALITY_UNKNOWN: 404,
};

/** Serves the requests of one connection, one after the other, and holds its session. */
export class RequestHandler {
  readonly #host: HandlerHost;
  readonly #connection: SessionConnection;
  readonly #peer: RtspPeer;
  readonly #access: ConnectionAccess;
  /** Aborts when the connection is gone: nothing may begin any more. */
  readonly #signal: AbortSignal;
  readonly #send: (response: RtspResponse) => void;
  #session: PlaySession | PublishSession | undefined;
  /** The session that ended last. */
  #endedId: string | undefined;

  constructor(
    host: HandlerHost,
    connection: SessionConnection,
    signal: AbortSignal,
    send: (response: RtspResponse) => void,
  ) {
    this.#host = host;
    this.#connection = connection;
    this.#peer = connection.peer;
    this.#access = new ConnectionAccess(host, connection.peer, signal);
    this.#signal = signal;
    this.#send = send;
  }

  get session(): RtspSession | undefined {
    return this.#session;
  }

  /** The session is over, or goes on without this connection. */
  releaseSession(session: RtspSession): void {
    if (this.#session !== session) return;
    session.connection = undefined;
    this.#session = undefined;
    this.#endedId = session.id;
    this.#access.forget();
  }

  /** @throws {PeerOffence} the peer goes over a limit. */
  async handle(request: RtspRequest): Promise<void> {
    this.#findSession(request);
    const session = this.#session;
    if (session !== undefined) session.lastSeenMs = this.#host.now();
    if (this.#isFarewell(request)) {
      this.#send(rtspResponse(request, 200));
      return;
    }
    const state = session?.state ?? INITIAL_SERVER_STATE;
    const refusal = refuseRequest(request, { id: session?.id, state });
    if (refusal !== undefined) {
      this.#send(rtspResponse(request, refusal.status, refusal.headers));
      return;
    }
    try {
      const response = await this.#serve(request);
      if (response !== undefined) this.#send(response);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      const status = REFUSALS[error.code] ?? 400;
      this.#send(withReason(rtspResponse(request, status), error.message));
    }
  }

  async #serve(request: RtspRequest): Promise<RtspResponse | undefined> {
    switch (request.method) {
      case 'OPTIONS':
        return this.#respond(request, 200, { Public: SERVER_METHODS.join(', ') });
      case 'GET_PARAMETER':
      case 'SET_PARAMETER':
        // Without a body a keep-alive; no parameter is known.
        return this.#respond(request, request.body.length === 0 ? 200 : 451);
      case 'TEARDOWN':
        return this.#teardown(request);
      case 'PAUSE':
      case 'PLAY':
      case 'RECORD':
        return this.#serveSession(request);
      default:
        return this.#serveTarget(request);
    }
  }

  /** PAUSE, PLAY and RECORD: what the session there is may do. */
  #serveSession(request: RtspRequest): RtspResponse | undefined {
    const session = this.#session;
    const target = findTarget(request.url);
    if (session !== undefined && target !== undefined && target.cameraId !== session.cameraId) {
      return withReason(rtspResponse(request, 455), 'a session has one camera');
    }
    const denial = this.#access.check(request, target?.token);
    if (denial !== undefined) return denial;
    if (session instanceof PublishSession) {
      return request.method === 'RECORD'
        ? session.record(request, userAgentOf(request))
        : this.#respond(request, 455);
    }
    if (session === undefined || request.method === 'RECORD') return this.#respond(request, 455);
    if (request.method === 'PAUSE') return session.pause(request);
    session.play(request, userAgentOf(request), this.#send);
    return undefined;
  }

  /** DESCRIBE, ANNOUNCE and SETUP: what depends on the camera that the URL names. */
  async #serveTarget(request: RtspRequest): Promise<RtspResponse | undefined> {
    const target = parseTarget(request.url);
    if (target === undefined) return withReason(rtspResponse(request, 404), 'no camera can have this name');
    if (request.method === 'SETUP' && this.#session !== undefined) {
      return this.#access.check(request, target.token) ?? this.#setup(request, target, this.#session);
    }
    const action = request.method === 'ANNOUNCE' ? 'publish' : 'view';
    const entry = await this.#access.admit(request, target, action);
    if (entry === undefined || this.#isGone()) return undefined;
    if ('response' in entry) return entry.response;
    const visitor = { peer: this.#peer, identity: entry.identity };
    return action === 'publish'
      ? this.#announce(request, target, visitor)
      : this.#serveViewer(request, target, visitor);
  }

  async #serveViewer(
    request: RtspRequest,
    target: RtspTarget,
    visitor: Visitor,
  ): Promise<RtspResponse | undefined> {
    const found = await this.#findLive(target);
    if (this.#isGone()) return undefined;
    if (typeof found === 'string') return withReason(rtspResponse(request, 404), found);
    if (request.method === 'DESCRIBE') return describe(request, found, this.#peer);
    const session = new PlaySession(found, this.#host, visitor, this.#host.openViewer);
    this.#hold(session);
    this.#host.onSessionStart(session);
    return this.#setup(request, target, session);
  }

  async #findLive({ cameraId, quality }: RtspTarget): Promise<Stream | string> {
    const { cameras, fit, limits } = this.#host;
    const waitMs = limits.describeWaitMs;
    return findLive({
      ...{ cameras, cameraId, waitMs },
      fit: (stream) => fit(stream, quality),
      signal: this.#signal,
    });
  }

  #announce(request: RtspRequest, { cameraId }: RtspTarget, visitor: Visitor): RtspResponse {
    const type = request.headers.get('Content-Type') ?? 'application/sdp';
    if (!/^application\/sdp\b/i.test(type)) return rtspResponse(request, 415);
    const verdict = this.#host.cameras.canPublish(cameraId);
    if (!verdict.ok) return refusePublish(request, verdict);
    const description = new TextDecoder().decode(request.body);
    const session = new PublishSession(cameraId, description, this.#host, visitor, this.#host.openPublisher);
    this.#hold(session);
    this.#host.onSessionStart(session);
    return this.#respond(request, 200);
  }

  #setup(
    request: RtspRequest,
    { cameraId, control }: RtspTarget,
    session: PlaySession | PublishSession,
  ): RtspResponse {
    if (cameraId !== session.cameraId) {
      return withReason(rtspResponse(request, 455), 'a session has one camera');
    }
    if (session instanceof PublishSession) return session.setup(request, control);
    const trackId = control === undefined ? undefined : trackIdOf(control);
    if (control !== undefined && trackId === undefined) {
      return withReason(rtspResponse(request, 404), `no track ${control}`);
    }
    return session.setup(request, trackId);
  }

  #teardown(request: RtspRequest): RtspResponse {
    const response = this.#respond(request, 200);
    this.#session?.close('the peer ended the session', false);
    return response;
  }

  #findSession(request: RtspRequest): void {
    if (this.#session !== undefined) return;
    const id = request.headers.get('Session')?.split(';', 1)[0]?.trim();
    if (id === undefined) return;
    const adopted = this.#host.adoptSession(id, this.#peer.address);
    if (adopted instanceof PlaySession || adopted instanceof PublishSession) this.#hold(adopted);
  }

  /** Whether a peer that was told of the end of its session takes leave of it, as GStreamer does. */
  #isFarewell({ method, headers }: RtspRequest): boolean {
    const isLeaving = method === 'TEARDOWN' || method === 'PAUSE';
    return (
      isLeaving &&
      this.#session === undefined &&
      this.#endedId !== undefined &&
      headers.get('Session') === this.#endedId
    );
  }

  #hold(session: PlaySession | PublishSession): void {
    session.connection = this.#connection;
    this.#session = session;
  }

  #isGone(): boolean {
    return this.#signal.aborted;
  }

  #respond(request: RtspRequest, status: number, headers?: Readonly<Record<string, string>>): RtspResponse {
    return this.#session === undefined
      ? rtspResponse(request, status, headers)
      : sessionResponse(request, this.#session, this.#host, status, headers);
  }
}

function userAgentOf(request: RtspRequest): string | undefined {
  return request.headers.get('User-Agent')?.slice(0, MAX_USER_AGENT);
}
