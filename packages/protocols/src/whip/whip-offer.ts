import { ProtocolError, type H264Track, type Track } from '@vedette/media';
import { serializeSdp, type MediaToWrite } from '../sdp/serialize-sdp.ts';
import type { SdpAttribute } from '../sdp/session-description.ts';
import { serializeIceCandidate } from './ice-candidate.ts';
import { attribute, type AnswerOptions } from './webrtc-answer.ts';
import { parseWebrtcOffer, type OfferedSection, type WebrtcOffer } from './webrtc-offer.ts';
import type { WebrtcTransport } from './webrtc-transport.ts';

/** Payload types that are offered. */
const OPUS_FORMAT = 111;
const H264_FORMAT = 96;
const H264_FALLBACK_FORMAT = 97;
/** Constrained Baseline, level 3.1: what RFC 7742 §6.2 demands of every endpoint. */
const H264_FALLBACK_PROFILE = '42e01f';

const VIDEO_MID = '0';
const AUDIO_MID = '1';

/** What a WHIP server takes, in the terms of an offer to receive: so that sending is planned as for viewers. */
export type WhipAnswer = WebrtcOffer;

/**
 * The offer to publish with (RFC 9725 §4.2): the first H.264 and the first Opus track, sent only, in one
 * transport, with every address of ours in it.
 *
 * H.264 is offered in its own profile, and as Constrained Baseline to those that know no other by name: decoders
 * mind what comes.
 *
 * @throws {ProtocolError} `ERR_WEBRTC_NO_MEDIA`: none of the tracks can be offered.
 */
export function serializeWhipOffer(
  tracks: readonly Track[],
  transport: WebrtcTransport,
  options: AnswerOptions,
): string {
  const video = tracks.find((track) => track.codec === 'h264');
  const audio = tracks.find((track) => track.codec === 'opus');
  const sections: Omit<MediaToWrite, 'port' | 'protocol' | 'connection'>[] = [];
  if (video !== undefined) sections.push(videoSection(video, options));
  if (audio !== undefined) sections.push(audioSection(options));
  if (sections.length === 0) {
    throw new ProtocolError('ERR_WEBRTC_NO_MEDIA', 'There is neither H.264 nor Opus to publish');
  }
  const mids = [...(video === undefined ? [] : [VIDEO_MID]), ...(audio === undefined ? [] : [AUDIO_MID])];
  return serializeSdp({
    origin: {
      username: '-',
      sessionId: options.sessionId,
      sessionVersion: '1',
      addressType: 'IP4',
      address: '0.0.0.0',
    },
    name: '-',
    attributes: [attribute('group', `BUNDLE ${mids.join(' ')}`), attribute('msid-semantic', 'WMS *')],
    medias: sections.map((section, index) => ({
      ...section,
      port: 9,
      protocol: 'UDP/TLS/RTP/SAVPF',
      connection: '0.0.0.0',
      attributes: [
        attribute('mid', mids[index]),
        attribute('sendonly'),
        ...transportAttributes(transport, index === 0),
        ...section.attributes,
      ],
    })),
  });
}

function transportAttributes(
  { ice, fingerprint, candidates }: WebrtcTransport,
  isFirst: boolean,
): SdpAttribute[] {
  const addresses = candidates.map((candidate) => attribute('candidate', serializeIceCandidate(candidate)));
  return [
    attribute('ice-ufrag', ice.ufrag),
    attribute('ice-pwd', ice.pwd),
    attribute('fingerprint', fingerprint),
    attribute('setup', 'actpass'),
    attribute('rtcp-mux'),
    attribute('rtcp-rsize'),
    // One transport, carried by the first section (RFC 9143 §7.2).
    ...(isFirst ? [...addresses, attribute('end-of-candidates')] : []),
  ];
}

function videoSection({ video }: H264Track, { videoSsrc, cname }: AnswerOptions) {
  const own = video.codecString.slice('avc1.'.length).toLowerCase();
  const profiles = own === H264_FALLBACK_PROFILE ? [own] : [own, H264_FALLBACK_PROFILE];
  const formats = [H264_FORMAT, H264_FALLBACK_FORMAT].slice(0, profiles.length);
  return {
    kind: 'video',
    formats,
    attributes: [
      ...formats.flatMap((format, index) => [
        attribute('rtpmap', `${format} H264/90000`),
        attribute(
          'fmtp',
          `${format} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=${profiles[index] ?? own}`,
        ),
        attribute('rtcp-fb', `${format} nack`),
        attribute('rtcp-fb', `${format} nack pli`),
        attribute('rtcp-fb', `${format} ccm fir`),
      ]),
      attribute('msid', 'live video'),
      attribute('ssrc', `${videoSsrc} cname:${cname}`),
    ],
  };
}

function audioSection({ audioSsrc, cname }: AnswerOptions) {
  return {
    kind: 'audio',
    formats: [OPUS_FORMAT],
    attributes: [
      attribute('rtpmap', `${OPUS_FORMAT} opus/48000/2`),
      attribute('fmtp', `${OPUS_FORMAT} minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1`),
      attribute('msid', 'live audio'),
      attribute('ssrc', `${audioSsrc} cname:${cname}`),
    ],
  };
}

/** How many sections an offer of ours has, at the most. */
const MAX_SECTIONS = 2;

/**
 * Parses what a WHIP server answers such an offer with (RFC 8829 §5.3, RFC 9725 §4.2). It may refuse the sound, but
 * not the pictures.
 *
 * @param tracks what was offered
 * @throws {ProtocolError} `ERR_WHIP_ANSWER`: it is no answer to it, or over `WEBRTC_OFFER_LIMITS`.
 */
export function parseWhipAnswer(text: string, tracks: readonly Track[]): WhipAnswer {
  const answer = parsed(text);
  if (answer.sections.length > MAX_SECTIONS) throw badAnswer('it has sections that were not offered');
  // RFC 8842 §5.3: the answerer chooses.
  if (answer.setup === 'actpass') throw badAnswer('it leaves open who begins with DTLS (a=setup:actpass)');
  const offered = { ...answer, sections: answer.sections.map(asOfferedBack) };
  const kind = tracks.some(({ codec }) => codec === 'h264') ? 'video' : 'audio';
  const isTaken = offered.sections.some((section) => section.kind === kind && isTaking(section));
  if (!isTaken) throw badAnswer(`it does not take ${kind === 'video' ? 'H.264' : 'Opus'}`);
  return offered;
}

function isTaking({ isBundled, direction, formats }: OfferedSection): boolean {
  return isBundled && (direction === 'recvonly' || direction === 'sendrecv') && formats.length > 0;
}

function parsed(text: string): WebrtcOffer {
  try {
    return parseWebrtcOffer(text);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const [, why = error.message] = /^This is no WebRTC offer: (.*)$/s.exec(error.message) ?? [];
    throw badAnswer(why.replace('The offer must', 'it must'), error);
  }
}

/** A payload type that was not offered is none that anything could be sent in. */
function asOfferedBack(section: OfferedSection): OfferedSection {
  const ours = section.kind === 'video' ? [H264_FORMAT, H264_FALLBACK_FORMAT] : [OPUS_FORMAT];
  return { ...section, formats: section.formats.filter(({ payloadType }) => ours.includes(payloadType)) };
}

function badAnswer(why: string, cause?: Error): ProtocolError {
  return new ProtocolError('ERR_WHIP_ANSWER', `the destination’s answer cannot be used: ${why}`, { cause });
}
