import { parseRtspUrl, type RtspUrl } from '@vedette/protocols';

/** How RTSP is carried: on a connection of its own, or inside something that firewalls let through. */
export type RtspCarrier = 'direct' | 'http' | 'websocket';

/** Where a camera is, and how it is spoken to. */
export interface RtspAddress {
  readonly carrier: RtspCarrier;
  /** The carrier's: RTSP itself is never encrypted again inside TLS. */
  readonly isSecure: boolean;
  /** As RTSP has it inside the carrier. */
  readonly url: RtspUrl;
}

const USUAL_PORTS = { false: 80, true: 443 } as const;

/**
 * Parses `rtsp://…`, `rtsps://…`, `rtsp+http(s)://…` and `rtsp+ws(s)://…`.
 *
 * @throws {ProtocolError} `ERR_RTSP_URL`.
 */
export function parseRtspAddress(text: string): RtspAddress {
  const [, scheme = '', rest = ''] = /^rtsp\+(https?|wss?):\/\/(.*)$/is.exec(text.trim()) ?? [];
  if (scheme === '') {
    const url = parseRtspUrl(text);
    return { carrier: 'direct', isSecure: url.isSecure, url };
  }
  const isSecure = /^(?:https|wss)$/i.test(scheme);
  const carrier = scheme.toLowerCase().startsWith('ws') ? 'websocket' : 'http';
  const url = parseRtspUrl(`rtsp://${rest}`);
  // The parser's port for RTSP stands where there is none.
  const [, authority = ''] = /^([^/?]*)/.exec(rest) ?? [];
  const hasPort = /:\d+$/.test(authority.slice(authority.lastIndexOf('@') + 1));
  const port = hasPort ? url.port : USUAL_PORTS[`${isSecure}`];
  return { carrier, isSecure, url: { ...url, port } };
}
