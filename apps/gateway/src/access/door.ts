import type { CameraAction } from '@vedette/contract';
import type { Identity } from './identity.ts';

/** What a peer shows to prove who he is. */
export type Credentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  /**
   * One secret word, wherever the protocol has a place for it: `?token=`, `Authorization: Bearer`, a stream id. It is
   * a stream token, an access token, an API key, a share link's or a publish key, or an outside issuer's JWT.
   */
  | { readonly kind: 'token'; readonly token: string }
  /** The cookie of somebody who logged in on the dashboard. */
  | { readonly kind: 'cookie'; readonly value: string }
  /** HTTP digest authentication (RFC 7616) as RTSP has it; `verify` tells whether the answer fits this HA1. */
  | {
      readonly kind: 'digest';
      readonly user: string;
      readonly algorithm: 'MD5' | 'SHA-256';
      readonly verify: (ha1: string) => boolean;
    };

/** Who asks, as the network tells. */
export interface Peer {
  /** IPv4 or IPv6 address, without a port. */
  readonly address: string;
  readonly userAgent?: string | undefined;
}

/** Somebody stands at a media door. */
export interface Knock {
  readonly credentials: Credentials;
  readonly peer: Peer;
  readonly action: CameraAction;
  readonly cameraId: string;
  /** As in `SessionInfo.protocol`, or `snapshot`. */
  readonly protocol: string;
}

export type RefusalReason =
  /** Nothing was shown, or what was shown proves nothing: show something else. */
  | 'unauthenticated'
  /** He is known, and may not. */
  | 'forbidden'
  /** Too many attempts or sessions: later. */
  | 'limited'
  /** It cannot be found out now. */
  | 'unavailable';

export interface Refusal {
  readonly ok: false;
  readonly reason: RefusalReason;
  /**
   * Stable, explained in docs/errors.md. `ERR_CAMERA_NOT_FOUND` with the reason `forbidden`: he may not even view the
   * camera, and is answered as if it were not there (404, "stream not found").
   */
  readonly code: `ERR_${string}`;
  /** One sentence; tells nothing that a stranger may not know. */
  readonly message: string;
  /** Where the reason is `limited`: when to come again. */
  readonly retryAfterMs?: number;
}

export interface Admitted {
  readonly ok: true;
  readonly identity: Identity;
}

export type Admission = Admitted | Refusal;

/** What every media door asks before it opens. */
export interface Door {
  /** Nobody has to prove anything: `access: open`. Protocols then ask for no credentials. */
  readonly isOpen: boolean;
  /** Somebody outside decides, who has to see a password itself: protocols then ask for no digest of it. */
  readonly needsPlainPasswords?: boolean;
  /**
   * Whether the peer may do what he wants to: finds out who he is, and decides. Takes at most some hundred
   * milliseconds (a password) or seconds (an outside endpoint); never rejects. A refusal is in the audit.
   */
  knock(knock: Knock): Promise<Admission>;
}

/** Lets everybody in: `access: open`, and tests of one protocol that are not about this. */
export const OPEN_DOOR: Door = {
  isOpen: true,
  knock: () => Promise.resolve({ ok: true, identity: { kind: 'everybody' } }),
};
