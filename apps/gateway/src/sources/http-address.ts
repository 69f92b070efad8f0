import { SourceError } from '../cameras/source.ts';

/** An `http://` or `https://` address, taken apart. */
export interface HttpAddress {
  readonly isSecure: boolean;
  /** Name or address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Path and query, as they go into requests. */
  readonly target: string;
  readonly credentials: { readonly user: string; readonly password: string } | undefined;
}

/**
 * Parses an address. Credentials are read as people type them: `@`, `:` and `#` in a password need no escape.
 *
 * @throws {SourceError} `ERR_HTTP_URL`; its message never repeats the address, which may hold a password.
 */
export function parseHttpAddress(text: string): HttpAddress {
  const [, scheme = '', authority = '', rest = ''] = /^(https?):\/\/([^/?]*)(.*)$/is.exec(text.trim()) ?? [];
  const at = authority.lastIndexOf('@');
  const place = `${scheme}://${authority.slice(at + 1)}${rest}`;
  if (scheme === '' || !URL.canParse(place)) {
    throw new SourceError('ERR_HTTP_URL', 'not an address like http://host/path', { isPermanent: true });
  }
  return {
    ...placeOf(new URL(place)),
    credentials: at === -1 ? undefined : credentialsOf(authority.slice(0, at)),
  };
}

/**
 * Where a redirect leads. Credentials go along only to the same host, and never from TLS to none: a camera must not
 * send them elsewhere.
 *
 * @throws {SourceError} `ERR_HTTP_REDIRECT`: nowhere that HTTP is spoken.
 */
export function redirectedAddress(from: HttpAddress, location: string): HttpAddress {
  const base = formatHttpAddress(from);
  const isUrl = URL.canParse(location, base);
  const url = isUrl ? new URL(location, base) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new SourceError('ERR_HTTP_REDIRECT', 'the camera redirects to something that is no HTTP address');
  }
  const place = placeOf(url);
  const keepsCredentials = place.host === from.host && (place.isSecure || !from.isSecure);
  return { ...place, credentials: keepsCredentials ? from.credentials : undefined };
}

/** The address without its credentials. */
function formatHttpAddress({ isSecure, host, port, target }: HttpAddress): string {
  return `${isSecure ? 'https' : 'http'}://${formatHost({ isSecure, host, port })}${target}`;
}

/** As in a `Host` header: the port only where it is not the usual one. */
export function formatHost({
  isSecure,
  host,
  port,
}: Pick<HttpAddress, 'isSecure' | 'host' | 'port'>): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === (isSecure ? 443 : 80) ? name : `${name}:${port}`;
}

function placeOf(url: URL): Omit<HttpAddress, 'credentials'> {
  const isSecure = url.protocol === 'https:';
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  return { isSecure, host, port, target: url.pathname + url.search };
}

function credentialsOf(text: string): { user: string; password: string } {
  const colon = text.indexOf(':');
  const user = colon === -1 ? text : text.slice(0, colon);
  return { user: decode(user), password: colon === -1 ? '' : decode(text.slice(colon + 1)) };
}

/** Percent-decodes; text with a stray `%` is taken as it stands. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
