import { audioCodecString, type Track } from '@vedette/media';
import type { Variant } from '@vedette/protocols';
import type { PlayableTrack } from './playable-tracks.ts';
import type { SegmentWindow } from './segment-window.ts';

/** Until a whole second is there to measure. */
const DEFAULT_BANDWIDTH = 4_000_000;
/** What the peak of the segments to come may exceed that of the past by. */
const HEADROOM = 1.2;
const MIN_MEASURED_SECONDS = 1;

/** The stream as it is, as the one variant of a multivariant playlist. */
export function describeVariant(
  uri: string,
  tracks: readonly PlayableTrack[],
  window: SegmentWindow,
  unitSeconds: number | undefined,
): Variant {
  const video = tracks.find((track) => track.kind === 'video')?.video;
  const { peak, average } = bitRates(window);
  const measuredRate = unitSeconds === undefined ? undefined : 1 / unitSeconds;
  const frameRate = video && (video.frameRate ?? measuredRate);
  return {
    uri,
    bandwidth: Math.ceil(peak * HEADROOM),
    averageBandwidth: Math.ceil(average),
    codecs: tracks.map(codecString),
    ...(video === undefined ? {} : { resolution: { width: video.width, height: video.height } }),
    ...(frameRate === undefined ? {} : { frameRate }),
  };
}

function codecString(track: Track): string {
  return track.kind === 'video' ? track.video.codecString : audioCodecString(track);
}

/** Peak and average of the segments held, bits per second. */
function bitRates({ listed, open }: SegmentWindow): { peak: number; average: number } {
  let [bytes, seconds, peak] = [0, 0, 0];
  for (const segment of open === undefined ? listed : [...listed, open]) {
    if (segment.isGap) continue;
    bytes += segment.byteLength;
    seconds += segment.duration;
    if (segment.duration >= MIN_MEASURED_SECONDS) {
      peak = Math.max(peak, (segment.byteLength * 8) / segment.duration);
    }
  }
  if (seconds < MIN_MEASURED_SECONDS) return { peak: DEFAULT_BANDWIDTH, average: DEFAULT_BANDWIDTH };
  const average = (bytes * 8) / seconds;
  return { peak: Math.max(peak, average), average };
}
