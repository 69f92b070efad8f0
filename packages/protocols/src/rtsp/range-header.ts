import { ProtocolError } from '@vedette/media';

import { parseParameter, splitQuoted } from './parameters.ts';

/** Normal play time (RFC 2326 §3.6), in seconds from the beginning; `now` is the live edge. */
export interface NptRange {
  readonly unit: 'npt';
  readonly start?: number | 'now';
  readonly end?: number;
}

/** Absolute time (RFC 2326 §3.7), in milliseconds since the Unix epoch. */
export interface ClockRange {
  readonly unit: 'clock';
  readonly startMs: number;
  readonly endMs?: number;
}

export interface SmpteTime {
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  readonly frames: number;
  /** Hundredths of a frame. */
  readonly subframes: number;
}

/** SMPTE relative time codes (RFC 2326 §3.5). */
export interface SmpteRange {
  readonly unit: 'smpte' | 'smpte-25' | 'smpte-30-drop';
  readonly start: SmpteTime;
  readonly end?: SmpteTime;
}

/** A `Range` header (RFC 2326 §12.29). */
export type RtspRange = NptRange | ClockRange | SmpteRange;

/**
 * Parses a `Range` header; its `time` parameter is ignored.
 *
 * @throws {ProtocolError} `ERR_RTSP_RANGE`: an unknown unit or a malformed time (answer 457). `ERR_RTSP_PARAMETERS`.
 */
export function parseRange(value: string): RtspRange {
  const [element = ''] = splitQuoted(value, ';');
  const { name: unit, value: span = '' } = parseParameter(element);
  const [start, end, excess] = span.split('-', 3).map((time) => time.trim());
  if (start === undefined || end === undefined || excess !== undefined) throw malformed();
  switch (unit) {
    case 'npt':
      return parseNptRange(start, end);
    case 'clock':
      return { unit, startMs: parseClock(start), ...(end === '' ? {} : { endMs: parseClock(end) }) };
    case 'smpte':
    case 'smpte-25':
    case 'smpte-30-drop':
      return parseSmpteRange(unit, start, end);
    default:
      throw malformed();
  }
}

export function serializeRange(range: RtspRange): string {
  switch (range.unit) {
    case 'npt':
      return `npt=${range.start ?? ''}-${range.end ?? ''}`;
    case 'clock':
      return `clock=${formatClock(range.startMs)}-${range.endMs === undefined ? '' : formatClock(range.endMs)}`;
    default:
      return `${range.unit}=${formatSmpte(range.start)}-${range.end === undefined ? '' : formatSmpte(range.end)}`;
  }
}

function malformed(): ProtocolError {
  return new ProtocolError(
    'ERR_RTSP_RANGE',
    'a Range header is not npt=, clock= or smpte= with a valid span',
  );
}

function parseNptRange(start: string, end: string): NptRange {
  if (start === '' && end === '') throw malformed();
  return {
    unit: 'npt',
    ...(start === '' ? {} : { start: start === 'now' ? 'now' : parseNpt(start) }),
    ...(end === '' || end === 'now' ? {} : { end: parseNpt(end) }),
  };
}

function parseSmpteRange(unit: SmpteRange['unit'], start: string, end: string): SmpteRange {
  return { unit, start: parseSmpte(start), ...(end === '' ? {} : { end: parseSmpte(end) }) };
}

function parseNpt(text: string): number {
  const clock = /^(\d{1,9}):([0-5]?\d):([0-5]?\d(?:\.\d{0,9})?)$/.exec(text);
  if (clock !== null) return Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3]);
  if (!/^\d{1,12}(?:\.\d{0,9})?$/.test(text)) throw malformed();
  return Number(text);
}

/** `19961108T143720.25Z`. */
function parseClock(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\.\d{1,9})?Z$/i.exec(text);
  if (match === null) throw malformed();
  const [, year, month, day, hours, minutes, seconds, fraction] = match;
  // A date without fraction keeps exact milliseconds; finer fractions round to the nearest.
  const wholeMs = Date.parse(
    `${year ?? ''}-${month ?? ''}-${day ?? ''}T${hours ?? ''}:${minutes ?? ''}:${seconds ?? ''}Z`,
  );
  if (Number.isNaN(wholeMs)) throw malformed();
  return wholeMs + Math.round(Number(fraction ?? 0) * 1000);
}

function formatClock(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]/g, '').replace('.000Z', 'Z');
}

function parseSmpte(text: string): SmpteTime {
  const match = /^(\d{1,3}):([0-5]?\d):([0-5]?\d)(?::(\d{1,2})(?:\.(\d{1,2}))?)?$/.exec(text);
  if (match === null) throw malformed();
  const [, hours, minutes, seconds, frames, subframes] = match;
  return {
    hours: Number(hours),
    minutes: Number(minutes),
    seconds: Number(seconds),
    frames: Number(frames ?? 0),
    subframes: Number(subframes ?? 0),
  };
}

function formatSmpte({ hours, minutes, seconds, frames, subframes }: SmpteTime): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  let text = `${two(hours)}:${two(minutes)}:${two(seconds)}`;
  if (frames > 0 || subframes > 0) text += `:${two(frames)}`;
  if (subframes > 0) text += `.${two(subframes)}`;
  return text;
}
