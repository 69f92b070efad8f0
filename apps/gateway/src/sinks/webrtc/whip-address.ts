import { PushError } from '../../push/push-target.ts';

/** Where a WHIP request goes, and what it shows there. */
export interface WhipAddress {
  /** `http:` or `https:`, without user and fragment. */
  readonly url: URL;
  /** For `Authorization: Bearer` (RFC 6750 §2.1). */
  readonly token: string | undefined;
}

/** RFC 6750 §2.1, and what servers take that expect `user:password` there; nothing that ends a header. */
const TOKEN = /^[\x21-\x7e]{1,4096}$/;

/**
 * Reads `whip+https://TOKEN@host/path` or `whip+https://host/path?token=TOKEN`; the token does not stay in the
 * address that is asked.
 *
 * @throws {PushError} `ERR_WHIP_URL`.
 */
export function parseWhipAddress(address: string): WhipAddress {
  const url = URL.parse(address.replace(/^whip\+/i, ''));
  if (url === null || !/^https?:$/.test(url.protocol)) throw badAddress('it must be whip+https://host/path');
  const userInfo = [url.username, url.password].filter((part) => part !== '').join(':');
  const token = url.searchParams.get('token') ?? (userInfo === '' ? undefined : decode(userInfo));
  if (token !== undefined && !TOKEN.test(token))
    throw badAddress('its token has characters that no token has');
  url.username = '';
  url.password = '';
  url.hash = '';
  // Untouched where there is none: writing a query anew changes how it is escaped.
  if (url.searchParams.has('token')) url.searchParams.delete('token');
  return { url, token };
}

/**
 * Where a server sends on to, or has put the session: relative to what was asked (RFC 9110 §10.2.2). The token is
 * for who it was given to, and stays behind where that is another; nor does TLS end on the way.
 *
 * @throws {PushError} `ERR_WHIP_LOCATION`.
 */
export function resolveWhipLocation({ url, token }: WhipAddress, location: string): WhipAddress {
  const target = location.length > 4096 ? null : URL.parse(location, url.href);
  const isHttp = target !== null && /^https?:$/.test(target.protocol);
  if (!isHttp || (url.protocol === 'https:' && target.protocol === 'http:')) {
    throw new PushError('ERR_WHIP_LOCATION', 'the destination sends on to an address that cannot be asked');
  }
  target.username = '';
  target.password = '';
  target.hash = '';
  return { url: target, token: target.origin === url.origin ? token : undefined };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function badAddress(why: string): PushError {
  return new PushError('ERR_WHIP_URL', `the address is wrong: ${why}`, { isPermanent: true });
}
