import { API_KEY_PREFIX, PUBLISH_KEY_PREFIX, SHARE_LINK_PREFIX } from '@vedette/contract';
import type { Credentials } from '../door.ts';

const PREFIXES = [API_KEY_PREFIX, PUBLISH_KEY_PREFIX, SHARE_LINK_PREFIX];
/** Three parts of base64url (RFC 7515 §7.1); the first is JSON, and so begins with `{"`. */
const JWT = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;
const MAX_LENGTH = 4096;

/** Whether the word looks like one of the secrets that stand for themselves: a key, a link's secret, a JWT. */
function looksLikeToken(word: string): boolean {
  if (word.length > MAX_LENGTH) return false;
  return PREFIXES.some((prefix) => word.startsWith(prefix)) || JWT.test(word);
}

/**
 * A token that came in the place of a password, whatever the user name beside it: encoders and players that know
 * nothing but user and password (RTSP, HTTP Basic) take one there. `undefined`: it is a password.
 */
export function tokenInPassword(
  credentials: Credentials,
): Extract<Credentials, { kind: 'token' }> | undefined {
  if (credentials.kind !== 'password' || !looksLikeToken(credentials.password)) return undefined;
  return { kind: 'token', token: credentials.password };
}
