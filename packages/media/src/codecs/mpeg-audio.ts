import { ProtocolError } from '../errors.ts';
import type { MpegAudioTrack } from '../track.ts';

/** What the four bytes in front of a frame say (ISO 11172-3 §2.4.1.3, ISO 13818-3 §2.4.2.3). */
export interface MpegAudioHeader {
  readonly layer: 1 | 2 | 3;
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples of each channel in one frame: its duration in ticks of the sample rate. */
  readonly samplesPerFrame: number;
  /** Length of the frame, header included, in bytes. */
  readonly byteLength: number;
}

/** Bytes of a header. */
export const MPEG_AUDIO_HEADER_BYTES = 4;

/** kbit/s by layer, for MPEG-1 (ISO 11172-3 table 2.4.2.3); index 0 is free format. */
const BIT_RATES_1: readonly (readonly number[])[] = [
  [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
];
/** For MPEG-2 and 2.5 (ISO 13818-3 §2.4.2.3): layers II and III share a row. */
const BIT_RATES_2: readonly (readonly number[])[] = [
  [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
const SAMPLE_RATES = [44_100, 48_000, 32_000];
/** By the bits of the header; the gap is reserved. */
const LAYERS = [undefined, 3, 2, 1] as const;
/** By version: 0 is MPEG-2.5, 1 reserved, 2 MPEG-2, 3 MPEG-1. */
const RATE_DIVISORS = [4, undefined, 2, 1] as const;
const MPEG_1 = 3;
const SINGLE_CHANNEL = 3;
/** Samples of a frame by layer, in MPEG-1, and in MPEG-2 and 2.5. */
const SAMPLES_1 = [384, 1152, 1152];
const SAMPLES_2 = [384, 1152, 576];

/**
 * Parses the header that begins a frame.
 *
 * @throws {ProtocolError} `ERR_MPEG_AUDIO`: no sync word, a reserved value, or the free format.
 */
// eslint-disable-next-line complexity -- a table look-up a field, and each may be reserved
export function parseMpegAudioHeader(bytes: Uint8Array): MpegAudioHeader {
  const [first, second = 0, third = 0, fourth] = bytes;
  if (fourth === undefined || first !== 0xff || (second & 0xe0) !== 0xe0) throw invalid('no sync word');
  const version = (second >>> 3) & 3;
  const layer = LAYERS[(second >>> 1) & 3];
  const sampleRate = (SAMPLE_RATES[(third >>> 2) & 3] ?? 0) / (RATE_DIVISORS[version] ?? Infinity);
  if (layer === undefined || sampleRate === 0) throw invalid('a reserved value');
  const [rates, samples] = version === MPEG_1 ? [BIT_RATES_1, SAMPLES_1] : [BIT_RATES_2, SAMPLES_2];
  const kilobits = rates[layer - 1]?.[third >>> 4] ?? 0;
  if (kilobits === 0) throw invalid('a bit rate that says nothing about the length');
  const samplesPerFrame = samples[layer - 1] ?? 0;
  const channels = fourth >>> 6 === SINGLE_CHANNEL ? 1 : 2;
  // Layer 1 counts in slots of 4 bytes (ISO 11172-3 §2.4.3.1).
  const slotBytes = layer === 1 ? 4 : 1;
  const slots = Math.floor((samplesPerFrame * 125 * kilobits) / (sampleRate * slotBytes));
  const byteLength = (slots + ((third >>> 1) & 1)) * slotBytes;
  return { layer, sampleRate, channels, samplesPerFrame, byteLength };
}

export function createMpegAudioTrack(
  id: number,
  { layer, sampleRate, channels }: MpegAudioHeader,
): MpegAudioTrack {
  return { kind: 'audio', codec: 'mpa', id, clockRate: sampleRate, layer, sampleRate, channels };
}

function invalid(reason: string): ProtocolError {
  return new ProtocolError('ERR_MPEG_AUDIO', `Bad MPEG audio frame: ${reason}`);
}
