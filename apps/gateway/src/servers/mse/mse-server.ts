import { ProtocolError, type AudioCodec, type ErrorCode, type VideoCodec } from '@vedette/media';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { AUTO_QUALITY, SOURCE_QUALITY, type Rung } from '../../adaptation/viewer-quality.ts';
import type { Refusal } from '../../access/door.ts';
import type { Identity } from '../../access/identity.ts';
import type { CameraDirectory, CameraView } from '../../cameras/directory.ts';
import type { Logger } from '../../observability/logger.ts';
import type { SessionRegistry } from '../../sessions/session-registry.ts';
import type { ByteOutlet } from '../../sinks/byte-outlet.ts';
import type { FanoutEnd, FanoutViewer } from '../../sinks/fanout.ts';
import { steadyClock, type Stream } from '../../stream/stream.ts';
import type { Carriage } from '../../transcode/carriage.ts';
import type { StreamFitter } from '../../transcode/fitter.ts';
import type { HttpAccess } from '../http/http-access.ts';
import { isAllowedHost, isAllowedOrigin } from '../http/origin-guard.ts';
import { REFUSAL_STATUS } from '../http/refusal-problem.ts';
import { MAX_MESSAGE_BYTES, QUALITY_NAME } from './client-message.ts';
import { MseSession } from './mse-session.ts';

export interface MseServerOptions {
  /** Of the site: upgrades come from there. */
  readonly server: Server;
  readonly allowedOrigins: readonly string[];
  readonly access: HttpAccess;
  readonly cameras: Pick<CameraDirectory, 'find'>;
  readonly sessions: SessionRegistry;
  readonly fitter: StreamFitter;
  /** Renditions of a camera's stream, from the best to the least. */
  readonly rungs: (stream: Stream) => readonly Rung[];
  readonly openViewer: (
    stream: Stream,
    quality: string,
    outlet: ByteOutlet,
    onEnd: FanoutEnd,
  ) => FanoutViewer;
  readonly logger: Logger;
  /** Viewers at a time. */
  readonly maxViewers?: number;
  readonly maxViewersPerAddress?: number;
}

const PATH = /^\/live\/([A-Za-z0-9][A-Za-z0-9_-]{0,63})\/mse\/?$/;
const TICK_MS = 250;
/** A camera that is made on demand, or has just fallen, gets this long to appear. */
const LIVE_TIMEOUT_MS = 5000;
const MAX_CODECS = 200;

/** Codecs that only some browsers play, by the name that MP4 has for them. */
const OPTIONAL_CODECS: Readonly<Record<string, VideoCodec>> = { hvc1: 'h265', av01: 'av1', vp09: 'vp9' };
const AUDIO: readonly AudioCodec[] = ['aac', 'opus'];

/** HTTP statuses of refusals; a WebSocket that is refused ends with 4000 and this. */
const STATUS: Readonly<Record<string, number>> = {
  ERR_CAMERA_NOT_FOUND: 404,
  ERR_QUALITY_UNKNOWN: 404,
  ERR_MSE_UNPLAYABLE: 406,
  ERR_TOO_MANY_REQUESTS: 429,
};

/** Somebody who may view a camera has come for it. */
interface Visit {
  readonly request: IncomingMessage;
  readonly camera: CameraView;
  readonly query: URLSearchParams;
  readonly identity: Identity;
}

/** The door stays closed. */
class NotAdmitted extends ProtocolError {
  readonly status: number;

  constructor({ reason, code, message }: Refusal) {
    super(code, message);
    this.status = REFUSAL_STATUS[reason];
  }
}

/** `/live/CAM/mse`: live fragments of MP4 over WebSocket, for media source extensions. */
export class MseServer {
  readonly #options: MseServerOptions;
  readonly #upgrades = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    // Frames are written once for all: they are as they are. And media does not get smaller.
    perMessageDeflate: false,
    clientTracking: false,
  });
  readonly #sessions = new Set<MseSession>();
  readonly #perAddress = new Map<string, number>();
  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void =>
    this.#upgrade(request, socket, head);
  #timer: NodeJS.Timeout | undefined;

  constructor(options: MseServerOptions) {
    this.#options = options;
  }

  /** Takes upgrades from now on. */
  start(): void {
    this.#options.server.on('upgrade', this.#onUpgrade);
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  /** Ends every session. Safe to call twice. */
  close(): void {
    this.#options.server.off('upgrade', this.#onUpgrade);
    clearInterval(this.#timer);
    for (const session of [...this.#sessions]) session.close('the gateway is closing');
  }

  #tick(): void {
    const nowMs = steadyClock();
    for (const session of this.#sessions) session.tick(nowMs);
  }

  /** Upgrades of other paths are somebody else's. */
  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const [path = '', query] = (request.url ?? '').split('?');
    const id = PATH.exec(path)?.[1];
    if (id === undefined) return;
    const { access, allowedOrigins } = this.#options;
    const { origin } = request.headers;
    const { host } = access.seen(request);
    const isAllowed =
      isAllowedHost(host, access) && (origin === undefined || isAllowedOrigin(origin, host, allowedOrigins));
    if (!isAllowed) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    this.#upgrades.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => undefined); // its close follows
      webSocket.pause(); // until somebody listens to what it says
      void this.#serve(webSocket, socket, request, id, new URLSearchParams(query));
    });
  }

  /** Refusals come as messages: a page cannot read the answer to an upgrade. */
  async #serve(
    webSocket: WebSocket,
    connection: Duplex,
    request: IncomingMessage,
    id: string,
    query: URLSearchParams,
  ): Promise<void> {
    const { address } = this.#options.access.seen(request);
    let session: MseSession | undefined;
    try {
      this.#checkRoom(address);
      const identity = await this.#admit(request, id);
      const camera = this.#find(id);
      this.#checkRoom(address);
      session = this.#createSession(webSocket, connection, { request, camera, query, identity });
      this.#enter(webSocket, session, address);
      webSocket.resume();
      await becomesLive(camera, session.closed);
      await session.start();
    } catch (error) {
      if (session?.closed.aborted === true) return; // nobody is left to be told
      const { code, message } = asRefusal(error);
      if (code === 'ERR_INTERNAL')
        this.#options.logger.error({ err: error, camera: id }, 'MSE viewer failed');
      const status = error instanceof NotAdmitted ? error.status : (STATUS[code] ?? 503);
      if (session !== undefined) session.refuse(code, message, status);
      else refuse(webSocket, code, message, status);
    }
  }

  /** Before anything is said of the camera. @throws {NotAdmitted} who comes may not view it. */
  async #admit(request: IncomingMessage, cameraId: string): Promise<Identity> {
    const wish = { action: 'view', cameraId, protocol: 'mse' } as const;
    const admission = await this.#options.access.admitUpgrade(request, wish);
    if (admission.ok) return admission.identity;
    throw admission.code === 'ERR_CAMERA_NOT_FOUND' ? noSuchCamera(cameraId) : new NotAdmitted(admission);
  }

  #find(id: string): CameraView {
    const camera = this.#options.cameras.find(id);
    if (camera !== undefined) return camera;
    throw noSuchCamera(id);
  }

  #checkRoom(address: string): void {
    const { maxViewers = 1000, maxViewersPerAddress = 200 } = this.#options;
    const isFull = this.#sessions.size >= maxViewers;
    if (isFull || (this.#perAddress.get(address) ?? 0) >= maxViewersPerAddress) {
      throw new ProtocolError('ERR_TOO_MANY_REQUESTS', 'There are too many viewers already.');
    }
  }

  #createSession(
    webSocket: WebSocket,
    connection: Duplex,
    { request, camera, query, identity }: Visit,
  ): MseSession {
    const { access, fitter, rungs, openViewer, sessions } = this.#options;
    const carriage = carriageOf(query.get('codecs') ?? '');
    const { remotePort = 0 } = request.socket;
    return new MseSession(webSocket, connection, {
      camera,
      fit: (quality) => fitter.fit(camera.stream, carriage, quality === SOURCE_QUALITY ? undefined : quality),
      rungs: () => rungs(camera.stream),
      quality: qualityOf(query),
      maxHeight: wholeOf(query.get('maxHeight')),
      openViewer,
      onStarted: (owner) =>
        sessions.begin(
          {
            protocol: 'mse',
            kind: 'view',
            cameraId: camera.id,
            peer: `${access.seen(request).address}:${remotePort}`,
            userAgent: request.headers['user-agent'],
            transport: 'websocket',
            identity,
          },
          owner,
        ).end,
    });
  }

  #enter(webSocket: WebSocket, session: MseSession, address: string): void {
    this.#sessions.add(session);
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    webSocket.once('close', () => {
      this.#sessions.delete(session);
      const left = (this.#perAddress.get(address) ?? 1) - 1;
      if (left === 0) this.#perAddress.delete(address);
      else this.#perAddress.set(address, left);
    });
  }
}

function noSuchCamera(id: string): ProtocolError {
  return new ProtocolError('ERR_CAMERA_NOT_FOUND', `There is no camera "${id}".`);
}

function refuse(webSocket: WebSocket, code: ErrorCode, message: string, status: number): void {
  webSocket.send(JSON.stringify({ type: 'error', code, message }));
  webSocket.close(4000 + status, code);
  webSocket.resume(); // or its answer would not be heard
  setTimeout(() => webSocket.terminate(), 2000).unref();
}

/** @param signal aborts when the viewer is gone: a camera that connects for it alone need not go on */
async function becomesLive(camera: CameraView, signal: AbortSignal): Promise<void> {
  const { stream } = camera;
  const { name } = camera.state;
  if (!stream.isLive && name !== 'offline' && name !== 'waiting') {
    const timeout = AbortSignal.timeout(LIVE_TIMEOUT_MS);
    await stream.live(AbortSignal.any([signal, timeout])).catch(() => undefined);
  }
  if (stream.isLive) return;
  const { state } = camera; // read again: it may have changed meanwhile
  if (state.name === 'offline') {
    throw new ProtocolError('ERR_CAMERA_OFFLINE', `The camera is offline: ${state.reason}`);
  }
  if (state.name === 'waiting') {
    throw new ProtocolError('ERR_CAMERA_WAITING', 'Nobody publishes to this camera yet.');
  }
  throw new ProtocolError('ERR_CAMERA_CONNECTING', 'The camera is not there yet.');
}

/** What the player says it plays, besides what all do. */
function carriageOf(codecs: string): Carriage {
  const named = codecs.slice(0, MAX_CODECS).split(',');
  const video = named.flatMap((name) => OPTIONAL_CODECS[name.trim().slice(0, 4)] ?? []);
  return { video: ['h264', ...new Set(video)], reorders: true, audio: AUDIO };
}

function qualityOf(query: URLSearchParams): string {
  const asked = query.get('quality') ?? AUTO_QUALITY;
  if (QUALITY_NAME.test(asked)) return asked;
  throw new ProtocolError('ERR_QUALITY_UNKNOWN', 'No quality has such a name.');
}

function wholeOf(text: string | null): number | undefined {
  return text !== null && /^\d{1,5}$/.test(text) ? Number(text) : undefined;
}

function asRefusal(error: unknown): { code: ErrorCode; message: string } {
  if (error instanceof ProtocolError) return error;
  const isLate = error instanceof Error && error.name === 'TimeoutError';
  if (isLate) return { code: 'ERR_CAMERA_CONNECTING', message: 'The camera is not there yet.' };
  return { code: 'ERR_INTERNAL', message: 'Something failed here; the log has the details.' };
}
