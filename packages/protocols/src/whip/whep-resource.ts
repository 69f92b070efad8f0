/** The HTTP rules of WHEP and WHIP resources (RFC 9725 §4), without HTTP: headers in, a verdict out. */

export const SDP_TYPE = 'application/sdp';
export const ICE_FRAGMENT_TYPE = 'application/trickle-ice-sdpfrag';

/** Status codes by which a request is refused before its body is looked at. */
export type WhepRefusal =
  /** The answer can't be what `Accept` asks for. */
  | 406
  /** The session was found in another state than `If-Match` says. */
  | 412
  /** The body is of another type. */
  | 415
  /** ICE restarts are not supported (§4.3.3). */
  | 422;

/** Whether an offer may be posted with these headers. */
export function refuseOffer(headers: {
  readonly contentType: string | undefined;
  readonly accept: string | undefined;
}): WhepRefusal | undefined {
  if (mediaType(headers.contentType) !== SDP_TYPE) return 415;
  return accepts(headers.accept, SDP_TYPE) ? undefined : 406;
}

/**
 * Whether a fragment may be patched in with these headers. `If-Match` should be there (§4.3.1); players
 * that leave it out mean no harm, since without ICE restarts a session never changes its tag.
 */
export function refuseFragment(headers: {
  readonly contentType: string | undefined;
  readonly ifMatch: string | undefined;
  readonly etag: string;
}): WhepRefusal | undefined {
  if (mediaType(headers.contentType) !== ICE_FRAGMENT_TYPE) return 415;
  const { ifMatch, etag } = headers;
  if (ifMatch === undefined) return undefined;
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  if (tags.includes('*')) return 422;
  return tags.includes(etag) ? undefined : 412;
}

function mediaType(header: string | undefined): string {
  return (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

function accepts(header: string | undefined, type: string): boolean {
  if (header === undefined || header.trim() === '') return true;
  const [group = ''] = type.split('/');
  return header.split(',').some((range) => {
    const name = mediaType(range);
    const isRefused = /;\s*q=0(?:\.0{0,3})?\s*(?:;|$)/.test(range);
    return !isRefused && (name === '*/*' || name === `${group}/*` || name === type);
  });
}

/** A STUN or TURN server for the peer's use, as browsers' `RTCIceServer`. */
export interface IceServer {
  readonly urls: string;
  readonly username?: string | undefined;
  readonly credential?: string | undefined;
}

/** Value of the `Link` header that tells peers of ICE servers (RFC 9725 §4.6); `undefined` without any. */
export function iceServerLinks(servers: readonly IceServer[]): string | undefined {
  if (servers.length === 0) return undefined;
  return servers
    .map(({ urls, username, credential }) => {
      const parameters = ['rel="ice-server"'];
      if (username !== undefined && credential !== undefined) {
        parameters.push(`username=${quoted(username)}`, `credential=${quoted(credential)}`);
        parameters.push('credential-type="password"');
      }
      return `<${urls.replaceAll(/[<>\s]/g, '')}>; ${parameters.join('; ')}`;
    })
    .join(', ');
}

/** A quoted string (RFC 9110 §5.6.4). */
function quoted(text: string): string {
  return `"${text.replaceAll(/[\x00-\x1f\x7f]/g, '').replaceAll(/["\\]/g, '\\$&')}"`;
}
