import type { Admission, Credentials, Door, Knock, Refusal } from '../access/door.ts';

/** However slow what the door asks is: nobody waits for longer. */
const KNOCK_MS = 10_000;
const MAX_USER = 256;
/** JWTs of outside issuers are some kilobytes. */
const MAX_SECRET = 8192;

const UNDECIDED: Refusal = {
  ok: false,
  reason: 'unavailable',
  code: 'ERR_ACCESS_UNAVAILABLE',
  message: 'It cannot be found out now whether you may: try again in a moment.',
};

/**
 * Knocks, for as long as the peer is there; what the door finds after that is of no consequence.
 *
 * @returns `undefined`: the peer has gone. Never rejects.
 */
export async function knockAt(door: Door, knock: Knock, signal: AbortSignal): Promise<Admission | undefined> {
  if (signal.aborted) return undefined;
  const { promise, resolve } = Promise.withResolvers<Admission | undefined>();
  const onGone = (): void => resolve(undefined);
  const timer = setTimeout(() => resolve(UNDECIDED), KNOCK_MS);
  signal.addEventListener('abort', onGone, { once: true });
  door.knock(knock).then(resolve, () => resolve(UNDECIDED));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onGone);
  }
}

/** @returns `undefined` for what nobody can have: longer than any, or with control characters in the name. */
export function passwordOf(user: string, password: string): Credentials | undefined {
  if (user.length > MAX_USER || password.length > MAX_SECRET || hasControls(user)) return undefined;
  return { kind: 'password', user, password };
}

/** @returns `undefined` for what can be no token. */
export function tokenOf(token: string): Credentials | undefined {
  return token === '' || token.length > MAX_SECRET || hasControls(token)
    ? undefined
    : { kind: 'token', token };
}

/** Whether there are characters that forge lines in logs and headers. */
export function hasControls(text: string): boolean {
  return /[\x00-\x1f\x7f]/.test(text);
}

/**
 * Whether the peer may not even view the camera: he is answered as if there were none. Who wants to publish hears that
 * he may not, whether there is one or not; and what else is forbidden, such as to go on with a first password, has a
 * reason that he is to hear.
 */
export function isHidden(action: 'view' | 'publish', { code }: Pick<Refusal, 'code'>): boolean {
  return action === 'view' && code === 'ERR_CAMERA_NOT_FOUND';
}

/** The same words for a camera that is not there and for one that the peer may not know of. */
export function noCamera(cameraId: string): string {
  return `there is no camera "${cameraId}"`;
}
