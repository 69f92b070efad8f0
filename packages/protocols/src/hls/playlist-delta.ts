import { ProtocolError } from '@vedette/media';
import {
  isSameInitSection,
  isSameKey,
  type MediaPlaylist,
  type MediaSegment,
  type SegmentStart,
} from './media-playlist.ts';

/**
 * The playlist without its oldest segments, for a client that has them from an earlier version
 * (RFC 8216bis §6.2.5.1).
 *
 * Left out is what ended longer before the playlist's end than `CAN-SKIP-UNTIL`. The playlist itself is
 * returned where there is nothing to leave out, where the server doesn't offer it, and after the end.
 */
export function deltaUpdate(playlist: MediaPlaylist): MediaPlaylist {
  const count = countSkippable(playlist);
  const last = playlist.segments[count - 1];
  if (last === undefined) return playlist;
  const { openSegment } = playlist;
  const strip = inheritedFrom(last);
  return {
    ...playlist,
    skippedSegments: count,
    segments: playlist.segments.slice(count).map(strip),
    ...(openSegment === undefined ? {} : { openSegment: strip(openSegment) }),
  };
}

function countSkippable(playlist: MediaPlaylist): number {
  const boundary = playlist.serverControl?.canSkipUntil;
  if (boundary === undefined || playlist.isEnded || playlist.skippedSegments > 0) return 0;
  let count = playlist.segments.length;
  let distance = duration(playlist.openSegment?.parts ?? []);
  while (count > 0 && distance <= boundary) {
    count -= 1;
    distance += playlist.segments[count]?.duration ?? 0;
  }
  return count;
}

/**
 * Takes out what is in force since a skipped segment, as its tag was skipped too; segments must come in
 * order, for what was replaced once is inherited no more.
 */
function inheritedFrom(skipped: SegmentStart): <S extends SegmentStart>(segment: S) => S {
  let inheritsMap = true;
  let inheritsKey = true;
  return <S extends SegmentStart>(segment: S): S => {
    inheritsMap &&= isSameInitSection(segment.map, skipped.map);
    inheritsKey &&= isSameKey(segment.key, skipped.key);
    const { map, key, ...rest } = segment;
    return {
      ...rest,
      ...(inheritsMap || map === undefined ? {} : { map }),
      ...(inheritsKey || key === undefined ? {} : { key }),
    } as S;
  };
}

/**
 * The full playlist that `delta` stands for, given an earlier version of it.
 *
 * @throws {ProtocolError} `ERR_HLS_DELTA_MISSES`: `previous` lacks segments that `delta` skips; ask for the full playlist.
 */
export function applyDelta(previous: MediaPlaylist, delta: MediaPlaylist): MediaPlaylist {
  if (delta.skippedSegments === 0) return delta;
  const first = delta.mediaSequence - previous.mediaSequence;
  const skipped = first < 0 ? [] : previous.segments.slice(first, first + delta.skippedSegments);
  const last = skipped.at(-1);
  if (last === undefined || skipped.length < delta.skippedSegments) {
    throw new ProtocolError('ERR_HLS_DELTA_MISSES', 'the delta update skips segments that are not known');
  }
  const { openSegment } = delta;
  return {
    ...delta,
    skippedSegments: 0,
    segments: [...skipped.map(withoutParts), ...inherit(delta.segments, last)],
    ...(openSegment === undefined
      ? {}
      : { openSegment: { ...inForce(delta.segments.at(-1) ?? last, last), ...openSegment } }),
  };
}

/** Parts are listed for the newest segments only, and those are never skipped. */
function withoutParts(segment: MediaSegment): MediaSegment {
  return { ...segment, parts: [] };
}

function inherit(segments: readonly MediaSegment[], skipped: MediaSegment): MediaSegment[] {
  let before: SegmentStart = skipped;
  return segments.map((segment) => {
    const whole = { ...inForce(before, skipped), ...segment };
    before = whole;
    return whole;
  });
}

function inForce(before: SegmentStart, skipped: SegmentStart): Pick<SegmentStart, 'map' | 'key'> {
  const map = before.map ?? skipped.map;
  const key = before.key ?? skipped.key;
  return { ...(map === undefined ? {} : { map }), ...(key === undefined ? {} : { key }) };
}

function duration(items: readonly { readonly duration: number }[]): number {
  let sum = 0;
  for (const item of items) sum += item.duration;
  return sum;
}
