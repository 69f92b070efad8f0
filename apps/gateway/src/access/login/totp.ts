import { Secret, TOTP } from 'otpauth';
import type { TotpState, UserRecord, UserRecords } from './user-records.ts';

/** RFC 6238 with what every authenticator app takes: SHA-1, six digits, 30 s. */
const PERIOD_S = 30;
const DIGITS = 6;
/** One step before and after the present one (RFC 6238 §5.2). */
const WINDOW = 1;
/** 160 bits, as RFC 4226 §4 recommends. */
const SECRET_BYTES = 20;
const ISSUER = 'Vedette';

function generator(secret: string, label = ''): TOTP {
  return new TOTP({
    issuer: ISSUER,
    label,
    algorithm: 'SHA1',
    digits: DIGITS,
    period: PERIOD_S,
    secret: Secret.fromBase32(secret),
  });
}

/** A secret that no app knows yet. */
export function newTotp(): TotpState {
  return { secret: new Secret({ size: SECRET_BYTES }).base32, isEnabled: false, lastStep: 0 };
}

/** What an authenticator app scans: `otpauth://totp/…`. */
export function totpUrl({ secret }: Pick<TotpState, 'secret'>, name: string): string {
  return generator(secret, name).toString();
}

/** The time step that the code is of; `undefined`: none of those that are taken now. */
export function totpStep(secret: string, code: string, nowMs: number): number | undefined {
  const token = code.replaceAll(/\s/g, '');
  if (!/^[0-9]{6}$/.test(token)) return undefined;
  const delta = generator(secret).validate({ token, timestamp: nowMs, window: WINDOW });
  return delta === null ? undefined : Math.floor(nowMs / 1000 / PERIOD_S) + delta;
}

/**
 * Whether this is a code of the user's app that was not taken before; it is taken then.
 *
 * @throws {StoreUnavailableError} it cannot be written down that it was taken.
 */
export async function takeTotp(
  users: Pick<UserRecords, 'takeTotpStep'>,
  { id, totp }: Pick<UserRecord, 'id' | 'totp'>,
  code: string,
  nowMs: number,
): Promise<boolean> {
  if (totp === undefined) return false;
  const step = totpStep(totp.secret, code, nowMs);
  if (step === undefined || step <= totp.lastStep) return false;
  return users.takeTotpStep(id, step);
}
