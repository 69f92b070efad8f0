import type { FastifyReply, FastifyRequest } from 'fastify';
import { resolveRange } from './byte-range.ts';
import type { HlsPlaylist } from './hls-output.ts';
import type { HlsSession } from './hls-sessions.ts';

export const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';

/** What may keep an answer: the viewer's own program, or caches that many viewers share. */
export interface Caching {
  readonly index: string;
  readonly playlist: string;
  /** Of an answer to a directive: it names the version it is for, and stays right while caches hand it on. */
  readonly directed: string;
  readonly media: string;
}

/** Names of media never come to mean anything else; but nobody asks for old media again either. */
export const OWN_CACHING: Caching = {
  index: 'no-store',
  playlist: 'no-cache',
  directed: 'max-age=1',
  media: 'max-age=300, immutable',
};

/** Below a signed path everybody is answered the same; a second is what a playlist is good for. */
export const SHARED_CACHING: Caching = {
  index: 'public, max-age=1',
  playlist: 'public, max-age=1',
  directed: 'public, max-age=1',
  media: 'public, max-age=300, immutable',
};

/** A media playlist; `cacheControl` is of {@link Caching}. */
export async function sendPlaylist(
  request: FastifyRequest,
  reply: FastifyReply,
  { text, gzip, etag }: HlsPlaylist,
  cacheControl: string,
): Promise<FastifyReply> {
  const isGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(request.headers['accept-encoding'] ?? '');
  const tag = `"${etag}${isGzip ? '-gz' : ''}"`;
  const vary = reply.getHeader('vary');
  reply.headers({
    'cache-control': cacheControl,
    vary: typeof vary === 'string' ? `${vary}, Accept-Encoding` : 'Accept-Encoding',
    etag: tag,
  });
  if (request.headers['if-none-match'] === tag) return reply.code(304).send();
  if (isGzip) reply.header('content-encoding', 'gzip');
  return reply.type(PLAYLIST_TYPE).send(isGzip ? gzip : text);
}

/** A segment, a part or an init segment: one buffer, shared by all viewers, or a view of it. */
export async function sendMedia(
  request: FastifyRequest,
  reply: FastifyReply,
  session: HlsSession,
  {
    name,
    bytes,
    cacheControl,
  }: { readonly name: string; readonly bytes: Buffer; readonly cacheControl: string },
): Promise<FastifyReply> {
  const tag = `"${name}"`;
  const { headers } = request;
  reply.headers({ 'cache-control': cacheControl, 'accept-ranges': 'bytes', etag: tag });
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
