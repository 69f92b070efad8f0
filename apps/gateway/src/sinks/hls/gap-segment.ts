import { mediaSegment, type Track } from '@vedette/media';

const EMPTY_MDAT_BYTES = 8;

/**
 * A segment without samples, for players that fetch what `EXT-X-GAP` tells them not to: ffmpeg and GStreamer
 * do not know the tag. They find a time in it, nothing to show, and go on to the next segment.
 *
 * It has no `mdat`: an empty one makes GStreamer 1.22 abort.
 *
 * @param startSeconds on the time line of the segments; not negative.
 */
export function gapSegment(tracks: readonly Track[], startSeconds: number): Uint8Array {
  const bytes = mediaSegment({
    sequenceNumber: 0,
    hasSegmentType: true,
    tracks: tracks.map((track) => ({
      track,
      baseDts: Math.round(startSeconds * track.clockRate),
      samples: [],
    })),
  });
  return bytes.subarray(0, bytes.length - EMPTY_MDAT_BYTES);
}
