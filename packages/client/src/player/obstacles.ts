import type { TrackInfo } from '@vedette/contract';
import type { Obstacle, Protocol } from './playback.ts';
import type { Obstacles } from './player-model.ts';

/** What this browser can decode. */
export interface Capabilities {
  /** MIME types of `RTCRtpReceiver.getCapabilities('video')`, lower case; `null` without WebRTC. */
  readonly webrtcVideo: ReadonlySet<string> | null;
  /** Whether fMP4 with this RFC 6381 codec string plays; `null` without any way to play HLS. */
  readonly canPlayMp4: ((codecString: string) => boolean) | null;
  /** Media source extensions: HLS may play without them, MSE does not. */
  readonly hasMediaSource: boolean;
}

/** Constrained Baseline, which the gateway makes. */
const PLAIN_H264 = 'avc1.42c01f';

/** As people know them. */
const CODEC_NAMES: Readonly<Record<TrackInfo['codec'], string>> = {
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

export function codecLabel(codec: TrackInfo['codec']): string {
  return CODEC_NAMES[codec];
}

function webrtcObstacle(
  video: TrackInfo,
  { webrtcVideo }: Capabilities,
  transcodes: boolean,
): Obstacle | undefined {
  if (webrtcVideo === null) return { kind: 'browser' };
  const codec = CODEC_NAMES[video.codec];
  const isKnown = webrtcVideo.has(`video/${video.codec}`);
  // Of what it cannot carry, B-frames included, the gateway makes H.264.
  if (transcodes) return isKnown || webrtcVideo.has('video/h264') ? undefined : { kind: 'codec', codec };
  if (!isKnown) return { kind: 'codec', codec };
  // RFC 7742 decoders show pictures in the order they arrive.
  return video.hasReorderedPictures === true ? { kind: 'reorderedPictures', codec } : undefined;
}

/** What stands in the way of fragments of MP4. */
function mp4Obstacle(
  video: TrackInfo,
  { canPlayMp4 }: Capabilities,
  transcodes: boolean,
): Obstacle | undefined {
  if (canPlayMp4 === null) return { kind: 'browser' };
  const isPlayable = canPlayMp4(video.codecString) || (transcodes && canPlayMp4(PLAIN_H264));
  return isPlayable ? undefined : { kind: 'codec', codec: CODEC_NAMES[video.codec] };
}

/**
 * What is known to be impossible before it is tried: spares a request that would be refused, and
 * the seconds until a fallback. A camera whose tracks are not known yet has no obstacles.
 *
 * @param transcodes the gateway makes H.264 of what a browser does not play.
 */
export function findObstacles(
  tracks: readonly TrackInfo[],
  capabilities: Capabilities,
  transcodes: boolean,
): Obstacles {
  const video = tracks.find(({ kind }) => kind === 'video');
  const obstacles: Partial<Record<Protocol, Obstacle>> = {};
  if (capabilities.webrtcVideo === null) obstacles.webrtc = { kind: 'browser' };
  if (capabilities.canPlayMp4 === null) obstacles.hls = { kind: 'browser' };
  if (!capabilities.hasMediaSource) obstacles.mse = { kind: 'browser' };
  if (video === undefined) return obstacles;
  const webrtc = webrtcObstacle(video, capabilities, transcodes);
  const mp4 = mp4Obstacle(video, capabilities, transcodes);
  return {
    ...(webrtc === undefined ? {} : { webrtc }),
    ...(mp4 === undefined ? {} : { mse: mp4, hls: mp4 }),
    ...obstacles,
  };
}
