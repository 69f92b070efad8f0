import type { Action, CameraAction, Grant, Role } from '@vedette/contract';
import type { Identity } from './identity.ts';
import { isCameraAction, isGranted, mayPerson, type Membership } from './permissions.ts';

/** A user, as decisions need him. */
export interface UserRights {
  readonly id: string;
  readonly role: Role;
  readonly grants: readonly Grant[];
  readonly isDisabled: boolean;
}

/** What a key of the API may do, whoever uses it. */
export interface ApiKeyRights {
  readonly id: string;
  readonly actions: readonly Action[];
  /** What it may do with single cameras. */
  readonly grants: readonly Grant[];
  readonly expiresAtMs: number;
}

/** A stream token or a share link: some actions with one camera, for a while, on behalf of a user. */
export interface LentRights {
  readonly id: string;
  /** The user or the API key that made it: what he may not do, it may not do. */
  readonly userId: string;
  readonly cameraId: string;
  readonly actions: readonly CameraAction[];
  readonly expiresAtMs: number;
}

export interface PublishKeyRights {
  readonly id: string;
  readonly cameraId: string;
}

/** `gone`: the identity itself is no more: expired, revoked, removed, disabled. */
export type Decision = 'yes' | 'no' | 'gone';

/** The kinds of things that carry rights, and how each is described. */
interface Carriers {
  readonly user: UserRights;
  readonly apiKey: ApiKeyRights;
  readonly streamToken: LentRights;
  readonly shareLink: LentRights;
  readonly publishKey: PublishKeyRights;
}

export type CarrierKind = keyof Carriers;

const NO_SETS: ReadonlySet<string> = new Set();

/**
 * Who may do what: the one book, in memory. It is filled from the store at the start; whoever changes what is kept
 * there tells the book as soon as the change is acknowledged. Decisions do no I/O and cost some microseconds, so they
 * hold also while the database is away.
 */
export class Rights implements Membership {
  readonly #carriers: { readonly [K in CarrierKind]: Map<string, Carriers[K]> } = {
    user: new Map(),
    apiKey: new Map(),
    streamToken: new Map(),
    shareLink: new Map(),
    publishKey: new Map(),
  };
  readonly #listeners = new Set<() => void>();
  readonly #now: () => number;
  #groups: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  #zones: ReadonlyMap<string, ReadonlySet<string>> = new Map();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * Whether `identity` may do it now, the moment of the day included.
   *
   * @param cameraId where the action is about a camera.
   */
  decide(identity: Identity, action: Action, cameraId?: string): Decision {
    switch (identity.kind) {
      case 'nobody':
        return 'no';
      case 'everybody':
        return 'yes';
      case 'user':
        return this.#decideUser(identity.id, action, cameraId);
      case 'apiKey':
        return this.#decideApiKey(identity.id, action, cameraId);
      case 'streamToken':
      case 'shareLink':
        return this.#decideLent(this.#carriers[identity.kind].get(identity.id), action, cameraId);
      case 'publishKey': {
        const key = this.#carriers.publishKey.get(identity.id);
        if (key === undefined) return 'gone';
        return action === 'publish' && key.cameraId === cameraId ? 'yes' : 'no';
      }
      case 'outside':
        return this.#decideOutside(identity, action, cameraId);
    }
  }

  /** Enters or replaces what carries rights. */
  put<K extends CarrierKind>(kind: K, carrier: Carriers[K]): void {
    (this.#carriers[kind] as Map<string, Carriers[K]>).set(carrier.id, carrier);
    this.#changed();
  }

  /** Takes it out: from now on nobody may do anything by it. */
  remove(kind: CarrierKind, id: string): void {
    if (this.#carriers[kind].delete(id)) this.#changed();
  }

  get<K extends CarrierKind>(kind: K, id: string): Carriers[K] | undefined {
    return (this.#carriers[kind] as Map<string, Carriers[K]>).get(id);
  }

  /** Which groups and zones each camera belongs to, by the camera's id. */
  setMembership(
    groups: ReadonlyMap<string, ReadonlySet<string>>,
    zones: ReadonlyMap<string, ReadonlySet<string>>,
  ): void {
    this.#groups = groups;
    this.#zones = zones;
    this.#changed();
  }

  groupsOf(cameraId: string): ReadonlySet<string> {
    return this.#groups.get(cameraId) ?? NO_SETS;
  }

  zonesOf(cameraId: string): ReadonlySet<string> {
    return this.#zones.get(cameraId) ?? NO_SETS;
  }

  /** Called after each change, at once. @returns the function that ends this. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #decideUser(id: string, action: Action, cameraId: string | undefined): Decision {
    const user = this.#carriers.user.get(id);
    if (user === undefined || user.isDisabled) return 'gone';
    return mayPerson(user, action, cameraId, this, this.#now()) ? 'yes' : 'no';
  }

  #decideApiKey(id: string, action: Action, cameraId: string | undefined): Decision {
    const key = this.#carriers.apiKey.get(id);
    if (key === undefined || key.expiresAtMs <= this.#now()) return 'gone';
    if (key.actions.includes(action)) return 'yes';
    const isGrantedToKey =
      cameraId !== undefined &&
      isCameraAction(action) &&
      isGranted(key.grants, action, cameraId, this, this.#now());
    return isGrantedToKey ? 'yes' : 'no';
  }

  #decideLent(lent: LentRights | undefined, action: Action, cameraId: string | undefined): Decision {
    if (lent === undefined || lent.expiresAtMs <= this.#now()) return 'gone';
    const isInScope = lent.cameraId === cameraId && isCameraAction(action) && lent.actions.includes(action);
    if (!isInScope) return 'no';
    return this.#carriers.apiKey.has(lent.userId)
      ? this.#decideApiKey(lent.userId, action, cameraId)
      : this.#decideUser(lent.userId, action, cameraId);
  }

  #decideOutside(
    { permissions, expiresAtMs }: Extract<Identity, { kind: 'outside' }>,
    action: Action,
    cameraId: string | undefined,
  ): Decision {
    if (expiresAtMs <= this.#now()) return 'gone';
    const isAllowed = permissions.some(
      ({ action: allowed, camera }) =>
        allowed === action && (camera === undefined || isNamed(camera, cameraId)),
    );
    return isAllowed ? 'yes' : 'no';
  }
}

function isNamed(camera: string | RegExp, cameraId: string | undefined): boolean {
  if (cameraId === undefined) return false;
  return typeof camera === 'string' ? camera === cameraId : camera.test(cameraId);
}

/** Everybody may do everything, and no camera is in any set: tests of one route that is not about this. */
export const OPEN_RIGHTS: Membership & Pick<Rights, 'decide'> = {
  decide: () => 'yes',
  groupsOf: () => NO_SETS,
  zonesOf: () => NO_SETS,
};
