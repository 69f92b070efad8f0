import { ProtocolError } from '@vedette/media';

/**
 * A decimal integer of up to 2^53 − 1; the specification's 2^64 − 1 is more than any counter reaches.
 *
 * @throws {ProtocolError} `ERR_HLS_NUMBER`.
 */
export function parseDecimalInteger(text: string, what: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) {
    throw new ProtocolError('ERR_HLS_NUMBER', `${what} is no decimal integer in range`);
  }
  return value;
}

/**
 * A decimal number, not negative, below 10^12.
 *
 * @throws {ProtocolError} `ERR_HLS_NUMBER`.
 */
export function parseDecimalFloat(text: string, what: string): number {
  if (!/^(?:\d{1,12}(?:\.\d{0,20})?|\.\d{1,20})$/.test(text)) {
    throw new ProtocolError('ERR_HLS_NUMBER', `${what} is no decimal number in range`);
  }
  return Number(text);
}

/** Seconds to the nearest 10 µs, without trailing zeros: `2`, `0.2`, `1.96667`. */
export function formatSeconds(seconds: number): string {
  return String(Number(seconds.toFixed(5)));
}

/**
 * A date and time (ISO 8601) as milliseconds since the Unix epoch; without a zone it is UTC (RFC 8216bis §4.4.4.6).
 *
 * @throws {ProtocolError} `ERR_HLS_DATE`.
 */
export function parseDateTime(text: string): number {
  const [, date, time, zone] =
    /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)(Z|[+-]\d{2}(?::?\d{2})?)?$/.exec(text) ?? [];
  const [, hours, minutes = '00'] = /^([+-]\d{2}):?(\d{2})?$/.exec(zone ?? 'Z') ?? [];
  const ms = Date.parse(`${date ?? ''}T${time ?? ''}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`);
  if (Number.isNaN(ms))
    throw new ProtocolError('ERR_HLS_DATE', 'a date and time of a playlist cannot be read');
  return ms;
}

/** The inverse, to the nearest millisecond, in UTC. */
export function formatDateTime(unixMs: number): string {
  return new Date(Math.round(unixMs)).toISOString();
}
