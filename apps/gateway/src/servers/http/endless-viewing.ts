import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { ProtocolError } from '@vedette/media';
import type { Socket } from 'node:net';
import type { CameraDirectory, CameraView } from '../../cameras/directory.ts';
import type { SessionProtocol, SessionRegistry } from '../../sessions/session-registry.ts';
import type { FanoutSinks, FanoutViewer } from '../../sinks/fanout.ts';
import { SocketOutlet } from '../../sinks/socket-outlet.ts';
import type { Stream } from '../../stream/stream.ts';
import { carries, type Carriage } from '../../transcode/carriage.ts';
import type { StreamFitter } from '../../transcode/fitter.ts';
import { cameraAway } from './camera-away.ts';
import { endlessReply } from './endless-reply.ts';
import type { HttpAccess } from './http-access.ts';
import { cameraNotFound, HttpProblem } from './problems.ts';

/** A camera that is made on demand, or has just fallen, gets this long to appear; so does a rendition. */
const LIVE_TIMEOUT_MS = 5000;
/** What was written before the end has this long to leave. */
const LINGER_MS = 2000;

/** What becomes of a camera for one viewer. */
export interface EndlessWay {
  /** The stream to send. */
  readonly fit: (stream: Stream) => Stream;
  readonly sinks: FanoutSinks;
}

export interface EndlessViewingOptions {
  readonly cameras: Pick<CameraDirectory, 'find'>;
  readonly sessions: SessionRegistry;
  readonly access: HttpAccess;
  /**
   * By the query of a request.
   *
   * @throws {HttpProblem} the query makes no sense.
   */
  readonly way: (query: unknown) => EndlessWay;
  readonly protocol: SessionProtocol;
  readonly contentType: string;
  readonly carriage: Carriage;
  /** Paths with `:camera` in them. */
  readonly paths: readonly string[];
  /** Viewers at a time; default 1000, 200 from one address. */
  readonly maxViewers?: number;
  readonly maxViewersPerAddress?: number;
}

/** The way of viewers who may ask for a rung of the camera's ladder by `?quality=`. */
export function ladderWay(
  fitter: StreamFitter,
  sinks: FanoutSinks,
  carriage: Carriage,
): EndlessViewingOptions['way'] {
  return (query) => {
    const quality = (query as { readonly quality?: unknown }).quality;
    return {
      fit: (stream) => fitter.fit(stream, carriage, typeof quality === 'string' ? quality : undefined),
      sinks,
    };
  };
}

/** Live media in an answer without end, of whatever format the sinks write. */
export function endlessViewing(options: EndlessViewingOptions): FastifyPluginAsync {
  return (app) => {
    const viewing = new EndlessViewing(options);
    app.addHook('preClose', (done) => {
      viewing.close();
      done();
    });
    for (const path of options.paths) {
      app.get<{ Params: { camera: string } }>(path, { config: { access: 'door' } }, async (request, reply) =>
        viewing.serve(request, reply, request.params.camera),
      );
    }
    return Promise.resolve();
  };
}

class EndlessViewing {
  readonly #options: EndlessViewingOptions;
  /** Connections that are served, with the address of each. */
  readonly #sockets = new Map<Socket, string>();

  constructor(options: EndlessViewingOptions) {
    this.#options = options;
  }

  close(): void {
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  async serve(request: FastifyRequest, reply: FastifyReply, id: string): Promise<FastifyReply> {
    this.#checkRoom(request.ip);
    const { cameras, access, protocol } = this.#options;
    await access.admit(request, { action: 'view', cameraId: id, protocol });
    const camera = cameras.find(id);
    if (camera === undefined) throw cameraNotFound(id);
    const way = this.#options.way(request.query);
    const stream = await this.#stream(request, camera, way);
    // The client may have left meanwhile.
    if (request.raw.socket.destroyed) return reply.hijack();
    this.#view(request, reply, camera.id, stream, way);
    return reply;
  }

  #checkRoom(address: string): void {
    const { maxViewers = 1000, maxViewersPerAddress = 200 } = this.#options;
    let fromThere = 0;
    for (const other of this.#sockets.values()) if (other === address) fromThere += 1;
    if (this.#sockets.size < maxViewers && fromThere < maxViewersPerAddress) return;
    throw new HttpProblem(
      429,
      'ERR_TOO_MANY_REQUESTS',
      'Too many viewers',
      'There are too many viewers already.',
      {
        headers: { 'retry-after': '5' },
      },
    );
  }

  /** The stream to send, live and such that it can be carried. */
  async #stream(request: FastifyRequest, camera: CameraView, way: EndlessWay): Promise<Stream> {
    const { carriage } = this.#options;
    await becomesLive(request, camera, camera.stream);
    try {
      const stream = way.fit(camera.stream);
      await becomesLive(request, camera, stream);
      if (stream.tracks.some((track) => carries(carriage, track))) return stream;
      const codecs = stream.tracks.map(({ codec }) => codec).join(', ');
      throw new HttpProblem(
        406,
        'ERR_NOT_CARRIED',
        'Not playable',
        `None of the camera's tracks (${codecs}) can be carried this way.`,
      );
    } catch (error) {
      if (error instanceof ProtocolError && error.code === 'ERR_QUALITY_UNKNOWN') {
        throw new HttpProblem(404, error.code, 'No such quality', error.message);
      }
      throw error;
    }
  }

  #view(
    request: FastifyRequest,
    reply: FastifyReply,
    cameraId: string,
    stream: Stream,
    { sinks }: EndlessWay,
  ): void {
    const { sessions, protocol, contentType } = this.#options;
    const { socket } = request.raw;
    if (request.method === 'HEAD') {
      endlessReply(request, reply, contentType);
      return;
    }
    const outlet = new SocketOutlet(socket);
    const leave = (reason: string): void => {
      this.#sockets.delete(socket);
      viewer?.close();
      end(reason);
    };
    const hangUp = (reason: string): void => {
      leave(reason);
      socket.end();
      setTimeout(() => socket.destroy(), LINGER_MS).unref();
    };
    let viewer: FanoutViewer | undefined;
    socket.cork();
    try {
      endlessReply(request, reply, contentType);
      viewer = sinks.open(stream, outlet, (reason, isStalled) => {
        if (isStalled) socket.destroy();
        hangUp(reason);
      });
    } catch (error) {
      outlet.close();
      socket.destroy();
      if (!(error instanceof ProtocolError)) throw error;
      return;
    } finally {
      socket.uncork();
    }
    const opened = viewer;
    this.#sockets.set(socket, request.ip);
    const { end } = sessions.begin(
      {
        protocol,
        kind: 'view',
        cameraId,
        peer: `${request.ip}:${socket.remotePort ?? 0}`,
        userAgent: request.headers['user-agent'],
        transport: request.protocol,
        identity: request.identity,
      },
      { totals: () => opened.totals(), close: hangUp },
    );
    socket.on('error', () => undefined); // its close follows
    socket.once('close', () => leave('the viewer left'));
    if (socket.destroyed) leave('the viewer left');
  }
}

/** @throws {HttpProblem} it does not become live in time, or cannot. */
async function becomesLive(request: FastifyRequest, camera: CameraView, stream: Stream): Promise<void> {
  const { name } = camera.state;
  if (!stream.isLive && name !== 'offline' && name !== 'waiting') {
    const gone = new AbortController();
    const leave = (): void => gone.abort();
    request.raw.socket.once('close', leave);
    await stream
      .live(AbortSignal.any([gone.signal, AbortSignal.timeout(LIVE_TIMEOUT_MS)]))
      .catch(() => undefined);
    request.raw.socket.off('close', leave);
  }
  if (stream.isLive) return;
  throw cameraAway(camera);
}
