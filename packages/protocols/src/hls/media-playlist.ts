import { formatDateTime, formatSeconds } from './numbers.ts';

/** A run of bytes of a resource. */
export interface ByteRange {
  readonly length: number;
  /** First byte; `undefined` means right after the range before it. */
  readonly offset: number | undefined;
}

/** Media initialization section (`EXT-X-MAP`). */
export interface InitSection {
  readonly uri: string;
  readonly byteRange?: ByteRange | undefined;
}

/** How segments are encrypted (`EXT-X-KEY`), as far as a reader needs it to say that it can or cannot play them. */
export interface EncryptionKey {
  readonly method: string;
  readonly uri?: string | undefined;
  readonly iv?: string | undefined;
  readonly keyFormat?: string | undefined;
}

/** A part of a segment that can be fetched before the segment is complete (`EXT-X-PART`). */
export interface PartialSegment {
  readonly uri: string;
  /** Seconds. */
  readonly duration: number;
  /** Decoding can start here. */
  readonly isIndependent: boolean;
  /** It is missing, and asking for it is useless. */
  readonly isGap: boolean;
  readonly byteRange?: ByteRange | undefined;
}

/** What is known of a segment as soon as it has begun. */
export interface SegmentStart {
  /** Timestamps, tracks or encoding change between the segment before and this one. */
  readonly isDiscontinuity: boolean;
  /** In force from here on; `undefined` before the first one, and in a delta update where it was skipped. */
  readonly map?: InitSection | undefined;
  /** In force from here on, like `map`. */
  readonly key?: EncryptionKey | undefined;
  /** When the first sample was captured, milliseconds since the Unix epoch. */
  readonly programDateTimeMs?: number | undefined;
  readonly parts: readonly PartialSegment[];
}

export interface MediaSegment extends SegmentStart {
  readonly uri: string;
  /** Seconds. */
  readonly duration: number;
  readonly title?: string | undefined;
  readonly byteRange?: ByteRange | undefined;
  /** The segment has no media: do not load it (`EXT-X-GAP`). */
  readonly isGap: boolean;
}

/** What the server offers beyond plain playlists (`EXT-X-SERVER-CONTROL`); times in seconds. */
export interface ServerControl {
  readonly canBlockReload: boolean;
  /** Skip boundary: segments that ended longer ago than this may be left out of a delta update. */
  readonly canSkipUntil?: number | undefined;
  readonly canSkipDateRanges?: boolean | undefined;
  readonly holdBack?: number | undefined;
  readonly partHoldBack?: number | undefined;
}

/** What will be there next, and may be asked for already (`EXT-X-PRELOAD-HINT`). */
export interface PreloadHint {
  readonly type: 'PART' | 'MAP';
  readonly uri: string;
  readonly byteRangeStart?: number | undefined;
  readonly byteRangeLength?: number | undefined;
}

/** How far another rendition is (`EXT-X-RENDITION-REPORT`). */
export interface RenditionReport {
  readonly uri: string;
  readonly lastMsn?: number | undefined;
  readonly lastPart?: number | undefined;
}

/**
 * A media playlist: the segments of one rendition, oldest first.
 *
 * Spec: RFC 8216 and its second edition, draft-pantos-hls-rfc8216bis-16, §4.4.
 */
export interface MediaPlaylist {
  readonly kind: 'media';
  /** Protocol version that a reader must know. */
  readonly version: number;
  /** Seconds, whole; no segment's duration, rounded, exceeds it. */
  readonly targetDuration: number;
  /** Media sequence number of the first segment, whether skipped or not. */
  readonly mediaSequence: number;
  /** Discontinuities before the first segment since the stream began. */
  readonly discontinuitySequence: number;
  /** Decoding can start at every segment. */
  readonly hasIndependentSegments: boolean;
  readonly playlistType?: 'EVENT' | 'VOD' | undefined;
  readonly isIFramesOnly: boolean;
  /** No segment will be added. */
  readonly isEnded: boolean;
  readonly serverControl?: ServerControl | undefined;
  /** Upper bound of every part's duration, seconds. */
  readonly partTarget?: number | undefined;
  /** How many of the oldest segments this delta update leaves out; 0 in a full playlist. */
  readonly skippedSegments: number;
  readonly segments: readonly MediaSegment[];
  /** The segment whose first parts are there, but not its end. */
  readonly openSegment?: SegmentStart | undefined;
  readonly preloadHints: readonly PreloadHint[];
  readonly renditionReports: readonly RenditionReport[];
}

/** Writes a media playlist; durations are rounded to 10 µs and dates to milliseconds. */
export function serializeMediaPlaylist(playlist: MediaPlaylist): string {
  const lines = ['#EXTM3U', ...headerLines(playlist)];
  const written: Sticky = { map: undefined, key: undefined };
  for (const segment of playlist.segments) {
    writeSegmentStart(lines, segment, written);
    writeSegmentEnd(lines, segment);
  }
  if (playlist.openSegment !== undefined) writeSegmentStart(lines, playlist.openSegment, written);
  for (const hint of playlist.preloadHints) lines.push(preloadHintLine(hint));
  for (const report of playlist.renditionReports) lines.push(renditionReportLine(report));
  if (playlist.isEnded) lines.push('#EXT-X-ENDLIST');
  lines.push('');
  return lines.join('\n');
}

interface Sticky {
  map: InitSection | undefined;
  key: EncryptionKey | undefined;
}

function headerLines(playlist: MediaPlaylist): string[] {
  const lines = [
    `#EXT-X-VERSION:${playlist.version}`,
    `#EXT-X-TARGETDURATION:${playlist.targetDuration}`,
    `#EXT-X-MEDIA-SEQUENCE:${playlist.mediaSequence}`,
  ];
  if (playlist.discontinuitySequence > 0) {
    lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${playlist.discontinuitySequence}`);
  }
  if (playlist.playlistType !== undefined) lines.push(`#EXT-X-PLAYLIST-TYPE:${playlist.playlistType}`);
  if (playlist.hasIndependentSegments) lines.push('#EXT-X-INDEPENDENT-SEGMENTS');
  if (playlist.isIFramesOnly) lines.push('#EXT-X-I-FRAMES-ONLY');
  if (playlist.serverControl !== undefined) lines.push(serverControlLine(playlist.serverControl));
  if (playlist.partTarget !== undefined) {
    lines.push(`#EXT-X-PART-INF:PART-TARGET=${formatSeconds(playlist.partTarget)}`);
  }
  if (playlist.skippedSegments > 0) lines.push(`#EXT-X-SKIP:SKIPPED-SEGMENTS=${playlist.skippedSegments}`);
  return lines;
}

function serverControlLine(control: ServerControl): string {
  const attributes: string[] = [];
  if (control.canBlockReload) attributes.push('CAN-BLOCK-RELOAD=YES');
  if (control.canSkipUntil !== undefined) {
    attributes.push(`CAN-SKIP-UNTIL=${formatSeconds(control.canSkipUntil)}`);
  }
  if (control.canSkipDateRanges === true) attributes.push('CAN-SKIP-DATERANGES=YES');
  if (control.holdBack !== undefined) attributes.push(`HOLD-BACK=${formatSeconds(control.holdBack)}`);
  if (control.partHoldBack !== undefined) {
    attributes.push(`PART-HOLD-BACK=${formatSeconds(control.partHoldBack)}`);
  }
  return `#EXT-X-SERVER-CONTROL:${attributes.join(',')}`;
}

/** Tags of a segment must come before its first part (RFC 8216bis §4.4.4.9). */
function writeSegmentStart(lines: string[], segment: SegmentStart, written: Sticky): void {
  if (segment.isDiscontinuity) lines.push('#EXT-X-DISCONTINUITY');
  if (segment.key !== undefined && !isSameKey(segment.key, written.key)) {
    written.key = segment.key;
    lines.push(keyLine(segment.key));
  }
  if (segment.map !== undefined && !isSameInitSection(segment.map, written.map)) {
    written.map = segment.map;
    lines.push(mapLine(segment.map));
  }
  if (segment.programDateTimeMs !== undefined) {
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${formatDateTime(segment.programDateTimeMs)}`);
  }
  for (const part of segment.parts) lines.push(partLine(part));
}

function writeSegmentEnd(lines: string[], segment: MediaSegment): void {
  if (segment.isGap) lines.push('#EXT-X-GAP');
  lines.push(`#EXTINF:${formatSeconds(segment.duration)},${segment.title ?? ''}`);
  if (segment.byteRange !== undefined) lines.push(`#EXT-X-BYTERANGE:${byteRangeText(segment.byteRange)}`);
  lines.push(segment.uri);
}

function mapLine(map: InitSection): string {
  const range = map.byteRange === undefined ? '' : `,BYTERANGE="${byteRangeText(map.byteRange)}"`;
  return `#EXT-X-MAP:URI="${map.uri}"${range}`;
}

function keyLine(key: EncryptionKey): string {
  const attributes = [`METHOD=${key.method}`];
  if (key.uri !== undefined) attributes.push(`URI="${key.uri}"`);
  if (key.iv !== undefined) attributes.push(`IV=${key.iv}`);
  if (key.keyFormat !== undefined) attributes.push(`KEYFORMAT="${key.keyFormat}"`);
  return `#EXT-X-KEY:${attributes.join(',')}`;
}

function partLine(part: PartialSegment): string {
  let line = `#EXT-X-PART:DURATION=${formatSeconds(part.duration)},URI="${part.uri}"`;
  if (part.byteRange !== undefined) line += `,BYTERANGE="${byteRangeText(part.byteRange)}"`;
  if (part.isIndependent) line += ',INDEPENDENT=YES';
  if (part.isGap) line += ',GAP=YES';
  return line;
}

function preloadHintLine(hint: PreloadHint): string {
  let line = `#EXT-X-PRELOAD-HINT:TYPE=${hint.type},URI="${hint.uri}"`;
  if (hint.byteRangeStart !== undefined) line += `,BYTERANGE-START=${hint.byteRangeStart}`;
  if (hint.byteRangeLength !== undefined) line += `,BYTERANGE-LENGTH=${hint.byteRangeLength}`;
  return line;
}

function renditionReportLine(report: RenditionReport): string {
  let line = `#EXT-X-RENDITION-REPORT:URI="${report.uri}"`;
  if (report.lastMsn !== undefined) line += `,LAST-MSN=${report.lastMsn}`;
  if (report.lastPart !== undefined) line += `,LAST-PART=${report.lastPart}`;
  return line;
}

function byteRangeText({ length, offset }: ByteRange): string {
  return offset === undefined ? `${length}` : `${length}@${offset}`;
}

export function isSameInitSection(a: InitSection | undefined, b: InitSection | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && mapLine(a) === mapLine(b));
}

export function isSameKey(a: EncryptionKey | undefined, b: EncryptionKey | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && keyLine(a) === keyLine(b));
}
