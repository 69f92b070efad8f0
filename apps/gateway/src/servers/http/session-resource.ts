import type { ErrorCode } from '@vedette/media';
import { problem } from '@vedette/contract';
import {
  ICE_FRAGMENT_TYPE,
  iceServerLinks,
  parseIceFragment,
  refuseFragment,
  SDP_TYPE,
  type IceServer,
  type WhepRefusal,
} from '@vedette/protocols';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { HttpApp } from './http-app.ts';
import { HttpProblem } from './problems.ts';

/*
 * What WHEP and WHIP (RFC 9725) have in common over HTTP: bodies as text, refusals, methods kept for later, and what
 * may be done with a session.
 */

const sessionParams = z.object({ id: z.string(), session: z.string() });
export type SessionParams = z.infer<typeof sessionParams>;

/** What `PATCH` and `DELETE` need of a session. */
export interface SessionResource {
  /** The other end: he who made the offer. */
  readonly peer: {
    readonly offer: { readonly ice: { readonly ufrag: string } };
    addCandidates(candidates: ReturnType<typeof parseIceFragment>['candidates']): void;
    close(reason: string): void;
  };
  readonly etag: string;
}

export interface SessionResourceOptions {
  readonly url: string;
  readonly summaries: { readonly patch: string; readonly delete: string };
  /** @throws {HttpProblem} there is no such session. */
  readonly find: (params: SessionParams) => SessionResource;
  /** What is logged where the peer ends it. */
  readonly endReason: string;
  readonly asProblem: (error: unknown) => unknown;
}

const MAX_BODY_BYTES = 64 * 1024;

const REFUSALS: Readonly<Record<WhepRefusal, { code: ErrorCode; detail: string }>> = {
  406: { code: 'ERR_NOT_ACCEPTABLE', detail: `The answer is ${SDP_TYPE}.` },
  412: { code: 'ERR_PRECONDITION', detail: 'If-Match is not the tag of this session.' },
  415: { code: 'ERR_CONTENT_TYPE', detail: `Send ${SDP_TYPE}, or ${ICE_FRAGMENT_TYPE} to a session.` },
  422: { code: 'ERR_ICE_RESTART', detail: 'ICE restarts are not supported: delete the session, post again.' },
};

/** RFC 9725 §4.1, §4.2: other methods are kept for what may come. */
function refuseOtherMethods(
  app: HttpApp,
  url: string,
  allow: string,
  method: ('GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE')[],
): void {
  app.route({
    method,
    url,
    // Tells nothing of a camera.
    config: { access: 'public' },
    schema: { hide: true },
    handler: () => {
      const headers = { allow };
      throw new HttpProblem(405, 'ERR_METHOD', 'Method not allowed', `Use ${allow}.`, { headers });
    },
  });
}

export function refuse(status: WhepRefusal | undefined): void {
  if (status === undefined) return;
  const { code, detail } = REFUSALS[status];
  throw new HttpProblem(status, code, 'Not in this form', detail);
}

export function textOf({ body }: FastifyRequest): string {
  return typeof body === 'string' ? body : '';
}

/** Aborts when the peer hangs up before it has its answer. */
export function untilGone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new Error('the peer hung up'));
  });
  return controller.signal;
}

/** Takes every body as text, whatever it calls itself: the refusal of other types is ours, by the protocol's codes. */
export function takeTexts(scope: HttpApp): void {
  const texts = { parseAs: 'string', bodyLimit: MAX_BODY_BYTES } as const;
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', texts, (_request, body, done) => done(null, body));
}

/** `OPTIONS` of where offers are posted, and the methods that it does not have (RFC 9725 §4.2). */
export function addEndpointOptions(app: HttpApp, url: string, iceServers: readonly IceServer[]): void {
  app.options(url, { config: { access: 'public' }, schema: { hide: true } }, (_request, reply) =>
    reply
      .code(204)
      .headers({ allow: 'OPTIONS, POST', 'accept-post': SDP_TYPE, ...linkHeader(iceServers) })
      .send(),
  );
  refuseOtherMethods(app, url, 'OPTIONS, POST', ['GET', 'PUT', 'PATCH', 'DELETE']);
}

/** The answer to an offer: a session has been made at `location`. */
export async function sendAnswer(
  reply: FastifyReply,
  { location, etag, answer }: { readonly location: string; readonly etag: string; readonly answer: string },
  iceServers: readonly IceServer[],
): Promise<FastifyReply> {
  const headers = { location, etag, 'accept-patch': ICE_FRAGMENT_TYPE, ...linkHeader(iceServers) };
  return reply.code(201).headers(headers).type(SDP_TYPE).serializer(String).send(answer);
}

function linkHeader(iceServers: readonly IceServer[]): { link?: string } {
  const link = iceServerLinks(iceServers);
  return link === undefined ? {} : { link };
}

/** `PATCH` with further ICE candidates (RFC 9725 §4.3), and `DELETE`. */
export function addSessionResource(app: HttpApp, options: SessionResourceOptions): void {
  const { url, summaries, find, endReason, asProblem } = options;
  // Its address is known to him alone who made the offer.
  const config = { access: 'door' } as const;
  const schema = { tags: ['live'], params: sessionParams };
  const refusals = { 400: problem, 404: problem, 412: problem, 415: problem, 422: problem };
  app.patch(
    url,
    { config, schema: { ...schema, summary: summaries.patch, response: { 204: z.null(), ...refusals } } },
    async (request, reply) => {
      const { peer, etag } = find(request.params);
      const { 'content-type': contentType, 'if-match': ifMatch } = request.headers;
      refuse(refuseFragment({ contentType, ifMatch, etag }));
      try {
        const { ufrag, candidates } = parseIceFragment(textOf(request));
        if (ufrag !== undefined && ufrag !== peer.offer.ice.ufrag) refuse(422);
        peer.addCandidates(candidates);
      } catch (error) {
        throw asProblem(error);
      }
      return reply.code(204).send(null);
    },
  );
  app.delete(
    url,
    { config, schema: { ...schema, summary: summaries.delete, response: { 200: z.null(), 404: problem } } },
    async (request, reply) => {
      find(request.params).peer.close(endReason);
      return reply.code(200).send(null);
    },
  );
  refuseOtherMethods(app, url, 'DELETE, PATCH', ['GET', 'PUT', 'POST']);
}

/** What to say where a session is not there. */
export function noSuchSession(): HttpProblem {
  return new HttpProblem(404, 'ERR_SESSION_NOT_FOUND', 'No such session', 'It may have ended already.');
}
