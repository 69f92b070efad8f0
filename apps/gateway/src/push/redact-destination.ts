/** Schemes of HTTP, also of what is spoken over it. */
const HTTP = /^(?:whip\+)?https?$/i;
/** Stands for what is not shown. */
const HIDDEN = '…';

/**
 * A push's destination to be shown and logged: without user, password and query; without the last segment of an
 * RTMP path, which is the stream key, and without any of an HTTP one, which providers put keys into.
 */
export function redactDestination(address: string): string {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)/is.exec(address);
  if (match === null) return HIDDEN;
  const [, scheme = '', authority = '', path = ''] = match;
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  return `${scheme}://${host}${shownPath(scheme.toLowerCase(), path)}`;
}

function shownPath(scheme: string, path: string): string {
  if (HTTP.test(scheme)) return path.length > 1 ? `/${HIDDEN}` : path;
  if (scheme.startsWith('rtmp')) return path.replace(/[^/]+\/*$/, HIDDEN);
  return path;
}

/** Shorter ones would hide ordinary words. */
const MIN_SECRET_LENGTH = 4;

/**
 * `text` without what is secret in `address`: for what destinations say, which may repeat the stream key that they
 * refuse.
 */
export function hideSecrets(text: string, address: string): string {
  let hidden = text;
  for (const secret of secretsOf(address)) hidden = hidden.replaceAll(secret, HIDDEN);
  return hidden;
}

function secretsOf(address: string): string[] {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(.*)$/is.exec(address);
  if (match === null) return [];
  const [, scheme = '', authority = '', path = '', query = ''] = match;
  const at = authority.lastIndexOf('@');
  const segments = path.split('/').filter((segment) => segment !== '');
  const raw = [
    ...(at === -1 ? [] : userInfoSecrets(scheme, authority.slice(0, at))),
    ...query.split(/[?&#]/).map((pair) => pair.slice(pair.indexOf('=') + 1)),
    ...(/^rtmp/i.test(scheme) ? segments.slice(-1) : []),
    ...(HTTP.test(scheme) ? segments : []),
  ];
  return [...raw, ...raw.map(decoded)]
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .sort((a, b) => b.length - a.length);
}

/** A user name is no secret, but where it is a token. */
function userInfoSecrets(scheme: string, userInfo: string): string[] {
  return HTTP.test(scheme) ? [userInfo, ...userInfo.split(':')] : userInfo.split(':').slice(1);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
