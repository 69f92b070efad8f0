import {
  ProtocolError,
  type AudioCodec,
  type AudioTrack,
  type Track,
  type VideoCodec,
  type VideoTrack,
} from '@vedette/media';
import { PLAYOUT_DELAY_URI } from '../rtp/header-extension.ts';
import { TRANSPORT_SEQUENCE_URI } from '../rtp/transport-arrivals.ts';
import { av1FormatFit, h264FormatFit, h265FormatFit, vp8FormatFit, vp9FormatFit } from './format-fit.ts';
import type { OfferedFormat, OfferedSection, WebrtcOffer } from './webrtc-offer.ts';

/** A track and the place in the offer that it is sent in. */
export interface PlannedMedia<Of extends Track> {
  /** Of the stream. */
  readonly track: Of;
  /** Place of the section in the offer, from 0. */
  readonly sectionIndex: number;
  readonly format: OfferedFormat;
}

/** What a viewer is sent of a stream. */
export interface ViewingPlan {
  readonly video: PlannedMedia<VideoTrack> | undefined;
  readonly audio: PlannedMedia<AudioTrack> | undefined;
}

/**
 * How well a format fits a track: the higher the better, 0 not at all. One entry a codec.
 */
const VIDEO_FIT: {
  readonly [C in VideoTrack['codec']]: (
    track: Extract<VideoTrack, { codec: C }>,
    format: OfferedFormat,
  ) => number;
} = {
  h264: h264FormatFit,
  h265: h265FormatFit,
  av1: av1FormatFit,
  vp9: vp9FormatFit,
  vp8: vp8FormatFit,
  mjpeg: noFit,
};

function videoFit(track: VideoTrack, format: OfferedFormat): number {
  return (VIDEO_FIT[track.codec] as (track: VideoTrack, format: OfferedFormat) => number)(track, format);
}

function noFit(): number {
  return 0;
}

const CODEC_NAMES: Readonly<Record<Track['codec'], string>> = {
  h264: 'H.264',
  h265: 'H.265',
  aac: 'AAC',
  opus: 'Opus',
  pcmu: 'G.711 µ-law',
  pcma: 'G.711 A-law',
  av1: 'AV1',
  vp9: 'VP9',
  vp8: 'VP8',
  mjpeg: 'Motion JPEG',
  mpa: 'MPEG audio',
};

/**
 * Chooses what of `tracks` the peer is sent, in which section and format of its offer: the first
 * video track and the first audio track, the format that fits best.
 *
 * Sound that the peer does not take is left out; pictures are not, for a viewer without them would
 * believe the camera to be broken.
 *
 * @throws {ProtocolError} `ERR_WEBRTC_B_FRAMES`: browsers cannot show pictures out of order;
 * `ERR_WEBRTC_CODEC`: the peer does not take the video codec; `ERR_WEBRTC_NO_MEDIA`: nothing to send.
 */
export function planViewing(offer: WebrtcOffer, tracks: readonly Track[]): ViewingPlan {
  const video = tracks.find((track) => track.kind === 'video');
  const audio = tracks.find((track) => track.kind === 'audio');
  const plan: ViewingPlan = {
    video: video && planVideo(offer, video),
    audio: audio && planAudio(offer, audio),
  };
  if (plan.video === undefined && plan.audio === undefined) {
    throw new ProtocolError(
      'ERR_WEBRTC_NO_MEDIA',
      'The offer has no section to receive anything that the camera sends',
    );
  }
  return plan;
}

/** What of `tracks` the peer takes as it is, and what other media may become for it. */
export interface ViewingCarriage {
  readonly video: readonly VideoCodec[];
  /** Whether pictures may come in another order than they are shown. */
  readonly reorders: boolean;
  /** The first is what other sound becomes. */
  readonly audio: readonly AudioCodec[];
}

const ALL_VIDEO: readonly VideoCodec[] = ['h264', 'h265', 'av1', 'vp9', 'vp8', 'mjpeg'];
const ALL_AUDIO: readonly AudioCodec[] = ['opus', 'aac', 'pcmu', 'pcma', 'mpa'];
const RTP_AUDIO = ['opus', 'pcmu', 'pcma'] as const;

/** What the peer takes. Media that it takes in no form at all goes as it is: `planViewing` says what is wrong with it. */
export function viewingCarriage(offer: WebrtcOffer, tracks: readonly Track[]): ViewingCarriage {
  const formats = receivableSections(offer, 'video').flatMap(({ section }) => section.formats);
  const track = tracks.find((candidate) => candidate.kind === 'video');
  const audio = takenAudio(offer, tracks);
  if (!formats.some((format) => format.encoding.toLowerCase() === 'h264')) {
    return { video: ALL_VIDEO, reorders: true, audio };
  }
  const isTaken = track !== undefined && formats.some((format) => videoFit(track, format) > 0);
  const video: VideoCodec[] = isTaken && track.codec !== 'h264' ? ['h264', track.codec] : ['h264'];
  return { video, reorders: false, audio };
}

function takenAudio(offer: WebrtcOffer, tracks: readonly Track[]): readonly AudioCodec[] {
  const formats = receivableSections(offer, 'audio').flatMap(({ section }) => section.formats);
  const track = tracks.find((candidate) => candidate.kind === 'audio');
  const isOffered = (codec: AudioCodec): boolean =>
    formats.some(({ encoding }) => encoding.toLowerCase() === codec);
  // Telephones' own form alone: G.711 in stereo or of another rate has no payload type.
  const isOdd = (codec: AudioCodec): boolean =>
    track?.codec === codec && !formats.some((format) => fitsAudio(track, format));
  const offered = RTP_AUDIO.filter((codec) => isOffered(codec) && !isOdd(codec));
  return offered.length === 0 ? ALL_AUDIO : offered;
}

function planVideo(offer: WebrtcOffer, track: VideoTrack): PlannedMedia<VideoTrack> | undefined {
  const receivable = receivableSections(offer, 'video');
  if (receivable.length === 0) return undefined;
  checkOrder(track);
  let best: PlannedMedia<VideoTrack> | undefined;
  let bestFit = 0;
  for (const { section, sectionIndex } of receivable) {
    for (const format of section.formats) {
      const fit = videoFit(track, format);
      if (fit <= bestFit) continue;
      best = { track, sectionIndex, format };
      bestFit = fit;
    }
  }
  if (best !== undefined) return best;
  throw new ProtocolError(
    'ERR_WEBRTC_CODEC',
    `The camera sends ${CODEC_NAMES[track.codec]} (${track.video.profile}), which this player does not take ` +
      'over WebRTC: play HLS, or set the camera to H.264',
  );
}

/** @throws {ProtocolError} `ERR_WEBRTC_B_FRAMES`. */
export function checkOrder(track: VideoTrack): void {
  if (track.video.reorderDepth === 0) return;
  throw new ProtocolError(
    'ERR_WEBRTC_B_FRAMES',
    'The camera sends B-frames, which WebRTC cannot carry: play HLS, or turn B-frames off in the camera',
  );
}

function planAudio(offer: WebrtcOffer, track: AudioTrack): ViewingPlan['audio'] {
  for (const { section, sectionIndex } of receivableSections(offer, 'audio')) {
    const asItIs = section.formats.find((format) => fitsAudio(track, format));
    if (asItIs !== undefined) return { track, sectionIndex, format: asItIs };
  }
  return undefined;
}

function fitsAudio(track: AudioTrack, format: OfferedFormat): boolean {
  switch (track.codec) {
    case 'opus':
      return isOpus(format);
    case 'pcmu':
    case 'pcma': {
      const isPlain = track.sampleRate === 8000 && track.channels === 1;
      const isSame = format.encoding.toLowerCase() === track.codec && format.clockRate === 8000;
      return isPlain && isSame && format.channels === 1;
    }
    case 'aac':
    case 'mpa':
      return false; // no browser takes it over RTP
  }
}

function isOpus({ encoding, clockRate }: OfferedFormat): boolean {
  return encoding.toLowerCase() === 'opus' && clockRate === 48_000;
}

function receivableSections(
  offer: WebrtcOffer,
  kind: Track['kind'],
): { section: OfferedSection; sectionIndex: number }[] {
  return offer.sections
    .map((section, sectionIndex) => ({ section, sectionIndex }))
    .filter(
      ({ section }) =>
        section.isBundled &&
        section.kind === kind &&
        (section.direction === 'recvonly' || section.direction === 'sendrecv'),
    );
}

/** Id under which a section takes the playout delay (1-14), or 0 where it does not. */
export function playoutDelayId(section: OfferedSection): number {
  const id = section.extensions.get(PLAYOUT_DELAY_URI) ?? 0;
  return id <= 14 ? id : 0;
}

/**
 * Id under which a section takes transport-wide sequence numbers (1-14), or 0 where it does not or gives no feedback
 * on them.
 */
export function transportSequenceId({ extensions }: OfferedSection, { feedback }: OfferedFormat): number {
  const id = extensions.get(TRANSPORT_SEQUENCE_URI) ?? 0;
  return id <= 14 && feedback.includes('transport-cc') ? id : 0;
}
