import { ProtocolError } from '@vedette/media';
import {
  parseDeliveryDirectives,
  serializeMultivariantPlaylist,
  type DeliveryDirectives,
} from '@vedette/protocols';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { CameraDirectory, CameraView } from '../../cameras/directory.ts';
import type { SessionRegistry } from '../../sessions/session-registry.ts';
import { cameraAway } from '../http/camera-away.ts';
import { cameraNotFound } from '../http/problems.ts';
import { resolveRange } from './byte-range.ts';
import type { HlsAnswer, HlsFeed, HlsOutput, HlsPlaylist, HlsRefusal } from './hls-output.ts';
import { badDirective, noSuchQuality, refusal, sessionNotFound, tooManyRequests } from './hls-problems.ts';
import {
  NO_RENDITIONS,
  SOURCE_RENDITION,
  oneCodec,
  variantOfRung,
  type HlsRenditions,
} from './hls-renditions.ts';
import { HLS_SESSION_LIMITS, HlsSessions, type HlsSession, type HlsSessionLimits } from './hls-sessions.ts';

export interface HlsRoutesOptions {
  readonly cameras: Pick<CameraDirectory, 'find'>;
  readonly sessions: SessionRegistry;
  readonly output: HlsOutput;
  /** Every camera as it is where absent. */
  readonly renditions?: HlsRenditions;
  readonly limits?: HlsSessionLimits;
}

interface MediaParams {
  readonly camera: string;
  readonly session: string;
  readonly rendition: string;
  readonly name: string;
}

interface IndexQuery {
  readonly ll?: unknown;
  readonly quality?: unknown;
}

const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';
/** How long a camera may take to appear. */
const LIVE_TIMEOUT_MS = 6000;
const PLAYLIST_KINDS: Readonly<Record<string, 'lowLatency' | 'plain'>> = {
  'media.m3u8': 'lowLatency',
  'plain.m3u8': 'plain',
};
/** Names never come to mean anything else; but nobody asks for old media again either. */
const MEDIA_CACHE = 'max-age=300, immutable';

/**
 * HLS of every camera:
 *
 * - `/live/CAM/index.m3u8`: the multivariant playlist. Each answer invites a viewer: the address of its media
 *   playlist holds the key of a session. `?ll=0` leads to media playlists without low-latency tags,
 *   `?quality=NAME` to one quality alone.
 * - `/live/CAM/hls/SESSION/QUALITY/…`: `media.m3u8`, `plain.m3u8`, and by relative addresses what they list. The
 *   session is a path segment, so that one playlist text, with relative addresses, does for all viewers.
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
      async (request, reply) => routes.index(request, reply, request.params.camera, request.query),
    );
    app.get<{ Params: MediaParams; Querystring: Record<string, unknown> }>(
      '/live/:camera/hls/:session/:rendition/:name',
      async (request, reply) => routes.media(request, reply, request.params, request.query),
    );
    return Promise.resolve();
  };
}

class HlsHandlers {
  readonly #options: HlsRoutesOptions;
  readonly #sessions: HlsSessions;
  readonly #renditions: HlsRenditions;

  constructor(options: HlsRoutesOptions, sessions: HlsSessions) {
    this.#options = options;
    this.#renditions = options.renditions ?? NO_RENDITIONS;
    this.#sessions = sessions;
  }

  async index(
    request: FastifyRequest,
    reply: FastifyReply,
    id: string,
    { ll, quality }: IndexQuery,
  ): Promise<FastifyReply> {
    const camera = this.#camera(id);
    const { name } = camera.state;
    if (!camera.stream.isLive && (name === 'offline' || name === 'waiting')) throw cameraAway(camera);
    const session = this.#sessions.invite(camera.id, {
      address: request.ip,
      userAgent: request.headers['user-agent'],
      transport: request.protocol,
    });
    if (session === undefined) throw tooManyRequests('Too many viewers from this address.');
    const uriOf = (name: string): string =>
      `hls/${session.key}/${encodeURIComponent(name)}/${ll === '0' ? 'plain' : 'media'}.m3u8`;
    try {
      const only = typeof quality === 'string' && quality !== 'auto' ? quality : undefined;
      session.hasLadder = only === undefined;
      const text = await this.#ask(request, camera, session, async (signal) =>
        this.#multivariant(camera, only, uriOf, signal),
      );
      return await reply.type(PLAYLIST_TYPE).header('cache-control', 'no-store').send(text);
    } catch (error) {
      session.close('the camera could not be shown');
      throw error;
    }
  }

  async media(
    request: FastifyRequest,
    reply: FastifyReply,
    { camera: id, session: key, rendition, name }: MediaParams,
    query: Readonly<Record<string, unknown>>,
  ): Promise<FastifyReply> {
    const camera = this.#camera(id);
    const session = this.#sessions.find(key, camera.id);
    if (session === undefined) throw sessionNotFound(camera.id);
    const feed = this.#feed(camera, rendition, session.hasLadder);
    const kind = PLAYLIST_KINDS[name];
    if (kind === undefined) {
      const bytes = await this.#ask(request, camera, session, async (signal) => feed.resource(name, signal));
      return sendMedia(request, reply, session, name, bytes);
    }
    const directives = readDirectives(query);
    this.#sessions.begin(session);
    const playlist = await this.#ask(request, camera, session, async (signal) =>
      feed.playlist(kind, directives, signal),
    );
    return sendPlaylist(request, reply, playlist, directives.msn !== undefined);
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

async function sendPlaylist(
  request: FastifyRequest,
  reply: FastifyReply,
  { text, gzip, etag }: HlsPlaylist,
  isDirected: boolean,
): Promise<FastifyReply> {
  const isGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(request.headers['accept-encoding'] ?? '');
  const tag = `"${etag}${isGzip ? '-gz' : ''}"`;
  const vary = reply.getHeader('vary');
  reply.headers({
    // An answer to a directive names the version it is for; it stays right while caches hand it on.
    'cache-control': isDirected ? 'max-age=1' : 'no-cache',
    vary: typeof vary === 'string' ? `${vary}, Accept-Encoding` : 'Accept-Encoding',
    etag: tag,
  });
  if (request.headers['if-none-match'] === tag) return reply.code(304).send();
  if (isGzip) reply.header('content-encoding', 'gzip');
  return reply.type(PLAYLIST_TYPE).send(isGzip ? gzip : text);
}

/** One buffer, shared by all viewers, or a view of it. */
async function sendMedia(
  request: FastifyRequest,
  reply: FastifyReply,
  session: HlsSession,
  name: string,
  bytes: Buffer,
): Promise<FastifyReply> {
  const tag = `"${name}"`;
  const { headers } = request;
  reply.headers({ 'cache-control': MEDIA_CACHE, 'accept-ranges': 'bytes', etag: tag });
  if (headers['if-none-match'] === tag) return reply.code(304).send();
  const isStale = headers['if-range'] !== undefined && headers['if-range'] !== tag;
  const range = isStale ? undefined : resolveRange(headers.range, bytes.length);
  if (range === 'unsatisfiable') {
    return reply.code(416).header('content-range', `bytes */${bytes.length}`).send();
  }
  const body = range === undefined ? bytes : bytes.subarray(range.first, range.last + 1);
  if (range !== undefined) {
    reply.code(206).header('content-range', `bytes ${range.first}-${range.last}/${bytes.length}`);
  }
  if (request.method !== 'HEAD') session.countBytes(body.length);
  return reply.type('video/mp4').send(body);
}
