import { ProtocolError } from '@vedette/media';
import { parseFormatParameters, type FormatParameters } from '../rtp/format-parameters.ts';
import { parseSdp } from '../sdp/parse-sdp.ts';
import {
  sdpAttribute,
  sdpAttributes,
  type MediaDescription,
  type RtpMap,
  type SdpDirection,
  type SessionDescription,
} from '../sdp/session-description.ts';
import { parseIceCandidate, type IceCandidate } from './ice-candidate.ts';

export const WEBRTC_OFFER_LIMITS = {
  /** Characters of an offer or a fragment. */
  length: 64 * 1024,
  /** `m=` sections. */
  sections: 16,
  /** Addresses of a peer that are looked at; further ones are left out. */
  candidates: 32,
} as const;

/** What a peer proves its ICE messages with (RFC 8839 §5.4). */
export interface IceCredentials {
  readonly ufrag: string;
  readonly pwd: string;
}

/** One way to receive media that the peer offers, as `a=rtpmap` and `a=fmtp` describe it. */
export interface OfferedFormat extends RtpMap {
  /** `a=fmtp` as written; the answer repeats it. */
  readonly fmtp: string | undefined;
  readonly parameters: FormatParameters;
  /** Feedback the peer can give, e.g. `nack pli`. */
  readonly feedback: readonly string[];
}

/** One `m=` section of an offer. */
export interface OfferedSection {
  /** `audio`, `video`, `application`. */
  readonly kind: string;
  readonly protocol: string;
  readonly mid: string | undefined;
  readonly direction: SdpDirection;
  /** In the one transport that all sections share; others are refused. */
  readonly isBundled: boolean;
  /** As the `m=` line lists them; the answer to a section that is not served repeats the first. */
  readonly formatNames: readonly string[];
  readonly formats: readonly OfferedFormat[];
  /** Header extension ids by their address (RFC 8285 §5). */
  readonly extensions: ReadonlyMap<string, number>;
  /** RTCP without a full compound is understood (RFC 5506). */
  readonly hasReducedRtcp: boolean;
}

/** A browser's (or player's) offer to receive, checked. */
export interface WebrtcOffer {
  readonly ice: IceCredentials;
  /** `sha-256 AB:CD:…`. */
  readonly fingerprint: string;
  /** Part the peer wants in DTLS: `actpass` leaves the choice. */
  readonly setup: 'actpass' | 'active' | 'passive';
  readonly candidates: readonly IceCandidate[];
  readonly sections: readonly OfferedSection[];
}

const FINGERPRINT_BYTES: Readonly<Record<string, number>> = { 'sha-256': 32, 'sha-384': 48, 'sha-512': 64 };
const TOKEN = /^[!#$%&'*+\-.^_`{|}~\w]{1,256}$/;

/**
 * Parses an offer for WHEP or WHIP (RFC 9725 §4.2, RFC 8829): one transport for everything (BUNDLE),
 * RTP and RTCP together.
 *
 * @throws {ProtocolError} `ERR_SDP_…`: it is no SDP; `ERR_WEBRTC_OFFER`: it is no WebRTC offer, or over
 * {@link WEBRTC_OFFER_LIMITS}; `ERR_WEBRTC_BUNDLE`: it asks for more than one transport.
 */
export function parseWebrtcOffer(text: string): WebrtcOffer {
  if (text.length > WEBRTC_OFFER_LIMITS.length) throw badOffer(`it has more than 65,536 characters`);
  const session = parseSdp(text);
  const { medias } = session;
  if (medias.length === 0) throw badOffer('it has no media section');
  if (medias.length > WEBRTC_OFFER_LIMITS.sections) throw badOffer('it has more than 16 media sections');
  const bundle = bundleOf(session);
  const sections = medias.map((media) => sectionOf(media, bundle));
  const transport = medias[sections.findIndex(({ isBundled }) => isBundled)];
  if (transport === undefined) throw badOffer('none of its sections is in use');
  checkMultiplexing(medias, sections);
  return {
    ice: iceOf(session, transport),
    fingerprint: fingerprintOf(session, transport),
    setup: setupOf(session, transport),
    candidates: candidatesOf(session),
    sections,
  };
}

/**
 * The mids of the first bundle (RFC 9143); `undefined` where a section stands alone and needs none.
 *
 * @throws {ProtocolError} `ERR_WEBRTC_BUNDLE`: several sections, and no bundle.
 */
function bundleOf(session: SessionDescription): ReadonlySet<string> | undefined {
  const group = sdpAttributes(session, 'group').find((value) => /^BUNDLE( |$)/.test(value));
  if (group !== undefined) return new Set(group.split(' ').slice(1));
  if (session.medias.length === 1) return undefined;
  throw new ProtocolError('ERR_WEBRTC_BUNDLE', 'The offer must bundle its sections (a=group:BUNDLE)');
}

function checkMultiplexing(medias: readonly MediaDescription[], sections: readonly OfferedSection[]): void {
  for (const [index, media] of medias.entries()) {
    const isMedia = sections[index]?.isBundled === true && media.kind !== 'application';
    if (isMedia && sdpAttribute(media, 'rtcp-mux') === undefined) {
      throw new ProtocolError('ERR_WEBRTC_BUNDLE', 'The offer must have a=rtcp-mux in every section');
    }
  }
}

function sectionOf(media: MediaDescription, bundle: ReadonlySet<string> | undefined): OfferedSection {
  const { kind, protocol, direction, mid, formats, port } = media;
  if (!/^[\w-]{1,32}$/.test(kind) || !/^[\w/-]{1,64}$/.test(protocol)) {
    throw badOffer('it has a section of no known kind');
  }
  if (mid !== undefined && !TOKEN.test(mid)) throw badOffer('it has a section with a bad a=mid');
  const isRefused = port === 0 && sdpAttribute(media, 'bundle-only') === undefined;
  return {
    kind,
    protocol,
    mid,
    direction,
    isBundled: !isRefused && (bundle === undefined || (mid !== undefined && bundle.has(mid))),
    formatNames: formats.filter((name) => TOKEN.test(name)),
    formats: formatsOf(media),
    extensions: extensionsOf(media),
    hasReducedRtcp: sdpAttribute(media, 'rtcp-rsize') !== undefined,
  };
}

/** G.711 may stand by its static payload type alone (RFC 3551 §6). */
const STATIC_FORMATS: readonly RtpMap[] = [
  { payloadType: 0, encoding: 'PCMU', clockRate: 8000, channels: 1 },
  { payloadType: 8, encoding: 'PCMA', clockRate: 8000, channels: 1 },
];

function formatsOf(media: MediaDescription): OfferedFormat[] {
  const feedback = sdpAttributes(media, 'rtcp-fb').map((value) => value.split(' '));
  const found: OfferedFormat[] = [];
  for (const payloadType of media.payloadTypes) {
    const map = [...media.rtpmaps, ...STATIC_FORMATS].find((known) => known.payloadType === payloadType);
    if (map === undefined) continue;
    const fmtp = media.fmtps.get(payloadType);
    found.push({
      ...map,
      fmtp,
      parameters: parseFormatParameters(fmtp ?? ''),
      feedback: feedback
        .filter(([target]) => target === '*' || target === String(payloadType))
        .map(([, ...kind]) => kind.join(' ')),
    });
  }
  return found;
}

/** Of an address that stands twice, as browsers do for one- and two-byte forms, the first counts. */
function extensionsOf(media: MediaDescription): Map<string, number> {
  const ids = new Map<string, number>();
  for (const value of sdpAttributes(media, 'extmap')) {
    const [, id, uri] = /^(\d{1,3})(?:\/\w+)? (\S{1,256})/.exec(value) ?? [];
    if (uri !== undefined && !ids.has(uri)) ids.set(uri, Number(id));
  }
  return ids;
}

function iceOf(session: SessionDescription, media: MediaDescription): IceCredentials {
  const ufrag = sdpAttribute(media, 'ice-ufrag') ?? sdpAttribute(session, 'ice-ufrag') ?? '';
  const pwd = sdpAttribute(media, 'ice-pwd') ?? sdpAttribute(session, 'ice-pwd') ?? '';
  if (!isIceUfrag(ufrag) || !isIcePwd(pwd)) throw badOffer('it has no valid a=ice-ufrag and a=ice-pwd');
  return { ufrag, pwd };
}

function isIceUfrag(text: string): boolean {
  return /^[\w+/=-]{4,256}$/.test(text);
}

function isIcePwd(text: string): boolean {
  return /^[\w+/=-]{22,256}$/.test(text);
}

function fingerprintOf(session: SessionDescription, media: MediaDescription): string {
  for (const value of [...sdpAttributes(media, 'fingerprint'), ...sdpAttributes(session, 'fingerprint')]) {
    const [algorithm = '', digest = ''] = value.split(' ');
    const bytes = FINGERPRINT_BYTES[algorithm.toLowerCase()];
    const isDigest = /^[0-9A-F]{2}(?::[0-9A-F]{2})*$/i.test(digest);
    if (bytes !== undefined && isDigest && digest.length === bytes * 3 - 1) {
      return `${algorithm.toLowerCase()} ${digest.toUpperCase()}`;
    }
  }
  throw badOffer('it has no a=fingerprint with SHA-256 or better');
}

function setupOf(session: SessionDescription, media: MediaDescription): WebrtcOffer['setup'] {
  const setup = sdpAttribute(media, 'setup') ?? sdpAttribute(session, 'setup') ?? 'actpass';
  if (setup !== 'actpass' && setup !== 'active' && setup !== 'passive') {
    throw badOffer('its a=setup is none of actpass, active, passive');
  }
  return setup;
}

function candidatesOf(session: SessionDescription): IceCandidate[] {
  const lines = [session, ...session.medias].flatMap((part) => sdpAttributes(part, 'candidate'));
  const byAddress = new Map<string, IceCandidate>();
  for (const line of lines) {
    if (byAddress.size === WEBRTC_OFFER_LIMITS.candidates) break;
    const candidate = parseIceCandidate(line);
    // Component 2 is RTCP of its own, which rtcp-mux does without.
    if (candidate?.component === 1) byAddress.set(`${candidate.address} ${candidate.port}`, candidate);
  }
  return [...byAddress.values()];
}

function badOffer(why: string): ProtocolError {
  return new ProtocolError('ERR_WEBRTC_OFFER', `This is no WebRTC offer: ${why}`);
}
