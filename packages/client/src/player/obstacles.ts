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

function webrtcObstacle(video: TrackInfo, { webrtcVideo }: Capabilities): Obstacle | undefined {
  if (webrtcVideo === null) return { kind: 'browser' };
  // Of what it cannot carry, B-frames included, the gateway makes H.264; where it may not, it says so when asked.
  if (webrtcVideo.has('video/h264') || webrtcVideo.has(`video/${video.codec}`)) return undefined;
  return { kind: 'codec', codec: CODEC_NAMES[video.codec] };
}

function hlsObstacle(video: TrackInfo, { canPlayMp4 }: Capabilities): Obstacle | undefined {
  if (canPlayMp4 === null) return { kind: 'browser' };
  // One of the qualities is H.264.
  const isPlayable = canPlayMp4(video.codecString) || canPlayMp4(PLAIN_H264);
  return isPlayable ? undefined : { kind: 'codec', codec: CODEC_NAMES[video.codec] };
}

/**
 * What is known to be impossible before it is tried: spares a request that would be refused, and
 * the seconds until a fallback. A camera whose tracks are not known yet has no obstacles.
 */
export function findObstacles(tracks: readonly TrackInfo[], capabilities: Capabilities): Obstacles {
  const video = tracks.find(({ kind }) => kind === 'video');
  const obstacles: Partial<Record<Protocol, Obstacle>> = {};
  if (capabilities.webrtcVideo === null) obstacles.webrtc = { kind: 'browser' };
  if (capabilities.canPlayMp4 === null) obstacles.hls = { kind: 'browser' };
  // Of codecs that it does not play the gateway makes H.264: whether it can, it says when asked.
  if (!capabilities.hasMediaSource) obstacles.mse = { kind: 'browser' };
  if (video === undefined) return obstacles;
  const webrtc = webrtcObstacle(video, capabilities);
  const hls = hlsObstacle(video, capabilities);
  return { ...obstacles, ...(webrtc === undefined ? {} : { webrtc }), ...(hls === undefined ? {} : { hls }) };
}
