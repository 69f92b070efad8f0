import type { Track } from '@vedette/media';
import { PLAYOUT_DELAY_URI } from '../rtp/header-extension.ts';
import { TRANSPORT_SEQUENCE_URI } from '../rtp/transport-arrivals.ts';
import { serializeSdp, type MediaToWrite } from '../sdp/serialize-sdp.ts';
import type { SdpAttribute } from '../sdp/session-description.ts';
import { serializeIceCandidate } from './ice-candidate.ts';
import { playoutDelayId, transportSequenceId, type PlannedMedia, type ViewingPlan } from './viewing-plan.ts';
import type { OfferedFormat, OfferedSection, WebrtcOffer } from './webrtc-offer.ts';
import type { WebrtcTransport } from './webrtc-transport.ts';

export interface AnswerOptions {
  /** `o=` session id, digits. */
  readonly sessionId: string;
  /** Name that ties sound and pictures to one clock (RFC 3550 §6.5.1). */
  readonly cname: string;
  readonly videoSsrc: number;
  readonly audioSsrc: number;
}

/** Feedback that we act on, where the peer can give it. */
const FEEDBACK = new Set(['nack', 'nack pli', 'ccm fir']);

/**
 * Answers an offer to view (RFC 8829 §5.3): what `plan` has is sent in its section, other media
 * sections are inactive, those outside the bundle and data channels are refused. All candidates are
 * in it: nothing of ours trickles.
 */
export function serializeWebrtcAnswer(
  offer: WebrtcOffer,
  plan: ViewingPlan,
  transport: WebrtcTransport,
  options: AnswerOptions,
): string {
  return serializeAnswer(offer, transport, options.sessionId, (section, index, shared) => {
    if (plan.video?.sectionIndex === index) {
      return sentSection(section, shared, plan.video, 'video', options.videoSsrc, options.cname);
    }
    if (plan.audio?.sectionIndex === index) {
      return sentSection(section, shared, plan.audio, 'audio', options.audioSsrc, options.cname);
    }
    return undefined;
  });
}

/**
 * An answer, section by section.
 *
 * @param serve what the answer has in a section that could be served, given what all such sections share;
 * `undefined` leaves it inactive.
 */
export function serializeAnswer(
  offer: WebrtcOffer,
  transport: WebrtcTransport,
  sessionId: string,
  serve: (
    section: OfferedSection,
    index: number,
    shared: readonly SdpAttribute[],
  ) => MediaToWrite | undefined,
): string {
  const answered = offer.sections.filter(isAnswered);
  const medias = offer.sections.map((section, index) => {
    if (!isAnswered(section)) return refusedSection(section);
    // The first carries the transport for all of the bundle (RFC 9143 §7.3.3).
    const shared = transportAttributes(offer, transport, section === answered[0]);
    return serve(section, index, shared) ?? inactiveSection(section, shared);
  });
  const mids = answered.flatMap(({ mid }) => mid ?? []);
  return serializeSdp({
    origin: { username: '-', sessionId, sessionVersion: '1', addressType: 'IP4', address: '0.0.0.0' },
    name: '-',
    attributes: [
      ...(mids.length === 0 ? [] : [attribute('group', `BUNDLE ${mids.join(' ')}`)]),
      attribute('msid-semantic', 'WMS *'),
    ],
    medias,
  });
}

function isAnswered({ isBundled, kind }: OfferedSection): boolean {
  return isBundled && (kind === 'video' || kind === 'audio');
}

function transportAttributes(
  { setup }: WebrtcOffer,
  { ice, fingerprint, candidates }: WebrtcTransport,
  hasCandidates: boolean,
): SdpAttribute[] {
  return [
    attribute('ice-ufrag', ice.ufrag),
    attribute('ice-pwd', ice.pwd),
    attribute('ice-options', 'trickle'),
    attribute('fingerprint', fingerprint),
    attribute('setup', setup === 'passive' ? 'active' : 'passive'),
    attribute('rtcp-mux'),
    ...(hasCandidates
      ? [
          ...candidates.map((candidate) => attribute('candidate', serializeIceCandidate(candidate))),
          attribute('end-of-candidates'),
        ]
      : []),
  ];
}

function sentSection(
  section: OfferedSection,
  shared: readonly SdpAttribute[],
  { format, track }: PlannedMedia<Track>,
  name: string,
  ssrc: number,
  cname: string,
): MediaToWrite {
  const { payloadType } = format;
  const fmtp = fmtpOf(format, track);
  const isVideo = section.kind === 'video';
  const delayId = isVideo ? playoutDelayId(section) : 0;
  const sequenceId = isVideo ? transportSequenceId(section, format) : 0;
  return {
    kind: section.kind,
    port: 9,
    protocol: section.protocol,
    formats: [payloadType],
    connection: '0.0.0.0',
    attributes: [
      ...midOf(section),
      attribute('sendonly'),
      ...shared,
      ...(section.hasReducedRtcp ? [attribute('rtcp-rsize')] : []),
      attribute('rtpmap', `${payloadType} ${rtpmapOf(format)}`),
      ...(fmtp === undefined ? [] : [attribute('fmtp', `${payloadType} ${fmtp}`)]),
      ...format.feedback
        .filter((kind) => FEEDBACK.has(kind) || (kind === 'transport-cc' && sequenceId > 0))
        .map((kind) => attribute('rtcp-fb', `${payloadType} ${kind}`)),
      ...(delayId === 0 ? [] : [attribute('extmap', `${delayId} ${PLAYOUT_DELAY_URI}`)]),
      ...(sequenceId === 0 ? [] : [attribute('extmap', `${sequenceId} ${TRANSPORT_SEQUENCE_URI}`)]),
      // One stream for both: players then keep lips and voice together.
      attribute('msid', `live ${name}`),
      attribute('ssrc', `${ssrc} cname:${cname}`),
    ],
  };
}

export function rtpmapOf({ encoding, clockRate, channels }: OfferedFormat): string {
  return `${encoding}/${clockRate}${channels > 1 ? `/${channels}` : ''}`;
}

/** What was offered, and for Opus in stereo that it is (RFC 7587 §6.1). */
function fmtpOf({ fmtp }: OfferedFormat, track: Track): string | undefined {
  if (track.kind !== 'audio' || track.codec === 'pcmu' || track.codec === 'pcma') return fmtp;
  if (track.channels < 2 || fmtp?.includes('stereo=') === true) return fmtp;
  return `${fmtp === undefined ? '' : `${fmtp};`}stereo=1;sprop-stereo=1`;
}

function inactiveSection(section: OfferedSection, shared: readonly SdpAttribute[]): MediaToWrite {
  const [format] = section.formats;
  return {
    kind: section.kind,
    port: 9,
    protocol: section.protocol,
    formats: [format?.payloadType ?? section.formatNames[0] ?? 0],
    connection: '0.0.0.0',
    attributes: [
      ...midOf(section),
      attribute('inactive'),
      ...shared,
      ...(format === undefined ? [] : [attribute('rtpmap', `${format.payloadType} ${rtpmapOf(format)}`)]),
    ],
  };
}

/** RFC 8829 §5.3.1: port 0, and out of the bundle. */
function refusedSection(section: OfferedSection): MediaToWrite {
  return {
    kind: section.kind,
    port: 0,
    protocol: section.protocol,
    formats: [section.formatNames[0] ?? 0],
    connection: '0.0.0.0',
    attributes: [...midOf(section), attribute('inactive')],
  };
}

export function midOf({ mid }: OfferedSection): SdpAttribute[] {
  return mid === undefined ? [] : [attribute('mid', mid)];
}

export function attribute(name: string, value?: string): SdpAttribute {
  return { name, value };
}
