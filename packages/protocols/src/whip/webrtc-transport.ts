import { ProtocolError } from '@vedette/media';
import { parseSdp } from '../sdp/parse-sdp.ts';
import { serializeSdp, type MediaToWrite } from '../sdp/serialize-sdp.ts';
import { sdpAttribute, sdpAttributes, type SdpAttribute } from '../sdp/session-description.ts';
import { parseIceCandidate, serializeIceCandidate, type IceCandidate } from './ice-candidate.ts';
import type { IceCredentials, WebrtcOffer } from './webrtc-offer.ts';

/** Our end of a peer connection's transport. */
export interface WebrtcTransport {
  readonly ice: IceCredentials;
  readonly fingerprint: string;
  readonly candidates: readonly IceCandidate[];
}

/** Sections of the offer that the WebRTC library is given: the same for every peer. */
export const LIBRARY_VIDEO_MID = 'video';
/** Carries sound, and RTCP for both. */
export const LIBRARY_AUDIO_MID = 'audio';

/** What is sent in each section, so that the library hands it the reports on that. */
export interface LibrarySsrcs {
  readonly videoSsrc: number;
  readonly audioSsrc: number;
}

/** Payload types of the library's own sections. It checks none of those that are sent. */
const LIBRARY_VIDEO_FORMAT = 96;
const LIBRARY_AUDIO_FORMAT = 97;

/**
 * The offer as the WebRTC library gets it: the peer's transport, checked and written anew, and two
 * plain sections. What a stranger wrote never reaches native code, and codecs are settled between the
 * peer and us alone.
 *
 * `actpass` becomes `active`: the library then is the DTLS server, with which browsers agree on
 * AES-GCM, twice as fast as the AES-CM they would choose themselves.
 */
export function serializeLibraryOffer(offer: WebrtcOffer, { videoSsrc, audioSsrc }: LibrarySsrcs): string {
  return libraryOffer(offer, 'recvonly', [
    {
      mid: LIBRARY_VIDEO_MID,
      format: LIBRARY_VIDEO_FORMAT,
      rtpmap: 'H264/90000',
      own: [
        attribute('rtcp-fb', `${LIBRARY_VIDEO_FORMAT} nack`),
        attribute('rtcp-fb', `${LIBRARY_VIDEO_FORMAT} nack pli`),
        attribute('ssrc', `${videoSsrc} cname:v`),
      ],
    },
    {
      mid: LIBRARY_AUDIO_MID,
      format: LIBRARY_AUDIO_FORMAT,
      rtpmap: 'opus/48000/2',
      own: [attribute('ssrc', `${audioSsrc} cname:a`)],
    },
  ]);
}

/**
 * The same for a peer that sends: one section, to which the library then hands every packet there is,
 * whatever its SSRC. Pictures and sound are told apart by payload type, by us.
 */
export function serializeLibraryPublishOffer(offer: WebrtcOffer): string {
  return libraryOffer(offer, 'sendonly', [
    { mid: LIBRARY_VIDEO_MID, format: LIBRARY_VIDEO_FORMAT, rtpmap: 'H264/90000', own: [] },
  ]);
}

/**
 * The answer to an offer of the library's own, as it gets it: the peer's transport alone, written anew. Without
 * candidates, which it takes one by one: with them in the answer it sometimes looks for a transport that is not yet there.
 */
export function serializeLibraryAnswer(answer: WebrtcOffer, ssrcs: LibrarySsrcs): string {
  return serializeLibraryOffer({ ...answer, candidates: [] }, ssrcs);
}

interface LibrarySection {
  /** Also its kind. */
  readonly mid: typeof LIBRARY_VIDEO_MID | typeof LIBRARY_AUDIO_MID;
  readonly format: number;
  readonly rtpmap: string;
  readonly own: readonly SdpAttribute[];
}

function libraryOffer(
  offer: WebrtcOffer,
  direction: 'recvonly' | 'sendonly',
  sections: readonly LibrarySection[],
): string {
  const candidates = offer.candidates.map((candidate) =>
    attribute('candidate', serializeIceCandidate(candidate)),
  );
  return serializeSdp({
    origin: { username: '-', sessionId: '1', sessionVersion: '1', addressType: 'IP4', address: '0.0.0.0' },
    name: '-',
    attributes: [
      attribute('group', `BUNDLE ${sections.map(({ mid }) => mid).join(' ')}`),
      attribute('ice-ufrag', offer.ice.ufrag),
      attribute('ice-pwd', offer.ice.pwd),
      attribute('ice-options', 'trickle'),
      attribute('fingerprint', offer.fingerprint),
      attribute('setup', offer.setup === 'passive' ? 'passive' : 'active'),
    ],
    medias: sections.map(({ mid, format, rtpmap, own }, index): MediaToWrite => ({
      kind: mid,
      port: 9,
      protocol: 'UDP/TLS/RTP/SAVPF',
      formats: [format],
      connection: '0.0.0.0',
      attributes: [
        attribute('mid', mid),
        attribute(direction),
        attribute('rtcp-mux'),
        attribute('rtpmap', `${format} ${rtpmap}`),
        ...own,
        ...(index === 0 ? candidates : []),
      ],
    })),
  });
}

/**
 * Reads our transport out of the description that the library made.
 *
 * @throws {ProtocolError} `ERR_WEBRTC_TRANSPORT`: something is missing; the library has failed.
 */
export function parseLibraryAnswer(text: string): WebrtcTransport {
  const session = parseSdp(text);
  const [media] = session.medias;
  const parts = media === undefined ? [session] : [media, session];
  const find = (name: string): string | undefined =>
    parts.map((part) => sdpAttribute(part, name)).find((value) => value !== undefined);
  const ufrag = find('ice-ufrag');
  const pwd = find('ice-pwd');
  const fingerprint = find('fingerprint');
  const candidates = parts
    .flatMap((part) => sdpAttributes(part, 'candidate'))
    .map(parseIceCandidate)
    .filter((candidate) => candidate !== undefined);
  if (ufrag === undefined || pwd === undefined || fingerprint === undefined || candidates.length === 0) {
    throw new ProtocolError(
      'ERR_WEBRTC_TRANSPORT',
      'No address was found under which browsers could reach us',
    );
  }
  return { ice: { ufrag, pwd }, fingerprint, candidates };
}

/** Our transport with further addresses of this host, as NAT and containers need them, at the same port. */
export function withAnnouncedAddresses(
  transport: WebrtcTransport,
  addresses: readonly string[],
): WebrtcTransport {
  const [first] = transport.candidates;
  if (first === undefined) return transport;
  const known = new Set(transport.candidates.map(({ address }) => address));
  const announced = addresses
    .filter((address) => !known.has(address))
    .map((address, index) => ({
      ...first,
      foundation: `announced${index}`,
      // Below those that are bound, above anything relayed.
      priority: Math.max(1, first.priority - 256 * (index + 1)),
      address,
    }));
  return { ...transport, candidates: [...transport.candidates, ...announced] };
}

function attribute(name: string, value?: string): SdpAttribute {
  return { name, value };
}
