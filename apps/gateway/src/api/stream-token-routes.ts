import {
  issuedStreamToken,
  newStreamToken,
  problem,
  refreshStreamToken,
  streamTokenPage,
  streamTokenState,
  type StreamToken,
  type StreamTokenState,
  type TokenStream,
  tokenStream,
} from '@vedette/contract';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Identity } from '../access/identity.ts';
import type { Rights } from '../access/rights.ts';
import type { Asker } from '../access/tokens/asker.ts';
import { mediaUrls, type OfferedMedia } from '../access/tokens/media-urls.ts';
import type { StreamTokenRecord } from '../access/tokens/stream-token-book.ts';
import type { IssuedStreamToken, StreamTokens, StreamTokenWish } from '../access/tokens/stream-tokens.ts';
import type { CameraDirectory } from '../cameras/directory.ts';
import type { HttpApp, HttpRoutes } from '../servers/http/http-app.ts';
import { cameraNotFound, HttpProblem } from '../servers/http/problems.ts';
import { askerOf, isoTime, lendingProblem, mayManage, peerOf, reachedBy } from './lending-request.ts';
import { page, pageQuery } from './page.ts';

export interface StreamTokenRoutesDependencies {
  readonly tokens: StreamTokens;
  readonly cameras: Pick<CameraDirectory, 'find'>;
  readonly rights: Pick<Rights, 'decide'>;
  /** Who asks, where a route lets in whoever holds a token and others by who they are; throws where he is nobody. */
  readonly identify: (request: FastifyRequest) => Promise<Identity>;
  /** What people call the user or the API key of this id. */
  readonly nameOf: (userId: string) => string | undefined;
  readonly offered: () => OfferedMedia;
}

const ONE = '/api/streaming/token/:token';
/** A token, or the id of one: only whoever may see it in the list finds it by that. */
const oneParams = z.object({
  token: z.string().min(1).max(1024).meta({ description: 'The token; or its id, for who may see it listed' }),
});
const TAGS = ['stream tokens'];

/** `/api/streaming/…`: tokens to view and publish with, in every protocol. */
export function streamTokenRoutes(dependencies: StreamTokenRoutesDependencies): HttpRoutes {
  return async (app) => {
    await Promise.resolve();
    addIssuing(app, dependencies);
    addList(app, dependencies);
    addOne(app, dependencies);
    addStream(app, dependencies);
  };
}

function addIssuing(app: HttpApp, dependencies: StreamTokenRoutesDependencies): void {
  const { tokens, cameras } = dependencies;
  app.post(
    '/api/streaming/token',
    {
      config: { access: 'known' },
      schema: {
        summary: 'Make a stream token',
        description:
          'For one camera and some actions, for a while. It can do nothing that whoever made it cannot do.',
        tags: TAGS,
        body: newStreamToken,
        response: {
          201: issuedStreamToken,
          400: problem,
          401: problem,
          403: problem,
          404: problem,
          429: problem,
        },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const asker = askerOf(request);
      const isThere = cameras.find(body.cameraId) !== undefined;
      const issued = isThere ? await tokens.create(asker, wishOf(body, asker)) : undefined;
      if (issued === undefined) throw cameraNotFound(body.cameraId);
      if (!issued.ok) throw lendingProblem(issued, request, body.cameraId);
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send(issuedJson(request, issued, dependencies));
    },
  );

  app.post(
    `${ONE}/refresh`,
    {
      config: { access: 'public' },
      schema: {
        summary: 'A later end for a stream token',
        description:
          'Answers another token of the same id; the former stays good until its own end, and whoever views by it ' +
          'goes on. Whoever holds a token may refresh it, up to access.streamTokens.maxMinutes after it was made.',
        tags: TAGS,
        params: oneParams,
        body: refreshStreamToken,
        response: { 200: issuedStreamToken, 401: problem, 404: problem, 429: problem },
      },
    },
    async (request, reply) => {
      const { asker, record } = await find(request, request.params.token, dependencies);
      const issued = await tokens.refresh(asker, record.id, request.body?.minutes);
      if (!issued.ok) throw lendingProblem(issued, request);
      return reply.header('cache-control', 'no-store').send(issuedJson(request, issued, dependencies));
    },
  );
}

function addList(app: HttpApp, { tokens, rights, nameOf }: StreamTokenRoutesDependencies): void {
  app.get(
    '/api/streaming/tokens',
    {
      config: { access: 'known' },
      schema: {
        summary: 'Stream tokens that are valid',
        description: 'Those that one made oneself; all of them for who manages users.',
        tags: TAGS,
        querystring: pageQuery,
        response: { 200: streamTokenPage, 401: problem },
      },
    },
    ({ identity, query }) => {
      const shown = tokens
        .list()
        .filter((record) => mayManage(rights, identity, record))
        .map((record) => tokenJson(record, nameOf));
      return page(shown, byEnd, query);
    },
  );
}

function addOne(app: HttpApp, dependencies: StreamTokenRoutesDependencies): void {
  const { tokens } = dependencies;
  app.get(
    ONE,
    {
      config: { access: 'public' },
      schema: {
        summary: 'Whether a stream token is valid, and for what',
        description: 'For whoever holds the token. One that is not is answered too: valid is false.',
        tags: TAGS,
        params: oneParams,
        response: { 200: streamTokenState, 401: problem, 404: problem },
      },
    },
    async (request, reply) => {
      const { token } = request.params;
      reply.header('cache-control', 'no-store');
      if (!tokens.isStreamToken(token)) {
        const { record } = await find(request, token, dependencies);
        return reply.send(stateJson(record, record.expiresAtMs));
      }
      const record = tokens.check(token);
      if (record !== undefined)
        return reply.send(stateJson(record, tokens.endOf(token) ?? record.expiresAtMs));
      const reason = tokens.faultOf(token);
      return reply.send({
        ...{ valid: false, reason, id: null, cameraId: null },
        ...{ actions: [], expiresAt: null, expiresIn: 0 },
      });
    },
  );

  app.delete(
    ONE,
    {
      config: { access: 'public' },
      schema: {
        summary: 'End a stream token',
        description: 'Sessions that use it are cut within a second. Whoever holds a token may end it.',
        tags: TAGS,
        params: oneParams,
        response: { 204: z.null(), 401: problem, 404: problem },
      },
    },
    async (request, reply) => {
      const { asker, record } = await find(request, request.params.token, dependencies);
      if (!(await tokens.revoke(asker, record.id))) throw tokenNotFound();
      return reply.code(204).send(null);
    },
  );
}

function addStream(app: HttpApp, dependencies: StreamTokenRoutesDependencies): void {
  const { tokens } = dependencies;
  app.get(
    '/api/streaming/stream/:token',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Where the camera of a stream token is found, in every protocol',
        tags: TAGS,
        params: oneParams,
        response: { 200: tokenStream, 404: problem },
      },
    },
    async (request, reply) => {
      const { token } = request.params;
      const record = tokens.check(token, peerOf(request));
      if (record === undefined) throw tokenNotFound();
      const expiresAtMs = tokens.endOf(token) ?? record.expiresAtMs;
      return reply
        .header('cache-control', 'no-store')
        .send(streamJson(request, token, record, expiresAtMs, dependencies));
    },
  );
}

/** The token of a path, and who asks: whoever holds it stands for it, others are asked who they are. */
async function find(
  request: FastifyRequest,
  word: string,
  { tokens, rights, identify }: StreamTokenRoutesDependencies,
): Promise<{ readonly asker: Asker; readonly record: StreamTokenRecord }> {
  const peer = peerOf(request);
  if (tokens.isStreamToken(word)) {
    const record = tokens.check(word, peer);
    if (record === undefined) throw tokenNotFound();
    return { asker: { identity: record.identity, peer }, record };
  }
  const identity = await identify(request);
  const record = tokens.get(word);
  if (record === undefined || !mayManage(rights, identity, record)) throw tokenNotFound();
  return { asker: { identity, peer }, record };
}

function tokenNotFound(): HttpProblem {
  return new HttpProblem(
    404,
    'ERR_STREAM_TOKEN_NOT_FOUND',
    'No such stream token',
    'The token is wrong, has ended, or was revoked.',
  );
}

function wishOf(
  { cameraId, actions, minutes, bindIp, bindUserAgent }: z.output<typeof newStreamToken>,
  { peer }: Asker,
): StreamTokenWish {
  const ownAddress = bindIp === true ? peer.address : undefined;
  const ownAgent = bindUserAgent === true ? (peer.userAgent ?? '') : undefined;
  return {
    cameraId,
    actions,
    minutes,
    address: typeof bindIp === 'string' ? bindIp : ownAddress,
    userAgent: typeof bindUserAgent === 'string' ? bindUserAgent : ownAgent,
  };
}

function byEnd({ expiresAt, id }: StreamToken): string {
  return `${expiresAt} ${id}`;
}

function tokenJson(record: StreamTokenRecord, nameOf: (userId: string) => string | undefined): StreamToken {
  const { id, cameraId, actions, userId, identity, address, userAgentHash } = record;
  return {
    id,
    cameraId,
    actions: [...actions],
    createdBy: nameOf(userId) ?? identity.name,
    createdAt: isoTime(record.createdAtMs),
    expiresAt: isoTime(record.expiresAtMs),
    boundTo: { address: address ?? null, userAgent: userAgentHash !== undefined },
  };
}

function stateJson({ id, cameraId, actions }: StreamTokenRecord, expiresAtMs: number): StreamTokenState {
  return {
    valid: true,
    reason: null,
    id,
    cameraId,
    actions: [...actions],
    expiresAt: isoTime(expiresAtMs),
    expiresIn: secondsUntil(expiresAtMs),
  };
}

function issuedJson(
  request: FastifyRequest,
  { token, record, expiresAtMs }: IssuedStreamToken,
  dependencies: StreamTokenRoutesDependencies,
): TokenStream & { readonly token: string } {
  return { token, ...streamJson(request, token, record, expiresAtMs, dependencies) };
}

function streamJson(
  request: FastifyRequest,
  token: string,
  { id, cameraId, actions }: StreamTokenRecord,
  expiresAtMs: number,
  { offered }: StreamTokenRoutesDependencies,
): TokenStream {
  return {
    id,
    cameraId,
    actions: [...actions],
    expiresAt: isoTime(expiresAtMs),
    expiresIn: secondsUntil(expiresAtMs),
    urls: mediaUrls(cameraId, token, actions, reachedBy(request), offered()),
  };
}

function secondsUntil(timeMs: number): number {
  return Math.max(0, Math.floor((timeMs - Date.now()) / 1000));
}
