import type { Rung } from '../adaptation/viewer-quality.ts';

/** A way to view a camera. */
export interface OptimalViewing {
  readonly protocol: 'webrtc' | 'mse' | 'hls' | 'mjpeg';
  readonly quality: string;
  /** Bits a second; 0 where nobody knows yet. */
  readonly bitrate: number;
  /** Path on this server. */
  readonly path: string;
}

/** Devices that play HLS and nothing quicker. */
const HLS_ONLY =
  /\b(?:AppleTV|Apple TV|AppleCoreMedia|CrKey|Roku|VLC|LibVLC|Lavf|ExoPlayer|stagefright|TV;|Tizen|SmartTV|hls)/i;
/** What is no player at all, and shows pictures at best. */
const PICTURES_ONLY = /\b(?:curl|Wget|MSIE|Trident)\b/i;
/** Too old a line for anything that is lost when it is late. */
const SLOW_KBPS = 300;
/** Share of the line that a rendition may take. */
const SAFE_SHARE = 0.8;

/**
 * The best way for a client, by what it calls itself and how fast its line is.
 *
 * @param speedKbps kilobits a second; `undefined`: not known
 * @param rungs from the best to the least
 * @param offered protocols that are switched on
 */
export function optimalViewing(
  cameraId: string,
  userAgent: string,
  speedKbps: number | undefined,
  rungs: readonly Rung[],
  offered: { readonly webrtc: boolean; readonly hls: boolean },
): OptimalViewing {
  const protocol = protocolFor(userAgent, speedKbps, offered);
  const rung = rungFor(speedKbps, rungs);
  const { name: quality, bitrate } = rung ?? { name: 'source', bitrate: 0 };
  const live = `/live/${encodeURIComponent(cameraId)}`;
  const query = quality === 'source' ? '' : `?quality=${encodeURIComponent(quality)}`;
  const path = {
    webrtc: `${live}/whep${query}`,
    mse: `${live}/mse${query}`,
    hls: `${live}/index.m3u8`,
    mjpeg: `${live}/stream.mjpeg`,
  }[protocol];
  return { protocol, quality, bitrate: Math.round(bitrate), path };
}

function protocolFor(
  userAgent: string,
  speedKbps: number | undefined,
  { webrtc, hls }: { readonly webrtc: boolean; readonly hls: boolean },
): OptimalViewing['protocol'] {
  if (PICTURES_ONLY.test(userAgent)) return 'mjpeg';
  if (HLS_ONLY.test(userAgent) && hls) return 'hls';
  const isSlow = speedKbps !== undefined && speedKbps < SLOW_KBPS;
  if (isSlow && hls) return 'hls';
  return webrtc ? 'webrtc' : 'mse';
}

/** The best that the line carries with something to spare, or the least. */
function rungFor(speedKbps: number | undefined, rungs: readonly Rung[]): Rung | undefined {
  if (speedKbps === undefined) return rungs[0];
  return rungs.find(({ bitrate }) => bitrate <= SAFE_SHARE * speedKbps * 1000) ?? rungs.at(-1);
}
