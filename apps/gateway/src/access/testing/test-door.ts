import { createHash } from 'node:crypto';
import type { CameraAction } from '@vedette/contract';
import type { Admission, Door, Knock, Refusal } from '../door.ts';
import type { Identity } from '../identity.ts';
import { ACCESS_REALM } from '../realm.ts';

export interface TestGuest {
  readonly name: string;
  readonly password?: string;
  readonly token?: string;
  /** `view:gate` and the like. */
  readonly may: readonly `${CameraAction}:${string}`[];
}

const WORDS: Readonly<Record<Refusal['reason'], string>> = {
  unauthenticated: 'Log in, or show a token.',
  forbidden: 'You may not do this.',
  limited: 'Too many attempts; wait a moment.',
  unavailable: 'It cannot be found out now.',
};

/** A door with a short list of guests, for the tests of what stands in front of it. */
export class TestDoor implements Door {
  readonly isOpen = false;
  needsPlainPasswords = false;
  /** Everything that was asked, in order. */
  readonly knocks: Knock[] = [];
  /** What everybody hears instead, while it is set. */
  answer: Refusal | undefined;
  readonly #guests: readonly TestGuest[];
  #gate: Promise<undefined> = Promise.resolve(undefined);

  constructor(guests: readonly TestGuest[]) {
    this.#guests = guests;
  }

  /** From now on everybody waits. @returns what lets them go on. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#gate = promise;
    return () => resolve(undefined);
  }

  async knock(knock: Knock): Promise<Admission> {
    this.knocks.push(knock);
    await this.#gate;
    if (this.answer !== undefined) return this.answer;
    const guest = this.#guests.find((one) => isHim(one, knock));
    if (guest === undefined) return refusal('unauthenticated');
    if (guest.may.includes(`${knock.action}:${knock.cameraId}`))
      return { ok: true, identity: identityOf(guest) };
    return knock.action === 'view'
      ? { ...refusal('forbidden'), code: 'ERR_CAMERA_NOT_FOUND' }
      : refusal('forbidden');
  }
}

export function identityOf({ name }: Pick<TestGuest, 'name'>): Identity {
  return { kind: 'user', id: `id-of-${name}`, name };
}

export function refusal(reason: Refusal['reason'], retryAfterMs?: number): Refusal {
  const code = `ERR_${reason.toUpperCase()}` as const;
  return {
    ok: false,
    reason,
    code,
    message: WORDS[reason],
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function isHim({ name, password, token }: TestGuest, { credentials }: Knock): boolean {
  switch (credentials.kind) {
    case 'password':
      return credentials.user === name && credentials.password === password;
    case 'token':
      return token !== undefined && credentials.token === token;
    case 'digest': {
      const algorithm = credentials.algorithm === 'MD5' ? 'md5' : 'sha256';
      const ha1 = createHash(algorithm)
        .update(`${name}:${ACCESS_REALM}:${password ?? ''}`)
        .digest('hex');
      return credentials.user === name && credentials.verify(ha1);
    }
    default:
      return false;
  }
}
