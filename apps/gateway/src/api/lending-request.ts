import { problem } from '@vedette/contract';
import type { ErrorCode } from '@vedette/media';
import type { FastifyRequest } from 'fastify';
import type { Refusal } from '../access/door.ts';
import type { Identity } from '../access/identity.ts';
import type { Rights } from '../access/rights.ts';
import { lenderId, type Asker } from '../access/tokens/asker.ts';
import type { ReachedBy } from '../access/tokens/media-urls.ts';
import { HttpProblem } from '../servers/http/problems.ts';
import { refusalProblem } from '../servers/http/refusal-problem.ts';

/** Refusals that say more by their status than their reason does. */
const STATUS: Readonly<Partial<Record<string, { readonly status: number; readonly title: string }>>> = {
  ERR_STREAM_TOKEN_MINUTES: { status: 400, title: 'Too long' },
  ERR_STREAM_TOKEN_GONE: { status: 404, title: 'No such stream token' },
  ERR_SHARE_LINK_NOT_FOUND: { status: 404, title: 'No such share link' },
  ERR_SHARE_LINK_LIMIT: { status: 409, title: 'Too many share links' },
  ERR_PUBLISH_KEY_LIMIT: { status: 409, title: 'Too many publish keys' },
};

/** How the making of something that is handed to others is refused. */
export const LENDING_PROBLEMS = {
  400: problem,
  401: problem,
  403: problem,
  404: problem,
  409: problem,
  429: problem,
  503: problem,
};

/** Who makes this request. */
export function askerOf(request: FastifyRequest): Asker {
  return { identity: request.identity, peer: peerOf(request) };
}

export function peerOf({ ip, headers }: FastifyRequest): Asker['peer'] {
  return { address: ip, userAgent: headers['user-agent'] };
}

export function reachedBy({ protocol, hostname, host }: FastifyRequest): ReachedBy {
  return { scheme: protocol, hostname, host };
}

export function lendingProblem(refusal: Refusal, request: FastifyRequest, cameraId?: string): HttpProblem {
  const special = STATUS[refusal.code];
  if (special !== undefined)
    return new HttpProblem(special.status, refusal.code satisfies ErrorCode, special.title, refusal.message);
  return refusalProblem(refusal, { headers: request.headers, isMedia: false, cameraId });
}

/** What was made by oneself is one's own; who manages users sees and ends that of everybody. */
export function mayManage(
  rights: Pick<Rights, 'decide'>,
  identity: Identity,
  { userId }: { readonly userId: string },
): boolean {
  return lenderId(identity) === userId || rights.decide(identity, 'manageUsers') === 'yes';
}

export function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
