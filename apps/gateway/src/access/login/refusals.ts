import type { Refusal } from '../door.ts';

/** The same for an unknown name, a wrong password and an account that is switched off. */
export const LOGIN_FAILED: Refusal = {
  ok: false,
  reason: 'unauthenticated',
  code: 'ERR_LOGIN_FAILED',
  message: 'Name or password is wrong.',
};

export const TOTP_REQUIRED: Refusal = {
  ok: false,
  reason: 'unauthenticated',
  code: 'ERR_TOTP_REQUIRED',
  message: 'A code of the authenticator app is needed too.',
};

export const TOTP_WRONG: Refusal = {
  ok: false,
  reason: 'unauthenticated',
  code: 'ERR_TOTP_WRONG',
  message: 'The code is wrong, or was used before: wait for the next one.',
};

/** For peers that have no place for a code. */
export const TOTP_NEEDS_TOKEN: Refusal = {
  ok: false,
  reason: 'unauthenticated',
  code: 'ERR_TOTP_REQUIRED',
  message: 'This account has a second factor: use a token instead of the password.',
};

export const PASSWORD_CHANGE_REQUIRED: Refusal = {
  ok: false,
  reason: 'forbidden',
  code: 'ERR_PASSWORD_CHANGE_REQUIRED',
  message: 'The password has to be changed first: log in on the dashboard.',
};

export const NOT_PROVEN: Refusal = {
  ok: false,
  reason: 'unauthenticated',
  code: 'ERR_UNAUTHENTICATED',
  message: 'Log in, or show a valid token.',
};

export const STORE_AWAY: Refusal = {
  ok: false,
  reason: 'unavailable',
  code: 'ERR_STORE_UNAVAILABLE',
  message: 'The database is away: try again in a moment.',
};

export function limited(retryAfterMs: number): Refusal {
  return {
    ok: false,
    reason: 'limited',
    code: 'ERR_RATE_LIMITED',
    message: 'Too many attempts: try again later.',
    retryAfterMs,
  };
}
