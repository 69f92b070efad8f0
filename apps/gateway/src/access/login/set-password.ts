import { createHash } from 'node:crypto';
import { ACCESS_REALM } from '../realm.ts';
import type { Passwords } from './passwords.ts';
import type { DigestHa1s, PasswordState } from './user-records.ts';

/**
 * HA1 of RFC 7616 §3.4.2 for the two algorithms that RTSP is offered. The name is taken in lower case, as users are
 * kept: a player has to send it so.
 */
export function digestHa1s(name: string, password: string): DigestHa1s {
  const text = `${name.toLowerCase()}:${ACCESS_REALM}:${password}`;
  const ha1 = (algorithm: string): string => createHash(algorithm).update(text, 'utf8').digest('hex');
  return { MD5: ha1('md5'), 'SHA-256': ha1('sha256') };
}

/**
 * Everything that is kept of a new password. The only place where one is made, so that none is set without its HA1s.
 *
 * @throws {PasswordsBusyError} too many are being hashed.
 */
export async function newPassword(
  passwords: Pick<Passwords, 'hash'>,
  name: string,
  password: string,
): Promise<PasswordState> {
  return { passwordHash: await passwords.hash(password), digest: digestHa1s(name, password) };
}
