import { ProtocolError } from '@vedette/media';
import {
  parseDeliveryDirectives,
  serializeMultivariantPlaylist,
  type DeliveryDirectives,
} from '@vedette/protocols';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { PATH_SIGNATURE_MARK } from '../../access/tokens/path-signature.ts';
import type { CameraDirectory, CameraView } from '../../cameras/directory.ts';
import type { SessionRegistry } from '../../sessions/session-registry.ts';
import { cameraAway } from '../http/camera-away.ts';
import type { HttpAccess } from '../http/http-access.ts';
import { cameraNotFound } from '../http/problems.ts';
import {
  OWN_CACHING,
  PLAYLIST_TYPE,
  sendMedia,
  sendPlaylist,
  SHARED_CACHING,
  type Caching,
} from './hls-answers.ts';
import type { HlsAnswer, HlsFeed, HlsOutput, HlsRefusal } from './hls-output.ts';
import { badDirective, noSuchQuality, refusal, sessionNotFound, tooManyRequests } from './hls-problems.ts';
import {
  NO_RENDITIONS,
  SOURCE_RENDITION,
  oneCodec,
  variantOfRung,
  type HlsRenditions,
} from './hls-renditions.ts';
import {
  HLS_SESSION_LIMITS,
  HlsSessions,
  type HlsPeer,
  type HlsSession,
  type HlsSessionLimits,
} from './hls-sessions.ts';
import { SignedViewing, type SignedPaths } from './signed-viewing.ts';

export interface HlsRoutesOptions {
  readonly cameras: Pick<CameraDirectory, 'find'>;
  readonly sessions: SessionRegistry;
  readonly output: HlsOutput;
  readonly access: HttpAccess;
  /** Every camera as it is where absent. */
  readonly renditions?: HlsRenditions;
  readonly limits?: HlsSessionLimits;
  /** Addresses for caches; there are none where absent. */
  readonly signedPaths?: SignedPaths | undefined;
}

interface MediaParams {
  readonly camera: string;
  readonly rendition: string;
  readonly name: string;
}

interface IndexQuery {
  readonly ll?: unknown;
  readonly quality?: unknown;
  readonly shared?: unknown;
}

type Query = Readonly<Record<string, unknown>>;

/** How long a camera may take to appear. */
const LIVE_TIMEOUT_MS = 6000;
const PLAYLIST_KINDS: Readonly<Record<string, 'lowLatency' | 'plain'>> = {
  'media.m3u8': 'lowLatency',
  'plain.m3u8': 'plain',
};

/** The playlist of playlists knocks; from then on the key of the session opens, that nobody can guess. */
const DOOR = { access: 'door' } as const;

/**
 * HLS of every camera:
 *
 * - `/live/CAM/index.m3u8`: the multivariant playlist. Each answer invites a viewer: the address of its media
 *   playlist holds the key of a session, and nothing of the viewer's credentials. A session that was ended, because
 *   its viewer may no longer watch, answers 404: he has to knock again. `?ll=0` leads to media playlists without low-latency tags,
 *   `?quality=NAME` to one quality alone.
 * - `/live/CAM/hls/SESSION/QUALITY/…`: `media.m3u8`, `plain.m3u8`, and by relative addresses what they list. The
 *   session is a path segment, so that one playlist text, with relative addresses, does for all viewers.
 * - `/live/CAM/index.m3u8?shared=1` leads to `/live/CAM/SIGNED/index.m3u8`, and below that to `hls/QUALITY/…`: the same
 *   for everybody with the same credential, so that caches may keep it.
 */
export function hlsRoutes(options: HlsRoutesOptions): FastifyPluginAsync {
  return (app) => {
    const limits = options.limits ?? HLS_SESSION_LIMITS;
    const sessions = new HlsSessions(options.sessions, limits);
    const routes = new HlsHandlers(options, sessions);
    app.addHook('preClose', (done) => {
      sessions.close();
      done();
    });
    app.addHook('onSend', (_request, reply, payload, done) => {
      // From here on it is the client's turn.
      reply.raw.setTimeout(limits.stallMs, () => reply.raw.destroy());
      done(null, payload);
    });
    app.get<{ Params: { camera: string }; Querystring: IndexQuery }>(
      '/live/:camera/index.m3u8',
      { config: DOOR },
      async (request, reply) => routes.index(request, reply, request.params.camera, request.query),
    );
    app.get<{ Params: MediaParams & { session: string }; Querystring: Query }>(
      '/live/:camera/hls/:session/:rendition/:name',
      { config: DOOR },
      async (request, reply) => {
        const session = routes.ownSession(request.params);
        return routes.media(request, reply, { ...request.params, session, caching: OWN_CACHING });
      },
    );
    app.get<{ Params: { camera: string; signed: string }; Querystring: IndexQuery }>(
      '/live/:camera/:signed/index.m3u8',
      { config: DOOR },
      async (request, reply) => routes.sharedIndex(request, reply, request.params, request.query),
    );
    app.get<{ Params: MediaParams & { signed: string }; Querystring: Query }>(
      '/live/:camera/:signed/hls/:rendition/:name',
      { config: DOOR },
      async (request, reply) => {
        const session = routes.sharedSession(request, request.params);
        return routes.media(request, reply, { ...request.params, session, caching: SHARED_CACHING });
      },
    );
    return Promise.resolve();
  };
}

/** Media that is asked for, and by whom. */
interface MediaRequest extends MediaParams {
  readonly session: HlsSession;
  readonly caching: Caching;
}

/** A playlist of playlists that is asked for. */
interface IndexRequest {
  readonly camera: CameraView;
  readonly session: HlsSession;
  /** In front of the qualities' addresses. */
  readonly base: string;
  readonly caching: Caching;
}

class HlsHandlers {
  readonly #options: HlsRoutesOptions;
  readonly #sessions: HlsSessions;
  readonly #renditions: HlsRenditions;
  readonly #signed: SignedViewing | undefined;

  constructor(options: HlsRoutesOptions, sessions: HlsSessions) {
    const { renditions = NO_RENDITIONS, signedPaths, access } = options;
    this.#options = options;
    this.#renditions = renditions;
    this.#sessions = sessions;
    this.#signed = signedPaths && new SignedViewing(signedPaths, sessions, access);
  }

  async index(
    request: FastifyRequest,
    reply: FastifyReply,
    id: string,
    query: IndexQuery,
  ): Promise<FastifyReply> {
    const wish = { action: 'view', cameraId: id, protocol: 'hls' } as const;
    const identity = await this.#options.access.admit(request, wish);
    const camera = this.#camera(id);
    const segment = query.shared === '1' ? this.#signed?.sign(identity, camera.id) : undefined;
    if (segment !== undefined) return toSigned(reply, segment, query);
    refuseAway(camera);
    const session = this.#sessions.invite(camera.id, { ...peerOf(request), identity });
    if (session === undefined) throw tooManyRequests('Too many viewers from this address.');
    try {
      const asked = { camera, session, base: `hls/${session.key}`, caching: OWN_CACHING };
      return await this.#sendIndex(request, reply, asked, query);
    } catch (error) {
      session.close('the camera could not be shown');
      throw error;
    }
  }

  async sharedIndex(
    request: FastifyRequest,
    reply: FastifyReply,
    params: { readonly camera: string; readonly signed: string },
    query: IndexQuery,
  ): Promise<FastifyReply> {
    const session = this.sharedSession(request, params);
    const camera = this.#camera(params.camera);
    refuseAway(camera);
    return this.#sendIndex(request, reply, { camera, session, base: 'hls', caching: SHARED_CACHING }, query);
  }

  /** @throws {HttpProblem} there is none of this key, or its viewer may no longer watch. */
  ownSession({
    camera: id,
    session: key,
  }: {
    readonly camera: string;
    readonly session: string;
  }): HlsSession {
    const session = this.#sessions.find(key, id);
    if (session === undefined || key.startsWith(PATH_SIGNATURE_MARK)) throw sessionNotFound(id);
    const { rights } = this.#options.access;
    if (rights.decide(session.peer.identity, 'view', id) === 'yes') return session;
    session.close('the viewer may no longer watch');
    throw sessionNotFound(id);
  }

  /** @throws {HttpProblem} the path is not signed by us, or no longer good. */
  sharedSession(
    request: FastifyRequest,
    { camera: id, signed }: { readonly camera: string; readonly signed: string },
  ): HlsSession {
    if (this.#signed === undefined) throw sessionNotFound(id);
    return this.#signed.session(signed, id, peerOf(request));
  }

  async media(
    request: FastifyRequest<{ Querystring: Query }>,
    reply: FastifyReply,
    { camera: id, session, rendition, name, caching }: MediaRequest,
  ): Promise<FastifyReply> {
    const camera = this.#camera(id);
    this.#sessions.begin(session);
    const feed = this.#feed(camera, rendition, session.hasLadder);
    const kind = PLAYLIST_KINDS[name];
    if (kind === undefined) {
      const bytes = await this.#ask(request, camera, session, async (signal) => feed.resource(name, signal));
      return sendMedia(request, reply, session, { name, bytes, cacheControl: caching.media });
    }
    const directives = readDirectives(request.query);
    const playlist = await this.#ask(request, camera, session, async (signal) =>
      feed.playlist(kind, directives, signal),
    );
    const isDirected = directives.msn !== undefined;
    return sendPlaylist(request, reply, playlist, isDirected ? caching.directed : caching.playlist);
  }

  async #sendIndex(
    request: FastifyRequest,
    reply: FastifyReply,
    { camera, session, base, caching }: IndexRequest,
    { ll, quality }: IndexQuery,
  ): Promise<FastifyReply> {
    const only = typeof quality === 'string' && quality !== 'auto' ? quality : undefined;
    session.hasLadder ||= only === undefined;
    const kind = ll === '0' ? 'plain' : 'media';
    const uriOf = (name: string): string => `${base}/${encodeURIComponent(name)}/${kind}.m3u8`;
    const text = await this.#ask(request, camera, session, async (signal) =>
      this.#multivariant(camera, only, uriOf, signal),
    );
    return reply.type(PLAYLIST_TYPE).header('cache-control', caching.index).send(text);
  }

  /**
   * The playlist of all qualities, or of one. Only the first is made for it: the others are described, and made
   * when a player asks for them. All are of one codec, for players cannot change that without a break: where the
   * source is of another than its renditions, it is not among them.
   */
  async #multivariant(
    camera: CameraView,
    only: string | undefined,
    uriOf: (name: string) => string,
    signal: AbortSignal,
  ): Promise<HlsAnswer<string>> {
    const { stream } = camera;
    try {
      // Of a camera that is gone, what is still held can be seen to its end.
      if (!stream.isEnded) await stream.live(AbortSignal.any([signal, AbortSignal.timeout(LIVE_TIMEOUT_MS)]));
    } catch {
      return { ok: false, reason: whyNotLive(camera, signal) };
    }
    const rungs = only === undefined ? oneCodec(this.#renditions.ladder(stream)) : [];
    const name = only ?? rungs[0]?.name ?? SOURCE_RENDITION;
    const first = await this.#feed(camera, name, only === undefined).variant(uriOf(name), signal);
    if (!first.ok) return first;
    const variants = rungs.slice(1).map((rung) => variantOfRung(rung, uriOf(rung.name), first.value));
    const playlist = {
      kind: 'multivariant',
      version: 9,
      hasIndependentSegments: false,
      renditions: [],
    } as const;
    return {
      ok: true,
      value: serializeMultivariantPlaylist({ ...playlist, variants: [first.value, ...variants] }),
    };
  }

  #feed(camera: CameraView, quality: string, isOfLadder: boolean): HlsFeed {
    try {
      return this.#options.output.open(this.#renditions.fit(camera.stream, quality), isOfLadder);
    } catch (error) {
      if (error instanceof ProtocolError) throw noSuchQuality(error.message);
      throw error;
    }
  }

  #camera(id: string): CameraView {
    const camera = this.#options.cameras.find(id);
    if (camera === undefined) throw cameraNotFound(id);
    return camera;
  }

  /** Asks for what may have to be waited for; the wait ends with the client or the session. */
  async #ask<T>(
    request: FastifyRequest,
    camera: CameraView,
    session: HlsSession,
    question: (signal: AbortSignal) => Promise<HlsAnswer<T>>,
  ): Promise<T> {
    const release = this.#sessions.admit(request.ip);
    if (release === undefined) throw tooManyRequests('Too many requests wait for answers.');
    const { signal, done } = session.request(request.signal);
    try {
      const answer = await question(signal);
      if (!answer.ok) throw refusal(answer.reason, camera);
      return answer.value;
    } finally {
      done();
      release();
    }
  }
}

function peerOf(request: FastifyRequest): Omit<HlsPeer, 'identity'> {
  return {
    address: request.ip,
    userAgent: request.headers['user-agent'],
    transport: request.protocol,
  };
}

/** The way to the signed path, without the credential that opened it. */
async function toSigned(
  reply: FastifyReply,
  segment: string,
  { ll, quality }: IndexQuery,
): Promise<FastifyReply> {
  const kept = Object.entries({ ll, quality }).filter(([, value]) => typeof value === 'string');
  const query = new URLSearchParams(kept as [string, string][]).toString();
  const location = `${segment}/index.m3u8${query === '' ? '' : `?${query}`}`;
  return reply.code(302).headers({ location, 'cache-control': 'no-store' }).send();
}

function refuseAway(camera: CameraView): void {
  const { name } = camera.state;
  if (!camera.stream.isLive && (name === 'offline' || name === 'waiting')) throw cameraAway(camera);
}

function whyNotLive({ stream }: CameraView, signal: AbortSignal): HlsRefusal {
  if (signal.aborted) return 'aborted';
  return stream.isEnded ? 'ended' : 'notYet';
}

function readDirectives(query: Readonly<Record<string, unknown>>): DeliveryDirectives {
  try {
    return parseDeliveryDirectives(query);
  } catch (error) {
    if (error instanceof ProtocolError) throw badDirective(error.message);
    throw error;
  }
}
