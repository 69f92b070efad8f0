import type { CameraAction, Role } from '@vedette/contract';
import type { AuditEntry } from '../../../access/audit-entry.ts';
import type { Credentials, Refusal } from '../../../access/door.ts';
import type { Identity } from '../../../access/identity.ts';
import { MemoryLimits } from '../../../access/limits/memory-limits.ts';
import { MediaDoor } from '../../../access/media-door.ts';
import type { Proof } from '../../../access/prover.ts';
import { Rights } from '../../../access/rights.ts';
import { HttpAccess, type HttpAccessOptions } from '../http-access.ts';

const PLENTY = { count: 1_000_000, seconds: 60 };

/** Somebody with everything by which he can prove himself. */
export interface TestPerson {
  readonly name: string;
  readonly role?: Role;
  /** With the camera `gate`. */
  readonly may?: readonly CameraAction[];
}

const NOT_PROVEN: Refusal = {
  ok: false,
  reason: 'unauthenticated',
  code: 'ERR_UNAUTHENTICATED',
  message: 'Who is this?',
};

/**
 * Real rights, limits and the real door, and people who prove themselves by `NAME-token`, the cookie `NAME-cookie`, or
 * the password `NAME-password`.
 */
export class TestAccess {
  readonly rights = new Rights();
  readonly audit: AuditEntry[] = [];
  readonly access: HttpAccess;
  /** What was shown, in order. */
  readonly shown: Credentials[] = [];
  /** What everybody hears instead, while it is set. */
  answer: Refusal | undefined;
  readonly #people = new Map<string, TestPerson>();

  constructor(
    people: readonly TestPerson[],
    options: Partial<HttpAccessOptions> & { readonly api?: number; readonly sessions?: number } = {},
  ) {
    for (const person of people) this.#people.set(person.name, person);
    for (const person of people) this.grant(person);
    const { api, sessions, ...others } = options;
    const limits = new MemoryLimits({
      login: PLENTY,
      tokens: PLENTY,
      api: { ...PLENTY, count: api ?? PLENTY.count },
      sessions: { ...PLENTY, count: sessions ?? PLENTY.count },
    });
    const identify: HttpAccessOptions['identify'] = (credentials) => this.#identify(credentials);
    this.access = new HttpAccess({
      door: new MediaDoor({
        identifier: { identify },
        rights: this.rights,
        limits,
        audit: { record: (entry) => this.audit.push(entry) },
      }),
      identify,
      rights: this.rights,
      limits,
      trustedProxies: [],
      ...others,
    });
  }

  /** Enters his rights, or changes them. */
  grant({ name, role = 'user', may = [] }: TestPerson): void {
    const grants =
      may.length === 0 ? [] : [{ target: { kind: 'camera' as const, id: 'gate' }, actions: [...may] }];
    this.rights.put('user', { id: name, role, grants, isDisabled: false });
  }

  /** He is no more, and proves nothing. */
  remove(name: string): void {
    this.#people.delete(name);
    this.rights.remove('user', name);
  }

  /** His credentials are worth nothing any more; his rights stay. */
  logOut(name: string): void {
    this.#people.delete(name);
  }

  #identify(credentials: Credentials): Promise<Proof | Refusal> {
    this.shown.push(credentials);
    if (this.answer !== undefined) return Promise.resolve(this.answer);
    const name = nameIn(credentials);
    const isKnown = name !== undefined && this.#people.has(name);
    return Promise.resolve(isKnown ? { ok: true, identity: identityOf(name) } : NOT_PROVEN);
  }
}

export function identityOf(name: string): Identity {
  return { kind: 'user', id: name, name };
}

function nameIn(credentials: Credentials): string | undefined {
  switch (credentials.kind) {
    case 'token':
      return /^(\w+)-token$/.exec(credentials.token)?.[1];
    case 'cookie':
      return /^(\w+)-cookie$/.exec(credentials.value)?.[1];
    case 'password':
      return credentials.password === `${credentials.user}-password` ? credentials.user : undefined;
    default:
      return undefined;
  }
}
