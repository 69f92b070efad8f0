import type { Grant, Role } from '@vedette/contract';

/** HA1 of RFC 7616 §3.4.2, in lower-case hexadecimal, by algorithm. Each is as good as the password: seal them. */
export interface DigestHa1s {
  readonly MD5: string;
  readonly 'SHA-256': string;
}

/** The second factor of a user (RFC 6238). */
export interface TotpState {
  /** In Base32. Sealed where it is kept. */
  readonly secret: string;
  /** The person has shown a code of it: from then on it is asked for. */
  readonly isEnabled: boolean;
  /** Last time step that a code was taken for; 0: none yet. No code is taken twice (RFC 6238 §5.2). */
  readonly lastStep: number;
}

/** What a password is kept as: made by `newPassword` (set-password.ts), and only there. */
export interface PasswordState {
  /** Argon2id in the PHC string format. */
  readonly passwordHash: string;
  readonly digest: DigestHa1s;
}

/** A user, as logging in needs him. A copy that never changes: ask again for the present one. */
export interface UserRecord {
  readonly id: string;
  /** In lower case. */
  readonly name: string;
  readonly displayName: string;
  readonly role: Role;
  readonly grants: readonly Grant[];
  /** `undefined`: he logs in by OpenID Connect only. */
  readonly passwordHash: string | undefined;
  readonly mustChangePassword: boolean;
  /** Opened; `undefined`: he has no password, or it was set without. */
  readonly digest: DigestHa1s | undefined;
  /** Opened; `undefined`: none set up. */
  readonly totp: TotpState | undefined;
  readonly oidcSubject: string | undefined;
  readonly plan: string;
  readonly isDisabled: boolean;
  /** Ms since the Unix epoch. Sessions and tokens that were made before are void. */
  readonly validFromMs: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly lastLoginAtMs: number | undefined;
}

/** What logging in and the profile change of a user. What is left out stays. */
export interface UserChange {
  readonly displayName?: string;
  readonly password?: PasswordState;
  readonly mustChangePassword?: boolean;
  /** `null` takes it away. */
  readonly totp?: TotpState | null;
  readonly validFromMs?: number;
  readonly lastLoginAtMs?: number;
}

export interface NewUser {
  /** Written in lower case. */
  readonly name: string;
  readonly displayName: string;
  readonly role: Role;
  readonly grants: readonly Grant[];
  readonly password: PasswordState | undefined;
  readonly mustChangePassword: boolean;
  readonly plan: string;
  readonly oidcSubject?: string | undefined;
}

/**
 * The users, in memory: found without I/O, so that people log in also while the store is away. `Users` keeps them.
 * Whatever changes goes to the store first; each write rejects with `StoreUnavailableError` where that is away.
 */
export interface UserRecords {
  /** How many there are. */
  readonly size: number;
  /** @param name in upper or lower case. */
  byName(name: string): UserRecord | undefined;
  byId(id: string): UserRecord | undefined;
  /** @returns the user as he is then; `undefined` where there is none. */
  update(id: string, change: UserChange): Promise<UserRecord | undefined>;
  /**
   * Raises `totp.lastStep` to `step` where it is lower, in one statement of the store.
   *
   * @returns whether it was lower: `false` means that a code of this step, or of a later one, was taken before.
   */
  takeTotpStep(id: string, step: number): Promise<boolean>;
  create(user: NewUser): Promise<UserRecord>;
}
