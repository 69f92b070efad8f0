import { ProtocolError, type Codec } from '@vedette/media';
import { integerParameter } from '../rtp/format-parameters.ts';
import { TRANSPORT_SEQUENCE_URI } from '../rtp/transport-arrivals.ts';
import type { OfferedFormat, OfferedSection, WebrtcOffer } from './webrtc-offer.ts';

/** What is received in one section of an offer to publish. */
export interface ReceivedMedia {
  readonly codec: Codec;
  /** Place of the section in the offer, from 0. */
  readonly sectionIndex: number;
  readonly format: OfferedFormat;
  /** How lost packets are sent again (RFC 4588); without it as they were. */
  readonly retransmission: OfferedFormat | undefined;
  /** Id of the transport-wide sequence number (1-14); 0 where the peer has none. */
  readonly transportSequenceId: number;
}

/** What a publisher sends us. */
export interface PublishingPlan {
  readonly video: ReceivedMedia | undefined;
  readonly audio: ReceivedMedia | undefined;
}

interface Choice {
  readonly codec: Codec;
  readonly fits: (format: OfferedFormat) => boolean;
}

const named = (encoding: string, clockRate: number) => (format: OfferedFormat) =>
  format.encoding.toLowerCase() === encoding && format.clockRate === clockRate;

/** What most viewers can play comes first. */
const VIDEO_CHOICES: readonly Choice[] = [
  {
    codec: 'h264',
    fits: (format) =>
      named('h264', 90_000)(format) &&
      // Mode 0 cannot carry a picture that is larger than a packet; encoders that say nothing use mode 1.
      (format.fmtp === undefined || integerParameter(format.parameters, 'packetization-mode') === 1),
  },
  {
    codec: 'av1',
    fits: (format) =>
      named('av1', 90_000)(format) && (integerParameter(format.parameters, 'profile') ?? 0) === 0,
  },
  {
    codec: 'vp9',
    fits: (format) =>
      named('vp9', 90_000)(format) && (integerParameter(format.parameters, 'profile-id') ?? 0) === 0,
  },
  { codec: 'vp8', fits: named('vp8', 90_000) },
  { codec: 'h265', fits: named('h265', 90_000) },
];

const AUDIO_CHOICES: readonly Choice[] = [
  { codec: 'opus', fits: named('opus', 48_000) },
  { codec: 'pcmu', fits: named('pcmu', 8000) },
  { codec: 'pcma', fits: named('pcma', 8000) },
];

/**
 * Chooses what is received of an offer to publish: its first section of pictures and its first of sound.
 *
 * @throws {ProtocolError} `ERR_PUBLISH_CODEC`: it offers none that we take; `ERR_PUBLISH_NO_TRACKS`: it sends
 * nothing.
 */
export function planPublishing(offer: WebrtcOffer): PublishingPlan {
  const plan = {
    video: receive(offer, 'video', VIDEO_CHOICES),
    audio: receive(offer, 'audio', AUDIO_CHOICES),
  };
  if (plan.video === undefined && plan.audio === undefined) {
    throw new ProtocolError('ERR_PUBLISH_NO_TRACKS', 'The offer has no section that sends pictures or sound');
  }
  return plan;
}

function receive(
  offer: WebrtcOffer,
  kind: 'video' | 'audio',
  choices: readonly Choice[],
): ReceivedMedia | undefined {
  const sectionIndex = offer.sections.findIndex((section) => isSent(section, kind));
  const section = offer.sections[sectionIndex];
  if (section === undefined) return undefined;
  for (const { codec, fits } of choices) {
    const format = section.formats.find(fits);
    if (format === undefined) continue;
    return {
      codec,
      sectionIndex,
      format,
      retransmission: retransmissionOf(section, format),
      transportSequenceId: transportSequenceId(section, format),
    };
  }
  const offered = [...new Set(section.formats.map(({ encoding }) => encoding))].join(', ');
  const wanted = kind === 'video' ? 'H.264 (packetization-mode=1), AV1, VP9 or VP8' : 'Opus or G.711';
  throw new ProtocolError(
    'ERR_PUBLISH_CODEC',
    `None of ${offered || 'no codecs'} can be taken: send ${wanted}`,
  );
}

function isSent({ isBundled, kind, direction }: OfferedSection, wanted: string): boolean {
  return isBundled && kind === wanted && (direction === 'sendonly' || direction === 'sendrecv');
}

function retransmissionOf(
  { formats }: OfferedSection,
  { payloadType }: OfferedFormat,
): OfferedFormat | undefined {
  return formats.find(
    ({ encoding, parameters }) =>
      encoding.toLowerCase() === 'rtx' && integerParameter(parameters, 'apt') === payloadType,
  );
}

function transportSequenceId({ extensions }: OfferedSection, { feedback }: OfferedFormat): number {
  const id = extensions.get(TRANSPORT_SEQUENCE_URI) ?? 0;
  return id <= 14 && feedback.includes('transport-cc') ? id : 0;
}
