import { password as passwordRule } from '@vedette/contract';
import type { Passwords } from './passwords.ts';
import { readableSecret } from './recovery-codes.ts';
import { newPassword } from './set-password.ts';
import type { UserRecords } from './user-records.ts';

const ADMINISTRATOR = 'admin';
/** 20 of 31 signs: 99 bits. */
const GROUPS = 4;
const GROUP_LENGTH = 5;

export interface FirstRunOptions {
  readonly users: Pick<UserRecords, 'size' | 'create'>;
  readonly passwords: Pick<Passwords, 'hash'>;
  /** Writes to the terminal: the only place where the password is ever shown. Never a log. */
  readonly say: (text: string) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** `VEDETTE_ADMIN_PASSWORD` is no password that is taken. */
export class AdministratorPasswordError extends Error {
  override readonly name = 'AdministratorPasswordError';
  readonly code = 'ERR_ADMIN_PASSWORD';
}

/** A password that somebody is shown once, and changes. */
export function generatedPassword(): string {
  return readableSecret(GROUPS, GROUP_LENGTH);
}

/**
 * Makes the administrator where there is nobody yet: with the password of `VEDETTE_ADMIN_PASSWORD`, or with a generated
 * one that is shown here and now and has to be changed at the first login.
 *
 * @returns whether one was made.
 * @throws {AdministratorPasswordError}
 * @throws {StoreUnavailableError}
 */
export async function ensureAdministrator(options: FirstRunOptions): Promise<boolean> {
  const { users, passwords, say, environment } = options;
  if (users.size > 0) return false;
  const given = environment['VEDETTE_ADMIN_PASSWORD'];
  const isGiven = given !== undefined && given !== '';
  const password = isGiven ? checked(given) : generatedPassword();
  await users.create({
    name: ADMINISTRATOR,
    displayName: 'Administrator',
    role: 'admin',
    grants: [],
    plan: '',
    password: await newPassword(passwords, ADMINISTRATOR, password),
    mustChangePassword: !isGiven,
  });
  if (!isGiven) {
    say('');
    say('  First start: log in as the administrator, and choose a password of your own.');
    say(`    name      ${ADMINISTRATOR}`);
    say(`    password  ${password}`);
    say('  It is shown this one time. If it is lost: vedette reset-password admin');
    say('');
  }
  return true;
}

function checked(given: string): string {
  const { success, error } = passwordRule.safeParse(given);
  if (success) return given;
  throw new AdministratorPasswordError(
    `VEDETTE_ADMIN_PASSWORD ${error.issues[0]?.message ?? 'is no password'}`,
  );
}
