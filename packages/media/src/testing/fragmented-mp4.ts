import type { AccessUnit } from '../access-unit.ts';
import { initSegment } from '../containers/fmp4/init-segment.ts';
import { mediaSegment, type MediaSample } from '../containers/fmp4/media-segment.ts';

/** Samples in each fragment: several, so that the joints are tested too. */
const FRAGMENT_SAMPLES = 7;

/**
 * Writes the access units of one track as a fragmented MP4 file. Where the track changes on the way the
 * first one's init segment serves on: the parameter sets are in the samples too.
 */
export function fragmentedMp4(units: readonly AccessUnit[], lastDuration: number): Uint8Array {
  const [first] = units;
  if (first === undefined) return new Uint8Array();
  const parts = [initSegment([first.track])];
  for (let start = 0; start < units.length; start += FRAGMENT_SAMPLES) {
    const fragment = units.slice(start, start + FRAGMENT_SAMPLES);
    const samples = fragment.map((unit, i): MediaSample => {
      const next = units[start + i + 1];
      return {
        duration: next === undefined ? lastDuration : next.dts - unit.dts,
        ptsOffset: unit.pts - unit.dts,
        isSync: unit.isRandomAccess,
        data: unit.data,
      };
    });
    const baseDts = fragment[0]?.dts ?? 0;
    const sequenceNumber = parts.length;
    parts.push(mediaSegment({ sequenceNumber, tracks: [{ track: first.track, baseDts, samples }] }));
  }
  return new Uint8Array(Buffer.concat(parts));
}
