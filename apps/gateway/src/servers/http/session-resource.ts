import type { ErrorCode } from '@vedette/media';
import { ICE_FRAGMENT_TYPE, SDP_TYPE, type WhepRefusal } from '@vedette/protocols';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpApp } from './http-server.ts';
import { HttpProblem } from './problems.ts';

/*
 * What WHEP and WHIP (RFC 9725) have in common over HTTP: bodies as text, refusals, methods kept for later.
 */

const MAX_BODY_BYTES = 64 * 1024;

const REFUSALS: Readonly<Record<WhepRefusal, { code: ErrorCode; detail: string }>> = {
  406: { code: 'ERR_NOT_ACCEPTABLE', detail: `The answer is ${SDP_TYPE}.` },
  412: { code: 'ERR_PRECONDITION', detail: 'If-Match is not the tag of this session.' },
  415: { code: 'ERR_CONTENT_TYPE', detail: `Send ${SDP_TYPE}, or ${ICE_FRAGMENT_TYPE} to a session.` },
  422: { code: 'ERR_ICE_RESTART', detail: 'ICE restarts are not supported: delete the session, post again.' },
};

/** RFC 9725 §4.1, §4.2: other methods are kept for what may come. */
export function refuseOtherMethods(
  app: HttpApp,
  url: string,
  allow: string,
  method: ('GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE')[],
): void {
  app.route({
    method,
    url,
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
