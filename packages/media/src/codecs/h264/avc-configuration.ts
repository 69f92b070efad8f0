import { ProtocolError } from '../../errors.ts';
import type { H264Track } from '../../track.ts';
import { parseSps } from './sps.ts';

/** What the 5 and 8 bits wide counts of `avcC` can say; sets beyond stay in the bitstream only. */
const MAX_SPS = 31;
const MAX_PPS = 255;
/** Profiles whose record ends after the picture parameter sets. */
const PROFILES_WITHOUT_FORMAT: readonly number[] = [66, 77, 88];

/** AVCDecoderConfigurationRecord (ISO 14496-15 §5.3.3.1): payload of `avcC`, 4-byte NAL unit lengths. */
export function avcDecoderConfiguration(track: H264Track): Uint8Array {
  const [first] = track.sps;
  if (first === undefined) throw new ProtocolError('ERR_H264_SPS', 'The H.264 track has no parameter sets');
  const spsList = track.sps.slice(0, MAX_SPS);
  const ppsList = track.pps.slice(0, MAX_PPS);
  const { profileIdc, constraintFlags, levelIdc, chromaFormatIdc, bitDepthLuma, bitDepthChroma } =
    parseSps(first);
  const bytes = [1, profileIdc, constraintFlags, levelIdc, 0xfc | 3, 0xe0 | spsList.length];
  for (const sps of spsList) bytes.push(sps.length >>> 8, sps.length & 0xff, ...sps);
  bytes.push(ppsList.length);
  for (const pps of ppsList) bytes.push(pps.length >>> 8, pps.length & 0xff, ...pps);
  if (!PROFILES_WITHOUT_FORMAT.includes(profileIdc)) {
    bytes.push(0xfc | chromaFormatIdc, 0xf8 | (bitDepthLuma - 8), 0xf8 | (bitDepthChroma - 8), 0);
  }
  return Uint8Array.from(bytes);
}

/** Parameter sets out of an `avcC` payload. */
export interface AvcConfiguration {
  /** Bytes of the length in front of each NAL unit of a sample: 1, 2 or 4. */
  readonly lengthSize: number;
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
}

/**
 * Parses an AVCDecoderConfigurationRecord, as `avcC` boxes and RTMP hold it. Parameter sets are views.
 *
 * @throws {ProtocolError} `ERR_AVCC`.
 */
export function parseAvcDecoderConfiguration(bytes: Uint8Array): AvcConfiguration {
  if (bytes.length < 7 || bytes[0] !== 1)
    throw new ProtocolError('ERR_AVCC', 'Bad avcC: too short or of another version');
  const lengthSize = ((bytes[4] ?? 0) & 3) + 1;
  if (lengthSize === 3) throw new ProtocolError('ERR_AVCC', 'Bad avcC: NAL unit lengths of 3 bytes');
  const sps: Uint8Array[] = [];
  const pps: Uint8Array[] = [];
  const afterSps = readSets(bytes, 6, (bytes[5] ?? 0) & 0x1f, sps);
  const ppsCount = bytes[afterSps];
  if (ppsCount === undefined)
    throw new ProtocolError('ERR_AVCC', 'Bad avcC: ends before the picture parameter sets');
  readSets(bytes, afterSps + 1, ppsCount, pps);
  return { lengthSize, sps, pps };
}

function readSets(bytes: Uint8Array, start: number, count: number, into: Uint8Array[]): number {
  let offset = start;
  for (let i = 0; i < count; i++) {
    const length = ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
    offset += 2;
    if (offset + length > bytes.length)
      throw new ProtocolError('ERR_AVCC', 'Bad avcC: ends inside a parameter set');
    if (length > 0) into.push(bytes.subarray(offset, offset + length));
    offset += length;
  }
  return offset;
}
