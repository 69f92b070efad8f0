import { ProtocolError } from '../../errors.ts';

/** Parameter sets and other NAL units out of an `hvcC` payload. */
export interface HevcConfiguration {
  /** Bytes of the length in front of each NAL unit of a sample: 1, 2 or 4. */
  readonly lengthSize: number;
  /** All NAL units of the record, views, in its order: VPS, SPS, PPS as a rule. */
  readonly nals: readonly Uint8Array[];
}

const HEADER_BYTES = 23;
const MAX_NALS = 256;

/**
 * Parses an HEVCDecoderConfigurationRecord (ISO 14496-15 §8.3.3.1), as `hvcC` boxes and Enhanced RTMP hold it.
 *
 * @throws {ProtocolError} `ERR_HVCC`.
 */
export function parseHevcDecoderConfiguration(bytes: Uint8Array): HevcConfiguration {
  // Version 0 is what drafts of the standard had, and some encoders still send.
  if (bytes.length < HEADER_BYTES || (bytes[0] ?? 0) > 1) throw invalid('too short or of another version');
  const lengthSize = ((bytes[21] ?? 0) & 3) + 1;
  if (lengthSize === 3) throw invalid('NAL unit lengths of 3 bytes');
  const nals: Uint8Array[] = [];
  let at = HEADER_BYTES;
  for (let array = 0; array < (bytes[22] ?? 0); array++) {
    const count = u16(bytes, at + 1);
    at += 3;
    for (let i = 0; i < count; i++) {
      const length = u16(bytes, at);
      at += 2;
      if (at + length > bytes.length) throw invalid('it ends inside a NAL unit');
      if (nals.length >= MAX_NALS) throw invalid(`more than ${MAX_NALS} NAL units`);
      if (length > 0) nals.push(bytes.subarray(at, at + length));
      at += length;
    }
  }
  return { lengthSize, nals };
}

function u16(bytes: Uint8Array, at: number): number {
  const [high, low] = [bytes[at], bytes[at + 1]];
  if (high === undefined || low === undefined) throw invalid('it ends inside a field');
  return (high << 8) | low;
}

function invalid(reason: string): ProtocolError {
  return new ProtocolError('ERR_HVCC', `Bad hvcC: ${reason}`);
}
