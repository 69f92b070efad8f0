import type { CameraAction } from '@vedette/contract';

/**
 * Who does something. It names him and carries no rights: these are looked up whenever they are asked for, so that
 * what is taken away is gone at once.
 */
export type Identity =
  /** Nobody has said who he is. */
  | { readonly kind: 'nobody' }
  /** `access: open`: everybody may do everything. */
  | { readonly kind: 'everybody' }
  | { readonly kind: 'user'; readonly id: string; readonly name: string }
  | { readonly kind: 'apiKey'; readonly id: string; readonly name: string }
  /** A stream token, of the user `userId`. */
  | { readonly kind: 'streamToken'; readonly id: string; readonly userId: string; readonly name: string }
  | { readonly kind: 'shareLink'; readonly id: string; readonly name: string }
  /** The key by which an encoder publishes to one camera. */
  | { readonly kind: 'publishKey'; readonly id: string; readonly name: string }
  /** Somebody that an outside issuer or an outside HTTP endpoint vouches for; what they said holds until then. */
  | {
      readonly kind: 'outside';
      readonly id: string;
      readonly name: string;
      readonly permissions: readonly OutsidePermission[];
      readonly expiresAtMs: number;
    };

export interface OutsidePermission {
  readonly action: CameraAction;
  /** Which cameras, by id; all where absent. */
  readonly camera?: string | RegExp;
}

export const NOBODY: Identity = { kind: 'nobody' };
export const EVERYBODY: Identity = { kind: 'everybody' };

/** What limits and the audit count by: the same for the same somebody. */
export function identityKey(identity: Identity): string {
  return 'id' in identity ? `${identity.kind}:${identity.id}` : identity.kind;
}

/** What people are shown. */
export function identityName(identity: Identity): string {
  return 'name' in identity ? identity.name : identity.kind;
}

/** The user that it is, or on whose behalf it acts; `undefined`: none of ours. */
export function personOf(identity: Identity): string | undefined {
  if (identity.kind === 'user') return identity.id;
  return identity.kind === 'streamToken' ? identity.userId : undefined;
}
