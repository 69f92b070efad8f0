import {
  findStartCode,
  NAL_LIMITS,
  parseAudioSpecificConfig,
  ProtocolError,
  serializeAudioSpecificConfig,
  splitAnnexB,
  parseStreamMuxConfig,
} from '@vedette/media';
import type { Codec } from '@vedette/media';
import type { RtpFormat } from '../rtp/depacketizer.ts';
import { base64ListParameter, hexParameter, parseFormatParameters } from '../rtp/format-parameters.ts';
import type { FormatParameters } from '../rtp/format-parameters.ts';
import type { MediaDescription, RtpMap, SessionDescription } from './session-description.ts';

/** A section of a session description that can be received, ready for SETUP and a depacketizer. */
export interface SdpTrack extends RtpFormat {
  /** Place of the section in the description, from 0. */
  readonly mediaIndex: number;
  readonly kind: 'video' | 'audio';
  readonly payloadType: number;
  /** `a=control` of the section, as written. */
  readonly control: string | undefined;
  /** Parameter sets of `sprop-…`, whole NAL units without start codes; empty where none are given. */
  readonly vps: readonly Uint8Array[];
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
  /** AudioSpecificConfig of AAC, made up as AAC-LC where the description has none; else `undefined`. */
  readonly audioConfig: Uint8Array | undefined;
}

/** A section that cannot be received. */
export interface UnsupportedMedia {
  readonly mediaIndex: number;
  readonly kind: string;
  /** As people know it, e.g. `VP8`, `JPEG`, `vnd.onvif.metadata`. */
  readonly encoding: string;
  /**
   * - `codec`: no payload type of a known codec.
   * - `parameters`: the codec is known, its `a=fmtp` cannot be used.
   * - `back-channel`: sound for the camera's loudspeaker (ONVIF Streaming Specification §5.3).
   */
  readonly reason: 'codec' | 'parameters' | 'back-channel';
}

export interface SdpTracks {
  readonly tracks: readonly SdpTrack[];
  readonly unsupported: readonly UnsupportedMedia[];
}

const CODECS: Readonly<Record<string, { readonly codec: Codec; readonly kind: 'video' | 'audio' }>> = {
  h264: { codec: 'h264', kind: 'video' },
  h265: { codec: 'h265', kind: 'video' },
  hevc: { codec: 'h265', kind: 'video' },
  av1: { codec: 'av1', kind: 'video' },
  vp9: { codec: 'vp9', kind: 'video' },
  vp8: { codec: 'vp8', kind: 'video' },
  'mpeg4-generic': { codec: 'aac', kind: 'audio' },
  'mp4a-latm': { codec: 'aac', kind: 'audio' },
  opus: { codec: 'opus', kind: 'audio' },
  pcmu: { codec: 'pcmu', kind: 'audio' },
  pcma: { codec: 'pcma', kind: 'audio' },
};

/** Payload types that need no `a=rtpmap` (RFC 3551 §6); clock rates only of those that are supported. */
const STATIC_ENCODINGS: Readonly<Record<number, string>> = {
  0: 'PCMU',
  3: 'GSM',
  4: 'G723',
  8: 'PCMA',
  9: 'G722',
  10: 'L16',
  11: 'L16',
  14: 'MPA',
  18: 'G729',
  26: 'JPEG',
  31: 'H261',
  32: 'MPV',
  33: 'MP2T',
  34: 'H263',
};

/** Most parameter sets of one kind: what H.264 has ids for (§7.4.2.1.1, §7.4.2.2). */
const MAX_PARAMETER_SETS = 256;

/**
 * The tracks a description offers: of each section the first payload type of a known codec. Sections
 * without one are named in `unsupported`; nothing is thrown for them.
 */
export function tracksFromSdp(session: SessionDescription): SdpTracks {
  const tracks: SdpTrack[] = [];
  const unsupported: UnsupportedMedia[] = [];
  const hasForward = session.medias.some((media) => media.direction !== 'sendonly');
  session.medias.forEach((media, mediaIndex) => {
    const found = trackOf(media, mediaIndex);
    // ONVIF writes directions as the client sees them. Where every section says sendonly, the server
    // means itself.
    const isBackChannel = hasForward && media.direction === 'sendonly' && media.kind === 'audio';
    if ('codec' in found && !isBackChannel) tracks.push(found);
    else if ('codec' in found) unsupported.push(refusal(media, mediaIndex, found.encoding, 'back-channel'));
    else unsupported.push(found);
  });
  return { tracks, unsupported };
}

function trackOf(media: MediaDescription, mediaIndex: number): SdpTrack | UnsupportedMedia {
  const maps = formatsOf(media);
  for (const map of maps) {
    const known = CODECS[map.encoding.toLowerCase()];
    if (known === undefined) continue;
    try {
      return receivable(media, mediaIndex, map, known);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return refusal(media, mediaIndex, map.encoding, 'parameters');
    }
  }
  return refusal(media, mediaIndex, maps[0]?.encoding ?? unnamedEncoding(media), 'codec');
}

/** What stands for the encoding of a section without RTP, or of a payload type nobody has named. */
function unnamedEncoding({ kind, protocol, formats }: MediaDescription): string {
  return [protocol, formats[0]].filter(Boolean).join(' ') || kind;
}

function refusal(
  { kind }: MediaDescription,
  mediaIndex: number,
  encoding: string,
  reason: UnsupportedMedia['reason'],
): UnsupportedMedia {
  return { mediaIndex, kind, encoding, reason };
}

/** The formats of a section in its order, static ones included. */
function formatsOf({ payloadTypes, rtpmaps }: MediaDescription): RtpMap[] {
  const maps: RtpMap[] = [];
  for (const payloadType of payloadTypes) {
    const map = rtpmaps.find((candidate) => candidate.payloadType === payloadType);
    const encoding = STATIC_ENCODINGS[payloadType];
    if (map !== undefined) maps.push(map);
    else if (encoding !== undefined) maps.push({ payloadType, encoding, clockRate: 0, channels: 1 });
  }
  // Some cameras name another payload type in a=rtpmap than in m=.
  const [payloadType] = payloadTypes;
  const [only] = rtpmaps;
  if (maps.length === 0 && only !== undefined) {
    maps.push({ ...only, payloadType: payloadType ?? only.payloadType });
  }
  return maps;
}

/** @throws {ProtocolError} The parameters cannot be used. */
function receivable(
  media: MediaDescription,
  mediaIndex: number,
  map: RtpMap,
  { codec, kind }: { readonly codec: Codec; readonly kind: 'video' | 'audio' },
): SdpTrack {
  const encoding = map.encoding.toLowerCase();
  const fmtp = parseFormatParameters(media.fmtps.get(map.payloadType) ?? [...media.fmtps.values()][0] ?? '');
  const audioConfig = codec === 'aac' ? aacConfig(encoding, fmtp, map) : undefined;
  return {
    mediaIndex,
    kind,
    codec,
    encoding,
    payloadType: map.payloadType,
    clockRate: map.clockRate > 0 ? map.clockRate : defaultClockRate(codec, audioConfig),
    channels: map.channels,
    fmtp,
    control: media.control,
    ...parameterSets(codec, fmtp),
    audioConfig,
  };
}

function defaultClockRate(codec: Codec, audioConfig: Uint8Array | undefined): number {
  if (audioConfig !== undefined) return parseAudioSpecificConfig(audioConfig).sampleRate;
  if (codec === 'pcmu' || codec === 'pcma') return 8000;
  return codec === 'opus' ? 48_000 : 90_000;
}

/** @throws {ProtocolError} The config is bad, or there is none and none can be made up. */
function aacConfig(encoding: string, fmtp: FormatParameters, map: RtpMap): Uint8Array {
  const config = hexParameter(fmtp, 'config');
  if (encoding === 'mp4a-latm') {
    if (config === undefined) throw new ProtocolError('ERR_LATM_CONFIG', 'MP4A-LATM without config');
    return parseStreamMuxConfig(config).audioConfig;
  }
  if (config !== undefined) {
    parseAudioSpecificConfig(config);
    return config;
  }
  if (map.clockRate === 0 || map.clockRate > 96_000 || map.channels > 6) {
    throw new ProtocolError('ERR_AAC_CONFIG', 'mpeg4-generic without config and clock rate');
  }
  return serializeAudioSpecificConfig({
    objectType: 2,
    sampleRate: map.clockRate,
    channelConfiguration: map.channels,
    channels: map.channels,
    samplesPerFrame: 1024,
    sbr: undefined,
  });
}

type ParameterSets = Pick<SdpTrack, 'vps' | 'sps' | 'pps'>;

function parameterSets(codec: Codec, fmtp: FormatParameters): ParameterSets {
  if (codec === 'h264') {
    const sets = nalUnitsParameter(fmtp, 'sprop-parameter-sets');
    const ofType = (type: number) => sets.filter((set) => ((set[0] ?? 0) & 0x1f) === type);
    return { vps: [], sps: ofType(7), pps: ofType(8) };
  }
  if (codec === 'h265') {
    return {
      vps: nalUnitsParameter(fmtp, 'sprop-vps'),
      sps: nalUnitsParameter(fmtp, 'sprop-sps'),
      pps: nalUnitsParameter(fmtp, 'sprop-pps'),
    };
  }
  return { vps: [], sps: [], pps: [] };
}

/** Parameter sets of a parameter; some cameras leave Annex B start codes in front of them. */
function nalUnitsParameter(fmtp: FormatParameters, name: string): Uint8Array[] {
  return base64ListParameter(fmtp, name)
    .flatMap((bytes) => (bytes[0] === 0 && findStartCode(bytes, 0, 4) !== -1 ? splitAnnexB(bytes) : [bytes]))
    .filter((bytes) => bytes.length <= NAL_LIMITS.parameterSetBytes)
    .slice(0, MAX_PARAMETER_SETS);
}
