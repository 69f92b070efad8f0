import type { CameraAction } from '@vedette/contract';
import type { Peer, Refusal, RefusalReason } from '../door.ts';
import { identityKey, type Identity } from '../identity.ts';
import type { RateLimits } from '../rate-limit.ts';
import type { Rights } from '../rights.ts';

/** Who makes or takes away a token, a key or a link, and from where. */
export interface Asker {
  readonly identity: Identity;
  readonly peer: Peer;
}

/** What every audit entry of a token, a key or a link says of who did it. */
export function askedBy({ identity, peer }: Asker): {
  identity: Identity;
  address: string;
  userAgent: string | undefined;
} {
  return { identity, address: peer.address, userAgent: peer.userAgent };
}

/** Under whose name rights are lent; `undefined`: somebody who has none of his own to lend. */
export function lenderId(identity: Identity): string | undefined {
  switch (identity.kind) {
    case 'user':
    case 'apiKey':
      return identity.id;
    case 'everybody':
      return 'everybody';
    default:
      return undefined;
  }
}

export function refusal(
  reason: RefusalReason,
  code: Refusal['code'],
  message: string,
  retryAfterMs?: number,
): Refusal {
  return { ok: false, reason, code, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** He may not lend what he does not have. */
export const NOTHING_TO_LEND: Refusal = refusal(
  'forbidden',
  'ERR_FORBIDDEN',
  'Only users and API keys may do this: log in, or use an API key.',
);

/** Nobody lends what he may not do himself; a camera that he may not even view is not there. */
export function lendingRefusal(
  rights: Pick<Rights, 'decide'>,
  identity: Identity,
  cameraId: string,
  actions: readonly CameraAction[],
): Refusal | undefined {
  const denied = actions.find((action) => rights.decide(identity, action, cameraId) !== 'yes');
  if (denied === undefined) return undefined;
  return rights.decide(identity, 'view', cameraId) === 'yes'
    ? refusal('forbidden', 'ERR_FORBIDDEN', `You may not do this with the camera yourself: ${denied}.`)
    : refusal('forbidden', 'ERR_CAMERA_NOT_FOUND', `There is no camera "${cameraId}".`);
}

/** Counts one more token, key or link of this somebody. */
export async function rateRefusal(
  limits: RateLimits,
  { identity, peer }: Asker,
): Promise<Refusal | undefined> {
  const key = identity.kind === 'everybody' ? peer.address : identityKey(identity);
  const waitMs = await limits.take('tokens', key);
  if (waitMs === 0) return undefined;
  const message = 'Too many tokens, keys and links at once; try again later.';
  return refusal('limited', 'ERR_RATE_LIMITED', message, waitMs);
}
