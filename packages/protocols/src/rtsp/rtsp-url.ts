import { ProtocolError } from '@vedette/media';

/** An `rtsp://` or `rtsps://` address, taken apart. */
export interface RtspUrl {
  /** `rtsps://`: RTSP over TLS. */
  readonly isSecure: boolean;
  /** Name or address; IPv6 without brackets. */
  readonly host: string;
  /** 554, or 322 for rtsps, where the URL names none. */
  readonly port: number;
  /** Percent-decoded; `undefined` where the URL has none. */
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** Path and query exactly as written, since cameras compare them letter by letter; empty or begins with `/` or `?`. */
  readonly target: string;
}

const MAX_URL_LENGTH = 4096;

/**
 * Parses an RTSP URL.
 *
 * Credentials are read as people type them: `@`, `:` and `#` in a password need no escape, `/` and `?` do.
 * A `#` in the path is part of it, as RTSP has no fragments. Spaces and letters beyond ASCII are percent-encoded.
 *
 * @throws {ProtocolError} `ERR_RTSP_URL`. The message never repeats the URL, which may hold a password.
 */
export function parseRtspUrl(text: string): RtspUrl {
  const trimmed = text.trim();
  const match = /^(rtsps?):\/\/([^/?]*)(.*)$/is.exec(trimmed);
  if (match === null || trimmed.length > MAX_URL_LENGTH || /[\x00-\x1f\x7f]/.test(trimmed)) {
    throw new ProtocolError('ERR_RTSP_URL', 'not an address like rtsp://host:554/path');
  }
  const [, scheme = '', authority = '', target = ''] = match;
  const isSecure = scheme.toLowerCase() === 'rtsps';
  const at = authority.lastIndexOf('@');
  return {
    isSecure,
    ...parseHostPort(authority.slice(at + 1), isSecure ? 322 : 554),
    ...parseCredentials(at === -1 ? undefined : authority.slice(0, at)),
    target: target.replace(/[^\x21-\x7e]+/gu, (part) => encodeURIComponent(part.toWellFormed())),
  };
}

/** The URL as it goes into requests: without credentials, the port only where it is not the default. */
export function formatRtspUrl(url: Pick<RtspUrl, 'isSecure' | 'host' | 'port' | 'target'>): string {
  const scheme = url.isSecure ? 'rtsps' : 'rtsp';
  const host = url.host.includes(':') ? `[${url.host}]` : url.host;
  const port = url.port === (url.isSecure ? 322 : 554) ? '' : `:${url.port}`;
  return `${scheme}://${host}${port}${url.target}`;
}

function parseCredentials(text: string | undefined): Pick<RtspUrl, 'user' | 'password'> {
  const [, user, password] = /^([^:]*)(?::(.*))?$/s.exec(text ?? '') ?? [];
  if (text === undefined || user === undefined) return { user: undefined, password: undefined };
  return { user: decode(user), password: password === undefined ? undefined : decode(password) };
}

/** Without the slashes at its end. (A regular expression would take quadratic time on slashes elsewhere.) */
export function trimSlashes(path: string): string {
  let end = path.length;
  while (end > 0 && path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

function parseHostPort(text: string, defaultPort: number): { host: string; port: number } {
  const match = /^(?:\[([0-9a-f:.]+(?:%[\w.~-]+)?)\]|([^\s:[\]@]+))(?::(\d{0,5}))?$/i.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined || match[3] === '' ? defaultPort : Number(match[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new ProtocolError('ERR_RTSP_URL', 'the host or port of an RTSP address is not valid');
  }
  return { host, port };
}

/** Percent-decodes; text with a stray `%` is taken as it stands. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
