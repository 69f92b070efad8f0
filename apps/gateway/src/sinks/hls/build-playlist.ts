import type {
  MediaPlaylist,
  MediaSegment,
  PartialSegment,
  PlaylistEdge,
  SegmentStart,
} from '@vedette/protocols';
import { resourceName } from './resource-names.ts';
import type { HlsPart, HlsSegment, SegmentWindow } from './segment-window.ts';

/** `lowLatency` has parts; `plain` has only what every player has always known. */
export type PlaylistKind = 'lowLatency' | 'plain';

/** What a playlist is made from. */
export interface PlaylistState {
  /** Marks the names. */
  readonly run: number;
  readonly window: SegmentWindow;
  /** Seconds that the regular parts keep to. */
  readonly partTarget: number;
  readonly isEnded: boolean;
}

/** Target durations that parts stay listed, that a player holds back, and that may not be skipped. */
const PARTS_LISTED = 3;
const HOLD_BACK = 3;
const SKIP_UNTIL = 6;
/** Part targets that a low-latency player holds back. */
const PART_HOLD_BACK = 3;

/** The playlist as of now; `undefined` while there is nothing to play. */
export function buildPlaylist(kind: PlaylistKind, state: PlaylistState): MediaPlaylist | undefined {
  return kind === 'lowLatency' ? buildLowLatency(state) : buildPlain(state);
}

/** How far the playlist of that kind is. */
export function playlistEdge(
  kind: PlaylistKind,
  { window, partTarget, isEnded }: PlaylistState,
): PlaylistEdge {
  const last = window.listed.at(-1);
  const isPlain = kind === 'plain';
  return {
    lastMsn: last?.msn ?? -1,
    lastPartCount: isPlain ? Infinity : (last?.parts.length ?? 0),
    openPartCount: isPlain ? 0 : (window.open?.parts.length ?? 0),
    partTarget,
    isEnded,
  };
}

function buildLowLatency(state: PlaylistState): MediaPlaylist | undefined {
  const { run, window, isEnded } = state;
  const { listed, open, targetDuration } = window;
  const first = listed[0];
  if (first === undefined) return undefined;
  const firstWithParts = partsFrom(listed, open, targetDuration);
  const parts = [...listed.slice(firstWithParts), ...(open === undefined ? [] : [open])].flatMap(
    (segment) => segment.parts,
  );
  // A unit that lasted longer than planned (a hiccup of the camera) counts while it is listed.
  const partTarget = Math.max(state.partTarget, ...parts.map(({ duration }) => duration));
  return {
    ...base(state, listed, 9),
    serverControl: {
      canBlockReload: true,
      canSkipUntil: SKIP_UNTIL * targetDuration,
      holdBack: HOLD_BACK * targetDuration,
      partHoldBack: PART_HOLD_BACK * partTarget,
    },
    partTarget,
    segments: listed.map((segment, i) => ({
      ...completeSegment(state, segment, i >= firstWithParts),
      ...(i >= firstWithParts && segment.isGap && segment.msn === window.firstMsn - 1
        ? { parts: gapParts(state, segment, partTarget) }
        : {}),
    })),
    ...(open === undefined ? {} : { openSegment: segmentStart(state, open, true) }),
    preloadHints: isEnded
      ? []
      : [{ type: 'PART', uri: resourceName({ type: 'part', run, index: window.nextPart }) }],
  };
}

function buildPlain(state: PlaylistState): MediaPlaylist | undefined {
  const { window } = state;
  const listed = window.listed.filter(({ isGap }) => !isGap);
  if (listed.length === 0) return undefined;
  return {
    ...base(state, listed, 7),
    serverControl: { canBlockReload: true, holdBack: HOLD_BACK * window.targetDuration },
    segments: listed.map((segment) => completeSegment(state, segment, false)),
    preloadHints: [],
  };
}

function base(
  { window, isEnded }: PlaylistState,
  listed: readonly HlsSegment[],
  version: number,
): Omit<MediaPlaylist, 'segments' | 'preloadHints'> {
  const { open } = window;
  return {
    kind: 'media',
    version,
    targetDuration: window.targetDuration,
    mediaSequence: listed[0]?.msn ?? 0,
    discontinuitySequence: window.discontinuitySequence,
    hasIndependentSegments:
      listed.every(({ isIndependent }) => isIndependent) && open?.isIndependent !== false,
    isIFramesOnly: false,
    isEnded,
    skippedSegments: 0,
    renditionReports: [],
  };
}

/** Index of the first listed segment whose parts are listed: those near the end (RFC 8216bis §6.2.2). */
function partsFrom(
  listed: readonly HlsSegment[],
  open: HlsSegment | undefined,
  targetDuration: number,
): number {
  let distance = open?.duration ?? 0;
  let index = listed.length;
  while (index > 0 && distance < PARTS_LISTED * targetDuration) {
    index -= 1;
    distance += listed[index]?.duration ?? 0;
  }
  return index;
}

function completeSegment(state: PlaylistState, segment: HlsSegment, withParts: boolean): MediaSegment {
  return {
    ...segmentStart(state, segment, withParts),
    uri: segmentUri(state, segment),
    duration: segment.duration,
    isGap: segment.isGap,
  };
}

function segmentUri({ run, window: { firstMsn } }: PlaylistState, { msn, isGap }: HlsSegment): string {
  return resourceName(
    isGap ? { type: 'gap', run, index: firstMsn - msn } : { type: 'segment', run, index: msn - firstMsn },
  );
}

function segmentStart({ run }: PlaylistState, segment: HlsSegment, withParts: boolean): SegmentStart {
  const { init, wallClockMs } = segment;
  return {
    isDiscontinuity: segment.isDiscontinuity,
    ...(init === undefined ? {} : { map: { uri: resourceName({ type: 'init', run, index: init.index }) } }),
    ...(Number.isFinite(wallClockMs) ? { programDateTimeMs: wallClockMs } : {}),
    parts: withParts ? segment.parts.map((part) => partialSegment(run, part)) : [],
  };
}

/**
 * The parts of the gap before the first segment. hls.js loads parts only where parts of an earlier segment are
 * listed, and would otherwise wait for the end of the very first one.
 */
function gapParts(state: PlaylistState, segment: HlsSegment, partTarget: number): PartialSegment[] {
  const uri = segmentUri(state, segment);
  const parts: PartialSegment[] = [];
  for (let left = segment.duration; left > 1e-5; left -= partTarget) {
    parts.push({ uri, duration: Math.min(left, partTarget), isIndependent: false, isGap: true });
  }
  return parts;
}

function partialSegment(run: number, part: HlsPart): PartialSegment {
  return {
    uri: resourceName({ type: 'part', run, index: part.index }),
    duration: part.duration,
    isIndependent: part.isIndependent,
    isGap: false,
  };
}
