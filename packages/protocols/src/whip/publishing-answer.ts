import { TRANSPORT_SEQUENCE_URI } from '../rtp/transport-arrivals.ts';
import type { MediaToWrite } from '../sdp/serialize-sdp.ts';
import type { SdpAttribute } from '../sdp/session-description.ts';
import type { PublishingPlan, ReceivedMedia } from './publishing-plan.ts';
import { attribute, midOf, rtpmapOf, serializeAnswer } from './webrtc-answer.ts';
import type { OfferedFormat, OfferedSection, WebrtcOffer } from './webrtc-offer.ts';
import type { WebrtcTransport } from './webrtc-transport.ts';

/** Feedback that we give where the peer acts on it. */
const FEEDBACK = ['nack', 'nack pli', 'ccm fir'];

/**
 * Answers an offer to publish (RFC 9725 §4.2): what `plan` has is received, one codec a section and, where
 * simulcast was offered, one layer (RFC 8853 §5.3.2: an answer without it refuses it).
 *
 * @param sessionId `o=` session id, digits.
 */
export function serializePublishingAnswer(
  offer: WebrtcOffer,
  plan: PublishingPlan,
  transport: WebrtcTransport,
  sessionId: string,
): string {
  return serializeAnswer(offer, transport, sessionId, (section, index, shared) => {
    const media = [plan.video, plan.audio].find((planned) => planned?.sectionIndex === index);
    return media && receivedSection(section, shared, media);
  });
}

function receivedSection(
  section: OfferedSection,
  shared: readonly SdpAttribute[],
  media: ReceivedMedia,
): MediaToWrite {
  const { format, retransmission, transportSequenceId } = media;
  const formats = [format, ...(retransmission === undefined ? [] : [retransmission])];
  return {
    kind: section.kind,
    port: 9,
    protocol: section.protocol,
    formats: formats.map(({ payloadType }) => payloadType),
    connection: '0.0.0.0',
    attributes: [
      ...midOf(section),
      attribute('recvonly'),
      ...shared,
      ...(section.hasReducedRtcp ? [attribute('rtcp-rsize')] : []),
      ...(transportSequenceId === 0
        ? []
        : [attribute('extmap', `${transportSequenceId} ${TRANSPORT_SEQUENCE_URI}`)]),
      ...formats.flatMap((each) => formatAttributes(each)),
      ...feedbackOf(media).map((kind) => attribute('rtcp-fb', `${format.payloadType} ${kind}`)),
    ],
  };
}

function formatAttributes(format: OfferedFormat): SdpAttribute[] {
  const { payloadType } = format;
  const fmtp = fmtpOf(format);
  return [
    attribute('rtpmap', `${payloadType} ${rtpmapOf(format)}`),
    ...(fmtp === undefined ? [] : [attribute('fmtp', `${payloadType} ${fmtp}`)]),
  ];
}

/** What was offered; and that Opus may be stereo, which encoders otherwise mix down (RFC 7587 §6.1). */
function fmtpOf({ encoding, fmtp }: OfferedFormat): string | undefined {
  if (encoding.toLowerCase() !== 'opus' || fmtp?.includes('stereo=') === true) return fmtp;
  return `${fmtp === undefined ? '' : `${fmtp};`}stereo=1`;
}

/** Transport-wide feedback says more than an estimate of ours: only where it is missing we estimate. */
function feedbackOf({ format: { feedback }, transportSequenceId }: ReceivedMedia): string[] {
  const congestion = transportSequenceId === 0 ? 'goog-remb' : 'transport-cc';
  return [...FEEDBACK, congestion].filter((kind) => feedback.includes(kind));
}
