import { ProtocolError } from '@vedette/media';

/** Where an RTMP server is, and what is wanted of it. */
export interface RtmpUrl {
  readonly host: string;
  readonly port: number;
  /** RTMP over TLS. */
  readonly isSecure: boolean;
  readonly app: string;
  /** Name of the stream, its query included: often a secret key. */
  readonly name: string;
  /** What `connect` calls the server. */
  readonly tcUrl: string;
}

const PORT = 1935;
const SECURE_PORT = 443;

/**
 * Parses `rtmp://host/app/name?query` and `rtmps://…`. With three parts or more the application has two, as ffmpeg
 * has it; with one, there is an application and no name. RTMPS is at port 443 unless the URL says otherwise.
 *
 * @throws {ProtocolError} `ERR_RTMP_URL`. The sentence does not repeat the URL, which may hold a key.
 */
export function parseRtmpUrl(text: string): RtmpUrl {
  const url = parseUrl(text);
  if (url.username !== '' || url.password !== '') {
    throw new ProtocolError(
      'ERR_RTMP_URL',
      'RTMP has no place for user and password in front of the host: put what the server wants into the query',
    );
  }
  const isSecure = url.protocol === 'rtmps:';
  const { app, path } = splitPath(url.pathname);
  const name = path ?? '';
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (isSecure ? SECURE_PORT : PORT) : Number(url.port),
    isSecure,
    app: path === undefined ? app + url.search : app,
    name: path === undefined ? '' : name + url.search,
    tcUrl: `${url.protocol}//${url.host}/${app}`,
  };
}

function parseUrl(text: string): URL {
  try {
    // Of schemes that it does not know, URL takes host and port apart all the same.
    const url = new URL(text);
    if (/^rtmps?:$/.test(url.protocol) && url.hostname !== '') return url;
  } catch (error) {
    throw new ProtocolError('ERR_RTMP_URL', 'The RTMP address is not a URL', { cause: error });
  }
  throw new ProtocolError('ERR_RTMP_URL', 'An RTMP address is rtmp://host/app/name or rtmps://host/app/name');
}

function splitPath(pathname: string): { readonly app: string; readonly path: string | undefined } {
  const [first = '', second, ...rest] = pathname.replace(/^\/+/, '').split('/').map(decoded);
  if (second === undefined || rest.length === 0) return { app: first, path: second };
  return { app: `${first}/${second}`, path: rest.join('/') };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
