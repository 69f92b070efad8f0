import type { AccessUnit } from '@vedette/media';
import type { Stream } from '../../stream/stream.ts';
import type { HlsOptions } from './hls-options.ts';
import { expectedSegmentSeconds } from './part-plan.ts';

/** Average length of the stream's groups of pictures so far, seconds; 0 if unknown. */
function gopSeconds(stream: Stream): number {
  const { videoUnits, randomAccessUnits } = stream.counters;
  const pictures = stream.cachedUnits.filter(({ track }) => track.kind === 'video');
  // Groups that are complete, on average; of a stream's first group only a lower bound is known.
  const complete = (videoUnits - pictures.length) / Math.max(1, randomAccessUnits - 1);
  const count = Math.max(pictures.length, randomAccessUnits > 1 ? complete : 0);
  return count * (pictureSeconds(pictures) ?? 0);
}

function pictureSeconds(pictures: readonly AccessUnit[]): number | undefined {
  const [first] = pictures;
  const last = pictures.at(-1);
  if (first === undefined || last === undefined) return undefined;
  if (first !== last) return (last.dts - first.dts) / first.track.clockRate / (pictures.length - 1);
  const frameRate = first.track.kind === 'video' ? first.track.video.frameRate : undefined;
  return frameRate === undefined || frameRate <= 0 ? undefined : 1 / frameRate;
}

/** How long segments of this stream will be, seconds, as far as can be told. */
export function segmentSecondsOf(stream: Stream, { segmentDurationMs }: HlsOptions): number {
  return expectedSegmentSeconds(gopSeconds(stream), segmentDurationMs / 1000);
}
