import { parseParameter } from './parameters.ts';

/** Streams of one presentation; more is no honest message. */
const MAX_ENTRIES = 64;

/** One stream of an `RTP-Info` header (RFC 2326 §12.33). */
export interface RtpInfo {
  /** As the server wrote it: absolute, or only the control part. */
  readonly url: string;
  /** Sequence number of the first packet. */
  readonly sequenceNumber?: number;
  /** RTP timestamp that corresponds to the start of `Range`. */
  readonly rtpTime?: number;
}

/**
 * Parses an `RTP-Info` header. Values out of range (cameras send `rtptime=-1` or nothing) count as
 * absent, entries without a URL are left out; nothing is refused.
 */
export function parseRtpInfo(value: string): RtpInfo[] {
  const entries: RtpInfo[] = [];
  // URLs are not quoted and may hold "," and ";": they end where the next known parameter begins.
  for (const entry of value.split(/,\s*(?=url\s*=)/i, MAX_ENTRIES)) {
    const end = entry.search(/;\s*(?:seq|rtptime)\s*=/i);
    const { name, value: url } = parseParameter(end === -1 ? entry : entry.slice(0, end));
    if (name !== 'url' || url === undefined || url === '') continue;
    const rest =
      end === -1
        ? []
        : entry
            .slice(end + 1)
            .split(';', 8)
            .map(parseParameter);
    const sequenceNumber = parseUint(rest.find((one) => one.name === 'seq')?.value, 0xffff);
    const rtpTime = parseUint(rest.find((one) => one.name === 'rtptime')?.value, 0xffff_ffff);
    entries.push({
      url,
      ...(sequenceNumber === undefined ? {} : { sequenceNumber }),
      ...(rtpTime === undefined ? {} : { rtpTime }),
    });
  }
  return entries;
}

export function serializeRtpInfo(entries: readonly RtpInfo[]): string {
  return entries
    .map(({ url, sequenceNumber, rtpTime }) => {
      let text = `url=${url}`;
      if (sequenceNumber !== undefined) text += `;seq=${sequenceNumber}`;
      if (rtpTime !== undefined) text += `;rtptime=${rtpTime}`;
      return text;
    })
    .join(',');
}

function parseUint(text: string | undefined, max: number): number | undefined {
  if (text === undefined || !/^\s*\d{1,10}\s*,?$/.test(text)) return undefined;
  const number = Number.parseInt(text, 10);
  return number <= max ? number : undefined;
}
