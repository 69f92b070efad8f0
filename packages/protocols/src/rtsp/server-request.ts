import { ProtocolError } from '@vedette/media';

import type { RtspMethod, RtspRequest } from './rtsp-message.ts';
import { nextServerState, setupTracks, type ServerSessionState, type SetupTrack } from './server-session.ts';
import { parseTransports, type RtpRtcpPair, type RtspTransport } from './transport-header.ts';

/** Why a request is not served: the status and headers of the answer. Make it with `rtspResponse`. */
export interface RtspRefusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The methods that a Vedette server offers, as `Public` lists them. */
export const SERVER_METHODS: readonly RtspMethod[] = [
  'OPTIONS',
  'DESCRIBE',
  'ANNOUNCE',
  'SETUP',
  'PLAY',
  'PAUSE',
  'RECORD',
  'TEARDOWN',
  'GET_PARAMETER',
  'SET_PARAMETER',
];

const KNOWN_METHODS: ReadonlySet<string> = new Set([...SERVER_METHODS, 'REDIRECT']);
const NEEDS_SESSION: ReadonlySet<string> = new Set(['PLAY', 'PAUSE', 'RECORD', 'TEARDOWN']);

/**
 * The checks that need no knowledge of cameras, in the order of RFC 2326: version (505), CSeq (400), required
 * options (551), method (501, 405), session (454), state (455).
 *
 * @param session id and state of this connection's session; the id is `undefined` before the first SETUP.
 * @returns `undefined` when the request may go on.
 */
export function refuseRequest(
  request: RtspRequest,
  session: { readonly id: string | undefined; readonly state: ServerSessionState },
): RtspRefusal | undefined {
  if (request.version !== '1.0') return { status: 505 };
  if (!/^\d{1,10}$/.test(request.headers.get('CSeq') ?? '')) return { status: 400 };
  const required = [...request.headers.getAll('Require'), ...request.headers.getAll('Proxy-Require')];
  if (required.length > 0) return { status: 551, headers: { Unsupported: required.join(', ') } };
  if (!KNOWN_METHODS.has(request.method)) return { status: 501 };
  if (request.method === 'REDIRECT') return { status: 405, headers: { Allow: SERVER_METHODS.join(', ') } };
  if (request.url === '*' && request.method !== 'OPTIONS') return { status: 400 };
  return refuseSession(request, session.id) ?? refuseMethod(request.method, session.state);
}

function refuseSession(request: RtspRequest, id: string | undefined): RtspRefusal | undefined {
  const named = request.headers.get('Session')?.split(';', 1)[0]?.trim();
  if (named === undefined)
    return id === undefined && NEEDS_SESSION.has(request.method) ? { status: 454 } : undefined;
  return named === id ? undefined : { status: 454 };
}

function refuseMethod(method: string, state: ServerSessionState): RtspRefusal | undefined {
  if (method === 'SETUP') {
    return state.name === 'playing' || state.name === 'recording' || state.name === 'closed'
      ? { status: 455 }
      : undefined;
  }
  const type = (
    { ANNOUNCE: 'announce', PLAY: 'play', PAUSE: 'pause', RECORD: 'record', TEARDOWN: 'teardown' } as const
  )[method];
  return type !== undefined && nextServerState(state, { type }) === undefined ? { status: 455 } : undefined;
}

export interface SetupPolicy {
  /** Place of the media that the request's URL names, from 0. */
  readonly media: number;
  /** Whether RTP over UDP is offered; never on a TLS connection, where it would go out in the clear. */
  readonly allowsUdp: boolean;
}

/**
 * Chooses the transport of a SETUP among the client's alternatives, in the client's order.
 *
 * Taken: `RTP/AVP` unicast, by TCP interleaved or by UDP. `destination` is never followed, so that nobody can
 * aim a stream at a third party (RFC 2326 §16). All tracks of a session use one lower transport.
 *
 * @returns the track for `nextServerState`; a UDP transport still lacks `serverPort`. Or a refusal: 400 for a
 * missing or malformed header, or channels already taken; 461 when no alternative will do.
 */
export function decideSetup(
  request: RtspRequest,
  state: ServerSessionState,
  policy: SetupPolicy,
): SetupTrack | RtspRefusal {
  let alternatives: readonly RtspTransport[];
  try {
    alternatives = parseTransports(request.headers.getAll('Transport').join(','));
  } catch (error) {
    if (error instanceof ProtocolError) return { status: 400 };
    throw error;
  }
  const others = setupTracks(state).filter(({ media }) => media !== policy.media);
  const isRecord = state.name === 'announced' || state.name === 'preRecord';
  const chosen = alternatives.find((one) => isUsable(one, policy, isRecord, others));
  if (chosen === undefined) return { status: request.headers.has('Transport') ? 461 : 400 };

  const common = { profile: chosen.profile, lower: chosen.lower, delivery: chosen.delivery } as const;
  const mode = chosen.mode === undefined ? {} : { mode: chosen.mode };
  if (chosen.lower === 'udp' && chosen.clientPort !== undefined) {
    return { media: policy.media, transport: { ...common, clientPort: chosen.clientPort, ...mode } };
  }
  const interleaved = chosen.interleaved ?? freeChannels(others);
  if (interleaved === undefined || isTaken(interleaved, others)) return { status: 400 };
  return { media: policy.media, transport: { ...common, interleaved, ...mode } };
}

/** Tells the two results of `decideSetup` apart. */
export function isRefusal(result: SetupTrack | RtspRefusal): result is RtspRefusal {
  return 'status' in result;
}

function isUsable(
  transport: RtspTransport,
  { allowsUdp }: SetupPolicy,
  isRecord: boolean,
  others: readonly SetupTrack[],
): boolean {
  if (transport.delivery === 'multicast' || !/^RTP\/AVPF?$/.test(transport.profile)) return false;
  if (transport.mode !== undefined && (transport.mode === 'record') !== isRecord) return false;
  if (others.some((other) => other.transport.lower !== transport.lower)) return false;
  if (transport.lower === 'tcp') return true;
  const [rtp, rtcp] = transport.clientPort ?? [0, 0];
  return allowsUdp && rtp > 0 && rtcp > 0 && rtp !== rtcp;
}

function isTaken([rtp, rtcp]: RtpRtcpPair, others: readonly SetupTrack[]): boolean {
  return (
    rtp === rtcp ||
    others.some(({ transport }) => {
      const taken: readonly number[] = transport.interleaved ?? [];
      return taken.includes(rtp) || taken.includes(rtcp);
    })
  );
}

function freeChannels(others: readonly SetupTrack[]): RtpRtcpPair | undefined {
  for (let rtp = 0; rtp < 255; rtp += 2) {
    if (!isTaken([rtp, rtp + 1], others)) return [rtp, rtp + 1];
  }
  return undefined;
}
