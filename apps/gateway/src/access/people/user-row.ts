import type { Grant } from '@vedette/contract';
import { z } from 'zod';
import type { UsersTable } from '../../store/schema.ts';
import type { DigestHa1s, TotpState, UserChange, UserRecord } from '../login/user-records.ts';
import type { Secrets } from '../secrets.ts';

/** What of a user is changed, beside what he changes himself. What is left out stays. */
export interface UserAmendment extends UserChange {
  readonly role?: UserRecord['role'];
  readonly grants?: readonly Grant[];
  readonly plan?: string;
  readonly isDisabled?: boolean;
  readonly oidcSubject?: string;
}

type Sealer = Pick<Secrets, 'seal' | 'open'>;

const digestSchema = z.object({ MD5: z.string(), 'SHA-256': z.string() });

/** What belongs to one user opens for no other: rows cannot be exchanged. */
const digestPurpose = (id: string): string => `user.digest ${id}`;
const totpPurpose = (id: string): string => `user.totp ${id}`;

/** @throws {SecretsError} it was sealed with another key. */
export function userOfRow(row: UsersTable, secrets: Sealer): UserRecord {
  return {
    id: row.id,
    name: row.name,
    displayName: row.displayName,
    role: row.role,
    grants: JSON.parse(row.grants) as Grant[],
    passwordHash: row.passwordHash ?? undefined,
    mustChangePassword: row.mustChangePassword === 1,
    digest: digestOf(row, secrets),
    totp: totpOf(row, secrets),
    oidcSubject: row.oidcSubject ?? undefined,
    plan: row.plan,
    isDisabled: row.disabled === 1,
    validFromMs: row.validFrom,
    createdAtMs: row.createdAt,
    updatedAtMs: row.updatedAt,
    lastLoginAtMs: row.lastLoginAt ?? undefined,
  };
}

function digestOf({ id, digestSealed }: UsersTable, secrets: Sealer): DigestHa1s | undefined {
  if (digestSealed === null) return undefined;
  return digestSchema.parse(JSON.parse(secrets.open(digestSealed, digestPurpose(id))));
}

function totpOf(row: UsersTable, secrets: Sealer): TotpState | undefined {
  if (row.totpSealed === null) return undefined;
  const secret = secrets.open(row.totpSealed, totpPurpose(row.id));
  return { secret, isEnabled: row.totpEnabled === 1, lastStep: row.totpLastStep };
}

/** The row of a user that is made. */
export function rowOfUser(user: UserRecord, secrets: Sealer): UsersTable {
  return {
    id: user.id,
    name: user.name,
    displayName: user.displayName,
    role: user.role,
    passwordHash: user.passwordHash ?? null,
    mustChangePassword: user.mustChangePassword ? 1 : 0,
    digestSealed:
      user.digest === undefined ? null : secrets.seal(JSON.stringify(user.digest), digestPurpose(user.id)),
    ...totpColumns(user.id, user.totp, secrets),
    oidcSubject: user.oidcSubject ?? null,
    plan: user.plan,
    disabled: user.isDisabled ? 1 : 0,
    grants: JSON.stringify(user.grants),
    validFrom: user.validFromMs,
    createdAt: user.createdAtMs,
    updatedAt: user.updatedAtMs,
    lastLoginAt: user.lastLoginAtMs ?? null,
  };
}

function totpColumns(
  id: string,
  totp: TotpState | undefined,
  secrets: Sealer,
): Pick<UsersTable, 'totpSealed' | 'totpEnabled' | 'totpLastStep'> {
  if (totp === undefined) return { totpSealed: null, totpEnabled: 0, totpLastStep: 0 };
  return {
    totpSealed: secrets.seal(totp.secret, totpPurpose(id)),
    totpEnabled: totp.isEnabled ? 1 : 0,
    totpLastStep: totp.lastStep,
  };
}

/** The user as he is after the change; `updatedAtMs` is not touched. */
export function amended(user: UserRecord, { password, totp, ...rest }: UserAmendment): UserRecord {
  return {
    ...user,
    ...rest,
    ...(password === undefined ? {} : { passwordHash: password.passwordHash, digest: password.digest }),
    ...(totp === undefined ? {} : { totp: totp ?? undefined }),
  };
}
