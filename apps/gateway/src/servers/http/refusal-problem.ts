import type { ErrorCode } from '@vedette/media';
import type { IncomingHttpHeaders } from 'node:http';
import type { Refusal, RefusalReason } from '../../access/door.ts';
import { ACCESS_REALM } from '../../access/realm.ts';
import { cameraNotFound, HttpProblem } from './problems.ts';

export const REFUSAL_STATUS: Readonly<Record<RefusalReason, number>> = {
  unauthenticated: 401,
  forbidden: 403,
  limited: 429,
  unavailable: 503,
};
const TITLES: Readonly<Record<RefusalReason, string>> = {
  unauthenticated: 'Not logged in',
  forbidden: 'Not allowed',
  limited: 'Too many requests',
  unavailable: 'Not available now',
};
/** Where it cannot be found out who asks, seconds. */
const UNAVAILABLE_RETRY_S = 5;

export interface RefusedRequest {
  readonly headers: IncomingHttpHeaders;
  /** Players come here, which ask their user for name and password. */
  readonly isMedia: boolean;
  /** What it is about, where it is about one camera. */
  readonly cameraId?: string | undefined;
}

/** A refusal as HTTP says it (RFC 9110 §15.5.2, §15.5.4). */
export function refusalProblem(
  refusal: Refusal,
  { headers, isMedia, cameraId }: RefusedRequest,
): HttpProblem {
  // To the letter what is said of a camera that is not there.
  if (refusal.code === 'ERR_CAMERA_NOT_FOUND') return cameraNotFound(cameraId ?? '');
  const { reason, code, message } = refusal;
  return new HttpProblem(REFUSAL_STATUS[reason], code, TITLES[reason], message, {
    headers: {
      ...(reason === 'unauthenticated' ? { 'www-authenticate': challenges(headers, isMedia) } : {}),
      ...(reason === 'limited' ? { 'retry-after': seconds(refusal.retryAfterMs ?? 1000) } : {}),
      ...(reason === 'unavailable' ? { 'retry-after': String(UNAVAILABLE_RETRY_S) } : {}),
    },
  });
}

export const UNAUTHENTICATED: Refusal = {
  ok: false,
  reason: 'unauthenticated',
  code: 'ERR_UNAUTHENTICATED',
  message: 'Log in, or show a token.',
};

export const FORBIDDEN: Refusal = {
  ok: false,
  reason: 'forbidden',
  code: 'ERR_FORBIDDEN',
  message: 'You may not do this; an administrator can allow it.',
};

/** Whoever has no account of his own. */
export const NOT_A_PERSON: Refusal = {
  ok: false,
  reason: 'forbidden',
  code: 'ERR_NOT_A_PERSON',
  message: 'Only people who have logged in have a profile.',
};

export const HIDDEN: Refusal = {
  ok: false,
  reason: 'forbidden',
  code: 'ERR_CAMERA_NOT_FOUND',
  message: 'There is no such camera.',
};

/** @param afterMs when the next request is let through. */
export function limited(afterMs: number): Refusal {
  return {
    ok: false,
    reason: 'limited',
    code: 'ERR_RATE_LIMITED',
    message: 'Too many requests; wait a moment.',
    retryAfterMs: afterMs,
  };
}

/** Cookies were there, and do not count. */
export function crossSite(): HttpProblem {
  return new HttpProblem(
    403,
    'ERR_CROSS_SITE' satisfies ErrorCode,
    'From another site',
    'A login in the browser counts for pages of this site only; programs show a token.',
  );
}

/**
 * A script in a page is not to make the browser ask for a password; a player, or a person who comes here, is asked.
 * In a line each: ffmpeg reads no second one behind a comma.
 */
function challenges({ 'user-agent': agent, accept }: IncomingHttpHeaders, isMedia: boolean): string[] {
  const isScript = agent?.startsWith('Mozilla/') === true && accept?.includes('text/html') !== true;
  const bearer = `Bearer realm="${ACCESS_REALM}"`;
  return isMedia && !isScript ? [bearer, `Basic realm="${ACCESS_REALM}", charset="UTF-8"`] : [bearer];
}

function seconds(ms: number): string {
  return String(Math.max(1, Math.ceil(ms / 1000)));
}
