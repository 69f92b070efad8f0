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
  if (scheme.startsWith('http')) return path.length > 1 ? `/${HIDDEN}` : path;
  if (scheme.startsWith('rtmp')) return path.replace(/[^/]+\/*$/, HIDDEN);
  return path;
}
