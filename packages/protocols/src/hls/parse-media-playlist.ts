import { ProtocolError } from '@vedette/media';
import { AttributeList, parseByteRange } from './attribute-list.ts';
import { HLS_LIMITS } from './limits.ts';
import type {
  ByteRange,
  EncryptionKey,
  InitSection,
  MediaPlaylist,
  MediaSegment,
  PartialSegment,
  PreloadHint,
  RenditionReport,
  SegmentStart,
  ServerControl,
} from './media-playlist.ts';
import { parseDateTime, parseDecimalFloat, parseDecimalInteger } from './numbers.ts';

/** The playlist as it is being read, and the tags seen since the last segment. */
interface Reading {
  version: number;
  targetDuration: number | undefined;
  mediaSequence: number;
  discontinuitySequence: number;
  hasIndependentSegments: boolean;
  playlistType: 'EVENT' | 'VOD' | undefined;
  isIFramesOnly: boolean;
  isEnded: boolean;
  serverControl: ServerControl | undefined;
  partTarget: number | undefined;
  skippedSegments: number;
  readonly segments: MediaSegment[];
  partCount: number;
  readonly preloadHints: PreloadHint[];
  readonly renditionReports: RenditionReport[];
  // In force until replaced.
  map: InitSection | undefined;
  key: EncryptionKey | undefined;
  // Of the next segment.
  isDiscontinuity: boolean;
  isGap: boolean;
  programDateTimeMs: number | undefined;
  parts: PartialSegment[];
  info: { readonly duration: number; readonly title: string | undefined } | undefined;
  byteRange: ByteRange | undefined;
}

/** Reads a tag's value into `state`; tags without an entry are ignored (RFC 8216bis §6.3.1). */
const TAGS: Readonly<Record<string, (state: Reading, value: string) => void>> = {
  '#EXT-X-VERSION': (state, value) => {
    state.version = parseDecimalInteger(value, 'EXT-X-VERSION');
  },
  '#EXT-X-TARGETDURATION': (state, value) => {
    // Some encoders write a decimal number where the specification wants an integer.
    state.targetDuration = Math.ceil(parseDecimalFloat(value, 'EXT-X-TARGETDURATION'));
  },
  '#EXT-X-MEDIA-SEQUENCE': (state, value) => {
    state.mediaSequence = parseDecimalInteger(value, 'EXT-X-MEDIA-SEQUENCE');
  },
  '#EXT-X-DISCONTINUITY-SEQUENCE': (state, value) => {
    state.discontinuitySequence = parseDecimalInteger(value, 'EXT-X-DISCONTINUITY-SEQUENCE');
  },
  '#EXT-X-INDEPENDENT-SEGMENTS': (state) => {
    state.hasIndependentSegments = true;
  },
  '#EXT-X-PLAYLIST-TYPE': (state, value) => {
    if (value === 'EVENT' || value === 'VOD') state.playlistType = value;
  },
  '#EXT-X-I-FRAMES-ONLY': (state) => {
    state.isIFramesOnly = true;
  },
  '#EXT-X-ENDLIST': (state) => {
    state.isEnded = true;
  },
  '#EXT-X-SERVER-CONTROL': readServerControl,
  '#EXT-X-PART-INF': (state, value) => {
    state.partTarget = new AttributeList('EXT-X-PART-INF', value).requiredFloat('PART-TARGET');
  },
  '#EXT-X-SKIP': (state, value) => {
    if (state.segments.length > 0) throw broken('EXT-X-SKIP follows a segment');
    state.skippedSegments = new AttributeList('EXT-X-SKIP', value).requiredInteger('SKIPPED-SEGMENTS');
  },
  '#EXT-X-DISCONTINUITY': (state) => {
    state.isDiscontinuity = true;
  },
  '#EXT-X-GAP': (state) => {
    state.isGap = true;
  },
  '#EXT-X-PROGRAM-DATE-TIME': (state, value) => {
    state.programDateTimeMs = parseDateTime(value);
  },
  '#EXT-X-MAP': (state, value) => {
    const attributes = new AttributeList('EXT-X-MAP', value);
    state.map = { uri: attributes.required('URI'), ...byteRangeOf(attributes.byteRange('BYTERANGE')) };
  },
  '#EXT-X-KEY': readKey,
  '#EXTINF': (state, value) => {
    const comma = value.indexOf(',');
    const title = comma === -1 ? '' : value.slice(comma + 1).trim();
    state.info = {
      duration: parseDecimalFloat((comma === -1 ? value : value.slice(0, comma)).trim(), 'EXTINF'),
      title: title === '' ? undefined : title,
    };
  },
  '#EXT-X-BYTERANGE': (state, value) => {
    state.byteRange = parseByteRange(value, 'EXT-X-BYTERANGE');
  },
  '#EXT-X-PART': readPart,
  '#EXT-X-PRELOAD-HINT': readPreloadHint,
  '#EXT-X-RENDITION-REPORT': readRenditionReport,
};

/**
 * Reads the lines of a media playlist; full playlists and delta updates alike.
 *
 * @internal Callers use `parsePlaylist`.
 * @throws {ProtocolError} `ERR_HLS_…`.
 */
export function parseMediaPlaylist(lines: readonly string[]): MediaPlaylist {
  const state = emptyReading();
  for (const line of lines) {
    if (line.startsWith('#')) {
      const colon = line.indexOf(':');
      const name = colon === -1 ? line : line.slice(0, colon);
      if (Object.hasOwn(TAGS, name)) TAGS[name]?.(state, colon === -1 ? '' : line.slice(colon + 1).trim());
    } else {
      readUri(state, line);
    }
  }
  return finish(state);
}

function emptyReading(): Reading {
  return {
    version: 1,
    targetDuration: undefined,
    mediaSequence: 0,
    discontinuitySequence: 0,
    hasIndependentSegments: false,
    playlistType: undefined,
    isIFramesOnly: false,
    isEnded: false,
    serverControl: undefined,
    partTarget: undefined,
    skippedSegments: 0,
    segments: [],
    partCount: 0,
    preloadHints: [],
    renditionReports: [],
    map: undefined,
    key: undefined,
    isDiscontinuity: false,
    isGap: false,
    programDateTimeMs: undefined,
    parts: [],
    info: undefined,
    byteRange: undefined,
  };
}

function readUri(state: Reading, uri: string): void {
  const { info, byteRange } = state;
  if (info === undefined) throw broken('a segment has no EXTINF');
  if (state.segments.length >= HLS_LIMITS.segments) throw broken('there are too many segments');
  state.segments.push({
    ...takeSegmentStart(state),
    uri,
    duration: info.duration,
    ...(info.title === undefined ? {} : { title: info.title }),
    ...byteRangeOf(byteRange),
    isGap: state.isGap,
  });
  state.info = undefined;
  state.byteRange = undefined;
  state.isGap = false;
}

function takeSegmentStart(state: Reading): SegmentStart {
  const { isDiscontinuity, map, key, programDateTimeMs, parts } = state;
  state.isDiscontinuity = false;
  state.programDateTimeMs = undefined;
  state.parts = [];
  return {
    isDiscontinuity,
    ...(map === undefined ? {} : { map }),
    ...(key === undefined ? {} : { key }),
    ...(programDateTimeMs === undefined ? {} : { programDateTimeMs }),
    parts,
  };
}

function finish(state: Reading): MediaPlaylist {
  if (state.targetDuration === undefined) throw broken('EXT-X-TARGETDURATION is missing');
  const openSegment = state.parts.length > 0 ? takeSegmentStart(state) : undefined;
  const { playlistType, serverControl, partTarget } = state;
  return {
    kind: 'media',
    version: state.version,
    targetDuration: state.targetDuration,
    mediaSequence: state.mediaSequence,
    discontinuitySequence: state.discontinuitySequence,
    hasIndependentSegments: state.hasIndependentSegments,
    ...(playlistType === undefined ? {} : { playlistType }),
    isIFramesOnly: state.isIFramesOnly,
    isEnded: state.isEnded,
    ...(serverControl === undefined ? {} : { serverControl }),
    ...(partTarget === undefined ? {} : { partTarget }),
    skippedSegments: state.skippedSegments,
    segments: state.segments,
    ...(openSegment === undefined ? {} : { openSegment }),
    preloadHints: state.preloadHints,
    renditionReports: state.renditionReports,
  };
}

function readServerControl(state: Reading, value: string): void {
  const attributes = new AttributeList('EXT-X-SERVER-CONTROL', value);
  const canSkipUntil = attributes.float('CAN-SKIP-UNTIL');
  const holdBack = attributes.float('HOLD-BACK');
  const partHoldBack = attributes.float('PART-HOLD-BACK');
  state.serverControl = {
    canBlockReload: attributes.yes('CAN-BLOCK-RELOAD'),
    ...(canSkipUntil === undefined ? {} : { canSkipUntil }),
    ...(attributes.yes('CAN-SKIP-DATERANGES') ? { canSkipDateRanges: true } : {}),
    ...(holdBack === undefined ? {} : { holdBack }),
    ...(partHoldBack === undefined ? {} : { partHoldBack }),
  };
}

function readKey(state: Reading, value: string): void {
  const attributes = new AttributeList('EXT-X-KEY', value);
  const uri = attributes.text('URI');
  const iv = attributes.text('IV');
  const keyFormat = attributes.text('KEYFORMAT');
  state.key = {
    method: attributes.required('METHOD'),
    ...(uri === undefined ? {} : { uri }),
    ...(iv === undefined ? {} : { iv }),
    ...(keyFormat === undefined ? {} : { keyFormat }),
  };
}

function readPart(state: Reading, value: string): void {
  const attributes = new AttributeList('EXT-X-PART', value);
  if (state.partCount >= HLS_LIMITS.parts) throw broken('there are too many parts');
  state.partCount += 1;
  state.parts.push({
    uri: attributes.required('URI'),
    duration: attributes.requiredFloat('DURATION'),
    isIndependent: attributes.yes('INDEPENDENT'),
    isGap: attributes.yes('GAP'),
    ...byteRangeOf(attributes.byteRange('BYTERANGE')),
  });
}

function readPreloadHint(state: Reading, value: string): void {
  const attributes = new AttributeList('EXT-X-PRELOAD-HINT', value);
  const type = attributes.required('TYPE');
  if (type !== 'PART' && type !== 'MAP') return; // a type of a later version
  const byteRangeStart = attributes.integer('BYTERANGE-START');
  const byteRangeLength = attributes.integer('BYTERANGE-LENGTH');
  state.preloadHints.push({
    type,
    uri: attributes.required('URI'),
    ...(byteRangeStart === undefined ? {} : { byteRangeStart }),
    ...(byteRangeLength === undefined ? {} : { byteRangeLength }),
  });
}

function readRenditionReport(state: Reading, value: string): void {
  const attributes = new AttributeList('EXT-X-RENDITION-REPORT', value);
  const lastMsn = attributes.integer('LAST-MSN');
  const lastPart = attributes.integer('LAST-PART');
  state.renditionReports.push({
    uri: attributes.required('URI'),
    ...(lastMsn === undefined ? {} : { lastMsn }),
    ...(lastPart === undefined ? {} : { lastPart }),
  });
}

function byteRangeOf(byteRange: ByteRange | undefined): { byteRange?: ByteRange } {
  return byteRange === undefined ? {} : { byteRange };
}

function broken(problem: string): ProtocolError {
  return new ProtocolError('ERR_HLS_PLAYLIST', `the playlist is broken: ${problem}`);
}
