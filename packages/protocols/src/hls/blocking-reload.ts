import { ProtocolError } from '@vedette/media';
import { parseDecimalInteger } from './numbers.ts';

/** What a client asks of a playlist by its query (RFC 8216bis §6.2.5). */
export interface DeliveryDirectives {
  /** `_HLS_msn`: answer once the playlist has the segment of this media sequence number… */
  readonly msn?: number | undefined;
  /** `_HLS_part`: …or this part of it, counted from 0. */
  readonly part?: number | undefined;
  /** `_HLS_skip`: a delta update will do. */
  readonly skip: boolean;
}

/**
 * Reads the delivery directives among the query parameters of a playlist request.
 *
 * @throws {ProtocolError} `ERR_HLS_DIRECTIVE`: a number that is none, a directive given twice, or `_HLS_part`
 * without `_HLS_msn`: answer 400.
 */
export function parseDeliveryDirectives(query: Readonly<Record<string, unknown>>): DeliveryDirectives {
  const msn = counter(query, '_HLS_msn');
  const part = counter(query, '_HLS_part');
  if (part !== undefined && msn === undefined) {
    throw new ProtocolError('ERR_HLS_DIRECTIVE', '_HLS_part needs _HLS_msn');
  }
  const skip = query['_HLS_skip'];
  return {
    ...(msn === undefined ? {} : { msn }),
    ...(part === undefined ? {} : { part }),
    skip: skip === 'YES' || skip === 'v2',
  };
}

function counter(query: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const value = query[name];
  if (value === undefined) return undefined;
  try {
    return parseDecimalInteger(typeof value === 'string' ? value : '', name);
  } catch (cause) {
    throw new ProtocolError('ERR_HLS_DIRECTIVE', `${name} must be one decimal integer`, { cause });
  }
}

/** How far a live playlist is. */
export interface PlaylistEdge {
  /** Media sequence number of the last complete segment; one less than the first one's before that is complete. */
  readonly lastMsn: number;
  /** Parts of that segment; `Infinity` in a playlist without parts. */
  readonly lastPartCount: number;
  /** Parts of the segment after it that are there already. */
  readonly openPartCount: number;
  /** Seconds. */
  readonly partTarget: number;
  readonly isEnded: boolean;
}

/** `answer` now, `wait` for the playlist to grow and decide again, or `refuse` (400). */
export type ReloadDecision = 'answer' | 'wait' | 'refuse';

/** Segments that a client may be ahead of the playlist. */
const MAX_SEGMENTS_AHEAD = 2;

/**
 * Whether a playlist that is as far as `edge` answers a request (RFC 8216bis §6.2.5.2).
 *
 * Pure: ask again after every change, and give up after three target durations (503).
 */
export function blockingReload(edge: PlaylistEdge, { msn, part }: DeliveryDirectives): ReloadDecision {
  if (edge.isEnded || msn === undefined || msn < edge.lastMsn) return 'answer';
  if (msn > edge.lastMsn + MAX_SEGMENTS_AHEAD) return 'refuse';
  if (part === undefined) return msn === edge.lastMsn ? 'answer' : 'wait';
  if (msn === edge.lastMsn) {
    // A part beyond the segment's last one means part 0 of the next segment.
    return part < edge.lastPartCount || edge.openPartCount > 0 ? 'answer' : 'wait';
  }
  return blockingPart(msn === edge.lastMsn + 1 ? edge.openPartCount : 0, part, edge.partTarget);
}

function blockingPart(partCount: number, part: number, partTarget: number): ReloadDecision {
  if (part < partCount) return 'answer';
  return part - partCount < advancePartLimit(partTarget) ? 'wait' : 'refuse';
}

/** Parts that a client may be ahead of the playlist: three seconds of them, at least three. */
function advancePartLimit(partTarget: number): number {
  return partTarget > 0 && partTarget < 1 ? Math.ceil(3 / partTarget) : 3;
}
