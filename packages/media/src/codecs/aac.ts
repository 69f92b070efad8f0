import { ProtocolError } from '../errors.ts';
import type { AacTrack } from '../track.ts';
import { BitReader } from './bit-reader.ts';
import { BitWriter } from './bit-writer.ts';

/** What an AudioSpecificConfig says of AAC (ISO 14496-3 §1.6.2.1). */
export interface AudioSpecificConfig {
  /** Audio object type of the core: 1 Main, 2 LC, 3 SSR, 4 LTP. */
  readonly objectType: number;
  /** Samples per second of the core coder; what SBR puts on top is in `sbr`. */
  readonly sampleRate: number;
  /** 1 to 15, or 0 where a program config element describes the channels. */
  readonly channelConfiguration: number;
  /** Channels of the core coder. */
  readonly channels: number;
  /** Samples of the core coder, per channel, in one frame. */
  readonly samplesPerFrame: 1024 | 960;
  /** Explicitly signalled spectral band replication (HE-AAC); `undefined` where there is none. */
  readonly sbr: { readonly sampleRate: number; readonly hasParametricStereo: boolean } | undefined;
}

const SAMPLE_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
];
/** Channels by channelConfiguration (ISO 14496-3 table 1.19); 0 where reserved. */
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 0, 8, 0];
const ESCAPED_RATE = 15;
const SBR = 5;
const PARAMETRIC_STEREO = 29;
const MAX_SAMPLE_RATE = 192_000;
/** A longer config is no AAC: a full program config element with its comment stays below. */
const MAX_CONFIG_BYTES = 512;

/**
 * Parses an AudioSpecificConfig of AAC Main, LC, SSR or LTP, with or without explicit SBR and PS
 * signalling, hierarchical or backward compatible.
 *
 * @throws {ProtocolError} `ERR_AAC_CONFIG`: bad or of another object type, `ERR_BITS_…`: too short.
 */
export function parseAudioSpecificConfig(bytes: Uint8Array): AudioSpecificConfig {
  if (bytes.length > MAX_CONFIG_BYTES) throw invalid(`${bytes.length} bytes are too many`);
  const reader = new BitReader(bytes);
  let objectType = readObjectType(reader);
  const sampleRate = readSampleRate(reader);
  const channelConfiguration = reader.bits(4);
  let sbr: AudioSpecificConfig['sbr'];
  if (objectType === SBR || objectType === PARAMETRIC_STEREO) {
    sbr = { sampleRate: readSampleRate(reader), hasParametricStereo: objectType === PARAMETRIC_STEREO };
    objectType = readObjectType(reader);
  }
  if (objectType < 1 || objectType > 4)
    throw invalid(`audio object type ${objectType} is not supported, use AAC-LC`);
  const samplesPerFrame = reader.flag() ? 960 : 1024;
  if (reader.flag()) reader.skip(14); // coreCoderDelay
  reader.skip(1); // extensionFlag: nothing follows it for these object types
  const channels =
    channelConfiguration === 0 ? readProgramConfigChannels(reader) : (CHANNELS[channelConfiguration] ?? 0);
  if (channels === 0) throw invalid(`channel configuration ${channelConfiguration} has no channels`);
  sbr ??= readSyncExtension(reader);
  return { objectType, sampleRate, channelConfiguration, channels, samplesPerFrame, sbr };
}

/**
 * Serializes an AudioSpecificConfig; SBR and PS are signalled hierarchically.
 *
 * @throws {RangeError} `channelConfiguration` is 0: a program config element is kept only as the bytes
 * it came in.
 */
export function serializeAudioSpecificConfig(config: AudioSpecificConfig): Uint8Array {
  if (config.channelConfiguration === 0)
    throw new RangeError('A program config element cannot be serialized');
  const writer = new BitWriter();
  if (config.sbr !== undefined) {
    writer.bits(config.sbr.hasParametricStereo ? PARAMETRIC_STEREO : SBR, 5);
    writeSampleRate(writer, config.sampleRate);
    writer.bits(config.channelConfiguration, 4);
    writeSampleRate(writer, config.sbr.sampleRate);
    writer.bits(config.objectType, 5);
  } else {
    writer.bits(config.objectType, 5);
    writeSampleRate(writer, config.sampleRate);
    writer.bits(config.channelConfiguration, 4);
  }
  writer.bits(config.samplesPerFrame === 960 ? 0b100 : 0, 3);
  return writer.finish();
}

/** Codec string of RFC 6381 §3.3 and §3.4: `mp4a.40.` and the object type as signalled (2, 5 or 29). */
export function aacCodecString({ objectType, sbr }: AudioSpecificConfig): string {
  if (sbr === undefined) return `mp4a.40.${objectType}`;
  return `mp4a.40.${sbr.hasParametricStereo ? PARAMETRIC_STEREO : SBR}`;
}

/**
 * An AAC track from its AudioSpecificConfig. The clock rate is the sample rate of the core coder, so
 * that one frame lasts `samplesPerFrame` ticks with and without SBR.
 *
 * @throws {ProtocolError} the config is bad.
 */
export function createAacTrack(id: number, config: Uint8Array): AacTrack {
  const { sampleRate, channels, sbr } = parseAudioSpecificConfig(config);
  return {
    kind: 'audio',
    codec: 'aac',
    id,
    clockRate: sampleRate,
    config: config.slice(),
    sampleRate,
    channels: sbr?.hasParametricStereo === true ? 2 * channels : channels,
  };
}

/** samplingFrequencyIndex of a rate, or `undefined` where the table has none. */
export function sampleRateIndex(sampleRate: number): number | undefined {
  const index = SAMPLE_RATES.indexOf(sampleRate);
  return index === -1 ? undefined : index;
}

export function sampleRateAt(index: number): number | undefined {
  return SAMPLE_RATES[index];
}

export function channelsOf(channelConfiguration: number): number {
  return CHANNELS[channelConfiguration] ?? 0;
}

function readObjectType(reader: BitReader): number {
  const type = reader.bits(5);
  return type === 31 ? 32 + reader.bits(6) : type;
}

function readSampleRate(reader: BitReader): number {
  const index = reader.bits(4);
  const rate = index === ESCAPED_RATE ? reader.bits(24) : SAMPLE_RATES[index];
  if (rate === undefined || rate === 0 || rate > MAX_SAMPLE_RATE)
    throw invalid(`no sample rate (index ${index})`);
  return rate;
}

function writeSampleRate(writer: BitWriter, sampleRate: number): void {
  const index = sampleRateIndex(sampleRate);
  writer.bits(index ?? ESCAPED_RATE, 4);
  if (index === undefined) writer.bits(sampleRate, 24);
}

/** program_config_element() (ISO 14496-3 table 4.2); answers its channels. */
function readProgramConfigChannels(reader: BitReader): number {
  reader.skip(10); // element_instance_tag, object_type, sampling_frequency_index
  const positioned = reader.bits(4) + reader.bits(4) + reader.bits(4); // front, side, back
  const lfe = reader.bits(2);
  const associated = reader.bits(3);
  const coupled = reader.bits(4);
  if (reader.flag()) reader.skip(4); // mono mixdown
  if (reader.flag()) reader.skip(4); // stereo mixdown
  if (reader.flag()) reader.skip(3); // matrix mixdown
  let channels = lfe;
  for (let i = 0; i < positioned; i++) {
    channels += reader.flag() ? 2 : 1;
    reader.skip(4);
  }
  reader.skip(4 * (lfe + associated) + 5 * coupled);
  reader.skip((8 - (reader.position % 8)) % 8);
  reader.skip(8 * reader.bits(8)); // comment
  return channels;
}

/** The backward compatible way to signal SBR and PS: behind the config, where old decoders do not look. */
function readSyncExtension(reader: BitReader): AudioSpecificConfig['sbr'] {
  if (reader.bitsLeft < 21 || reader.bits(11) !== 0x2b7) return undefined;
  if (readObjectType(reader) !== SBR || !reader.flag()) return undefined;
  const sampleRate = readSampleRate(reader);
  const hasParametricStereo = reader.bitsLeft >= 12 && reader.bits(11) === 0x548 && reader.flag();
  return { sampleRate, hasParametricStereo };
}

function invalid(reason: string): ProtocolError {
  return new ProtocolError('ERR_AAC_CONFIG', `Bad AudioSpecificConfig: ${reason}`);
}
