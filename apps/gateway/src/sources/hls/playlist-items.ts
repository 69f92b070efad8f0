import type {
  ByteRange,
  EncryptionKey,
  InitSection,
  MediaPlaylist,
  MediaSegment,
  PartialSegment,
  SegmentStart,
} from '@vedette/protocols';
import type { RequestedRange } from './hls-client.ts';

/** The next thing to fetch: a part of a segment, or with `part` 0 the whole of it where it has no parts. */
export interface PlaylistPosition {
  /** Media sequence number. */
  readonly msn: number;
  readonly part: number;
}

/** One thing to fetch. */
export interface PlaylistItem {
  readonly uri: string;
  readonly range: RequestedRange | undefined;
  readonly map: InitSection | undefined;
  readonly key: EncryptionKey | undefined;
  readonly msn: number;
  /** The first of its segment: timestamps may begin anew with it. */
  readonly isDiscontinuity: boolean;
  /** There is no media: not to be fetched. */
  readonly isGap: boolean;
  /** It is a part of a segment, and may end anywhere in it. */
  readonly isPart: boolean;
  /** Where to go on behind it. */
  readonly next: PlaylistPosition;
}

/** How far the end of a live playlist is kept away from, in target durations (RFC 8216 §6.3.3). */
const HOLD_BACK_TARGETS = 3;

/** Where the playlist ends: the first thing that is not there yet. */
export function endOf(
  { mediaSequence, segments, openSegment }: MediaPlaylist,
  hasParts: boolean,
): PlaylistPosition {
  const msn = mediaSequence + segments.length;
  return { msn, part: hasParts ? (openSegment?.parts.length ?? 0) : 0 };
}

/** Whether parts are worth it: the server holds requests for them back until they are there. */
export function isLowLatency({ partTarget, serverControl, segments, openSegment }: MediaPlaylist): boolean {
  const canBlock = serverControl?.canBlockReload === true && partTarget !== undefined;
  // Encrypted segments are decrypted as wholes.
  const isClear = [...segments.slice(-1), openSegment].every(
    (each) => each?.key === undefined || each.key.method === 'NONE',
  );
  return canBlock && isClear;
}

/**
 * Where to begin: a recording at its beginning, a live stream so far from its end that what comes next is there in
 * time; at a part at which decoding can start where there are parts.
 */
export function startPosition(playlist: MediaPlaylist, hasParts: boolean): PlaylistPosition {
  const { mediaSequence, isEnded, serverControl, partTarget = 1 } = playlist;
  if (isEnded) return { msn: mediaSequence, part: 0 };
  const position = hasParts ? partStart(playlist, serverControl?.partHoldBack ?? 3 * partTarget) : undefined;
  return position ?? { msn: mediaSequence + segmentStart(playlist), part: 0 };
}

/** Index of the last segment that is far enough from the end. */
function segmentStart({ segments, targetDuration, serverControl }: MediaPlaylist): number {
  const holdBack = serverControl?.holdBack ?? HOLD_BACK_TARGETS * targetDuration;
  let heldBack = 0;
  let index = segments.length;
  while (index > 0 && heldBack < holdBack) {
    index -= 1;
    heldBack += segments[index]?.duration ?? 0;
  }
  return index;
}

/** The last independent part that is at least `holdBack` seconds from the end. */
function partStart(playlist: MediaPlaylist, holdBack: number): PlaylistPosition | undefined {
  const { mediaSequence, segments, openSegment } = playlist;
  const starts: (SegmentStart | undefined)[] = [...segments, openSegment];
  let fromEnd = 0;
  for (let index = starts.length - 1; index >= 0; index--) {
    const parts = starts[index]?.parts ?? [];
    for (let part = parts.length - 1; part >= 0; part--) {
      fromEnd += parts[part]?.duration ?? 0;
      if (fromEnd >= holdBack && parts[part]?.isIndependent === true)
        return { msn: mediaSequence + index, part };
    }
  }
  return undefined;
}

/** What is there from `position` on. */
export function itemsFrom(
  playlist: MediaPlaylist,
  position: PlaylistPosition,
  hasParts: boolean,
): PlaylistItem[] {
  const { mediaSequence, segments, openSegment } = playlist;
  const ranges = new Ranges();
  const items: PlaylistItem[] = [];
  segments.forEach((segment, index) => {
    const msn = mediaSequence + index;
    // Ranges count from the one before, whether that is wanted or not.
    const range = ranges.of(segment.uri, segment.byteRange);
    if (msn < position.msn) return;
    const isInParts = hasParts && segment.parts.length > 0;
    if (isInParts) items.push(...partItems(segment, msn, msn === position.msn ? position.part : 0, true));
    else if (msn > position.msn || position.part === 0) items.push(segmentItem(segment, msn, range));
  });
  const openMsn = mediaSequence + segments.length;
  if (hasParts && openSegment !== undefined && openMsn >= position.msn) {
    items.push(...partItems(openSegment, openMsn, openMsn === position.msn ? position.part : 0, false));
  }
  return items;
}

function segmentItem(segment: MediaSegment, msn: number, range: RequestedRange | undefined): PlaylistItem {
  const { uri, map, key, isDiscontinuity, isGap } = segment;
  return {
    uri,
    range,
    map,
    key,
    msn,
    isDiscontinuity,
    isGap,
    isPart: false,
    next: { msn: msn + 1, part: 0 },
  };
}

function partItems(start: SegmentStart, msn: number, from: number, isWhole: boolean): PlaylistItem[] {
  const { parts, map, key, isDiscontinuity } = start;
  const ranges = new Ranges();
  return parts.flatMap((part: PartialSegment, index) => {
    const range = ranges.of(part.uri, part.byteRange);
    if (index < from) return [];
    const isLast = isWhole && index === parts.length - 1;
    const next = isLast ? { msn: msn + 1, part: 0 } : { msn, part: index + 1 };
    const item = { uri: part.uri, range, map, key, msn, isGap: part.isGap, isPart: true, next };
    return [{ ...item, isDiscontinuity: isDiscontinuity && index === 0 }];
  });
}

/** Byte ranges without an offset begin where the one before, of the same resource, ended. */
class Ranges {
  #uri = '';
  #end = 0;

  of(uri: string, range: ByteRange | undefined): RequestedRange | undefined {
    if (range === undefined) return undefined;
    const offset = range.offset ?? (uri === this.#uri ? this.#end : 0);
    this.#uri = uri;
    this.#end = offset + range.length;
    return { offset, length: range.length };
  }
}
