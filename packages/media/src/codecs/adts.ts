import { ProtocolError } from '../errors.ts';
import { channelsOf, sampleRateAt, sampleRateIndex, type AudioSpecificConfig } from './aac.ts';
import { BitReader } from './bit-reader.ts';

/** One AAC frame out of an ADTS stream. */
export interface AdtsFrame {
  readonly config: AudioSpecificConfig;
  /** The raw frame, a view. */
  readonly data: Uint8Array;
  /** Length with header, in bytes. */
  readonly byteLength: number;
}

const HEADER_BYTES = 7;
const CRC_BYTES = 2;
const MAX_FRAME_BYTES = 0x1fff;
/** Frames in one call of {@link splitAdts}: far above what one PES packet holds. */
const MAX_FRAMES = 1024;

/**
 * Splits whole ADTS frames (ISO 14496-3 §1.A.2) into raw AAC frames.
 *
 * @throws {ProtocolError} `ERR_ADTS`: lost sync, a frame that reaches beyond `bytes`, several raw data
 * blocks in a frame, or channels described by a program config element inside the frame.
 */
export function splitAdts(bytes: Uint8Array): AdtsFrame[] {
  const frames: AdtsFrame[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    if (frames.length >= MAX_FRAMES) throw invalid(`more than ${MAX_FRAMES} frames`);
    const frame = parseAdtsFrame(bytes.subarray(offset));
    frames.push(frame);
    offset += frame.byteLength;
  }
  return frames;
}

/**
 * Length of the frame that begins at `offset`, header included, in bytes; 0 where too little is there to tell, -1
 * where none begins.
 */
export function adtsFrameLength(bytes: Uint8Array, offset: number): number {
  if (bytes.length - offset < HEADER_BYTES) return 0;
  const second = bytes[offset + 1] ?? 0;
  if (bytes[offset] !== 0xff || (second & 0xf6) !== 0xf0) return -1;
  const length =
    (((bytes[offset + 3] ?? 0) & 3) << 11) |
    ((bytes[offset + 4] ?? 0) << 3) |
    ((bytes[offset + 5] ?? 0) >>> 5);
  return length > HEADER_BYTES ? length : -1;
}

/**
 * Parses the ADTS frame at the beginning of `bytes`.
 *
 * @throws {ProtocolError} `ERR_ADTS`: as {@link splitAdts}.
 */
export function parseAdtsFrame(bytes: Uint8Array): AdtsFrame {
  if (bytes.length < HEADER_BYTES) throw invalid('too short');
  const header = new BitReader(bytes.subarray(0, HEADER_BYTES));
  if (header.bits(12) !== 0xfff) throw invalid('no sync word');
  header.skip(1); // ID: MPEG-2 or MPEG-4
  if (header.bits(2) !== 0) throw invalid('not layer 0');
  const headerLength = header.flag() ? HEADER_BYTES : HEADER_BYTES + CRC_BYTES;
  const objectType = header.bits(2) + 1;
  const sampleRate = sampleRateAt(header.bits(4));
  if (sampleRate === undefined) throw invalid('reserved sampling frequency');
  header.skip(1); // private_bit
  const channelConfiguration = header.bits(3);
  if (channelConfiguration === 0) throw invalid('channels are described inside the frame');
  header.skip(4); // original, home, copyright
  const length = header.bits(13);
  if (length <= headerLength || length > bytes.length) throw invalid(`frame length ${length}`);
  header.skip(11); // adts_buffer_fullness
  if (header.bits(2) !== 0) throw invalid('several raw data blocks in one frame');
  const channels = channelsOf(channelConfiguration);
  const config = {
    objectType,
    sampleRate,
    channelConfiguration,
    channels,
    samplesPerFrame: 1024,
    sbr: undefined,
  } as const;
  return { config, data: bytes.subarray(headerLength, length), byteLength: length };
}

/**
 * The ADTS header, without CRC, of a raw AAC frame of `frameBytes`.
 *
 * @throws {RangeError} what the header has no bits for: another sample rate than the 13 of the table, a
 * channel configuration of 0 or above 7, a frame above 8,184 bytes.
 */
export function adtsHeader(config: AudioSpecificConfig, frameBytes: number): Uint8Array {
  const rateIndex = sampleRateIndex(config.sampleRate);
  const channels = config.channelConfiguration;
  const length = HEADER_BYTES + frameBytes;
  if (rateIndex === undefined || channels < 1 || channels > 7 || length > MAX_FRAME_BYTES) {
    throw new RangeError('ADTS has no room for this sample rate, channel configuration or frame length');
  }
  return Uint8Array.of(
    0xff,
    0xf1,
    ((config.objectType - 1) << 6) | (rateIndex << 2) | (channels >>> 2),
    ((channels & 3) << 6) | (length >>> 11),
    (length >>> 3) & 0xff,
    ((length & 7) << 5) | 0x1f, // buffer fullness 0x7ff: variable bit rate
    0xfc,
  );
}

/**
 * Writes one raw AAC frame behind an ADTS header without CRC.
 *
 * @throws {RangeError} as {@link adtsHeader}.
 */
export function serializeAdts(config: AudioSpecificConfig, frame: Uint8Array): Uint8Array {
  const header = adtsHeader(config, frame.length);
  const out = new Uint8Array(header.length + frame.length);
  out.set(header);
  out.set(frame, header.length);
  return out;
}

function invalid(reason: string): ProtocolError {
  return new ProtocolError('ERR_ADTS', `Bad ADTS frame: ${reason}`);
}
