import { ProtocolError } from '../../errors.ts';
import type { Av1Track, VideoParameters } from '../../track.ts';
import { AV1_LIMITS, ObuType, parseObu, splitObus, withSizeField } from './obu.ts';
import { parseAv1SequenceHeader, type Av1SequenceHeader } from './sequence-header.ts';

const PROFILES = ['Main', 'High', 'Professional'] as const;
/** Marker and version of an AV1CodecConfigurationRecord. */
const RECORD_VERSION = 0x81;
const RECORD_LENGTH = 4;

/**
 * An AV1 track from its sequence header.
 *
 * @param sequenceHeader the whole OBU, with or without its size field.
 * @throws {ProtocolError} `ERR_AV1_SEQUENCE`, `ERR_AV1_OBU`, `ERR_AV1_LEB128`, `ERR_BITS_EXHAUSTED`.
 */
export function createAv1Track(id: number, clockRate: number, sequenceHeader: Uint8Array): Av1Track {
  const obu = parseObu(sequenceHeader);
  if (obu.type !== ObuType.sequenceHeader || obu.payload.length > AV1_LIMITS.sequenceHeaderBytes) {
    throw new ProtocolError('ERR_AV1_SEQUENCE', 'An AV1 track needs a sequence header OBU');
  }
  const header = parseAv1SequenceHeader(obu.payload);
  return {
    kind: 'video',
    codec: 'av1',
    id,
    clockRate,
    config: configurationRecord(header, withSizeField(obu)),
    video: av1VideoParameters(header),
  };
}

/**
 * An AV1 track from its AV1CodecConfigurationRecord, the body of `av1C` in MP4, of FLV's sequence start and
 * of Matroska's CodecPrivate (AV1-ISOBMFF §2.3).
 *
 * @throws {ProtocolError} it is none, or has no sequence header in it.
 */
export function av1TrackFromConfig(id: number, clockRate: number, config: Uint8Array): Av1Track {
  if (config[0] !== RECORD_VERSION || config.length > RECORD_LENGTH + AV1_LIMITS.sequenceHeaderBytes) {
    throw new ProtocolError('ERR_AV1_CONFIG', 'This is no AV1 configuration record');
  }
  const obus = splitObus(config.subarray(RECORD_LENGTH));
  const sequenceHeader = obus.find(({ type }) => type === ObuType.sequenceHeader);
  if (sequenceHeader === undefined) {
    throw new ProtocolError('ERR_AV1_CONFIG', 'The AV1 configuration record has no sequence header');
  }
  return createAv1Track(id, clockRate, sequenceHeader.bytes);
}

/** The sequence header OBU, with its size field, out of a track's configuration record. */
export function av1SequenceHeaderOf({ config }: Pick<Av1Track, 'config'>): Uint8Array {
  return config.subarray(RECORD_LENGTH);
}

function configurationRecord(header: Av1SequenceHeader, sequenceHeader: Uint8Array): Uint8Array {
  const record = new Uint8Array(RECORD_LENGTH + sequenceHeader.length);
  record[0] = RECORD_VERSION;
  record[1] = (header.profile << 5) | header.levelIdx;
  record[2] =
    (header.isHighTier ? 0x80 : 0) |
    (header.bitDepth > 8 ? 0x40 : 0) |
    (header.bitDepth === 12 ? 0x20 : 0) |
    (header.isMonochrome ? 0x10 : 0) |
    (header.subsamplingX << 3) |
    (header.subsamplingY << 2) |
    header.chromaSamplePosition;
  record.set(sequenceHeader, RECORD_LENGTH);
  return record;
}

function av1VideoParameters(header: Av1SequenceHeader): VideoParameters {
  const { profile, levelIdx, width, height, frameRate } = header;
  return {
    codecString: av1CodecString(header),
    profile: PROFILES[profile] ?? String(profile),
    level: levelIdx === 31 ? 'any' : `${2 + (levelIdx >> 2)}.${levelIdx & 3}`,
    width,
    height,
    frameRate,
    reorderDepth: 0, // temporal units are in output order (AV1 §7.5)
  };
}

/** Codec string of AV1-ISOBMFF §5: `av01.`, profile, level and tier, bit depth. */
export function av1CodecString({
  profile,
  levelIdx,
  isHighTier,
  bitDepth,
}: Pick<Av1SequenceHeader, 'profile' | 'levelIdx' | 'isHighTier' | 'bitDepth'>): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `av01.${profile}.${two(levelIdx)}${isHighTier ? 'H' : 'M'}.${two(bitDepth)}`;
}
