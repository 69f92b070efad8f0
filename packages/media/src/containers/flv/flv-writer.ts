import type { AccessUnit } from '../../access-unit.ts';
import { avcDecoderConfiguration } from '../../codecs/h264/avc-configuration.ts';
import { H264NalType } from '../../codecs/h264/nal-unit-type.ts';
import { hevcDecoderConfiguration } from '../../codecs/h265/hevc-configuration.ts';
import { H265NalType } from '../../codecs/h265/nal-unit-type.ts';
import { serializeOpusHead } from '../../codecs/opus.ts';
import { ProtocolError } from '../../errors.ts';
import type { AudioCodec, AudioTrack, Track, VideoCodec, VideoTrack } from '../../track.ts';
import { Amf0EcmaArray, serializeAmf0, type Amf0Value } from './amf0.ts';
import { ExPacketType, FlvFrameType } from './flv-body.ts';
import { FlvTagType } from './flv-tag.ts';

/** A tag, or an RTMP message, in pieces that are copied once into their framing. */
export interface FlvMessage {
  /** One of {@link FlvTagType}. */
  readonly type: number;
  /** Milliseconds, 32 bits, unsigned. */
  readonly timestamp: number;
  readonly body: readonly Uint8Array[];
  /** Bytes of the body. */
  readonly length: number;
}

/** What FLV has carried from the beginning; every reader knows it. */
export const FLV_LEGACY_VIDEO: readonly VideoCodec[] = ['h264'];
export const FLV_LEGACY_AUDIO: readonly AudioCodec[] = ['aac', 'mpa', 'pcma', 'pcmu'];

/** What a reader of FLV, or a peer of RTMP, takes. */
export interface FlvCodecs {
  readonly video: readonly VideoCodec[];
  readonly audio: readonly AudioCodec[];
}

const LEGACY: FlvCodecs = { video: FLV_LEGACY_VIDEO, audio: FLV_LEGACY_AUDIO };

/** FourCC of what only Enhanced RTMP carries, as far as it is written here. */
const FOURCC: Readonly<Record<'h265' | 'av1' | 'opus', string>> = { h265: 'hvc1', av1: 'av01', opus: 'Opus' };
const AVC_CODEC_ID = 7;
const AAC_SOUND_FORMAT = 10;
/** 44 kHz, 16 bits, stereo: what AAC always says (FLV 10.1 §E.4.2.1), whatever it is. */
const AAC_TAG = 0xaf;
const EX_SOUND = 0x90;
const G711_RATE = 8000;
/** The first unit is written this far from zero, so that sound from before it has a place. */
const LEAD_MS = 1000;

/**
 * Writes a stream as the bodies of FLV tags, which RTMP messages carry as well: H.264, AAC, MPEG audio and
 * G.711 as FLV always had them, H.265, AV1 and Opus by their FourCC (Enhanced RTMP v2).
 *
 * Timestamps begin near zero with the first unit, so that they need no more than 24 bits for as long as possible:
 * some players know no others.
 */
export class FlvWriter {
  readonly #codecs: FlvCodecs;
  #hasVideo = false;
  /** Stream time of timestamp zero, in milliseconds. */
  #originMs: number | undefined;
  #latest = 0;

  /** @param codecs what may be written: other tracks are left out. What FLV always carried, where not given. */
  constructor(codecs: FlvCodecs = LEGACY) {
    this.#codecs = codecs;
  }

  /**
   * What goes in front of the first unit: `onMetaData` and the configuration of each track.
   *
   * @throws {ProtocolError} `ERR_FLV_CODEC`: nothing of it can be written, or no longer the pictures.
   */
  header(all: readonly Track[]): FlvMessage[] {
    const tracks = all.filter((track) => this.#carries(track));
    const hadVideo = this.#hasVideo;
    this.#hasVideo = tracks.some(({ kind }) => kind === 'video');
    const left = all.find(
      (track) => !tracks.includes(track) && (track.kind === 'video' || tracks.length === 0),
    );
    if (left !== undefined && (tracks.length === 0 || hadVideo)) throw unwritable(left);
    const metadata = serializeAmf0(['onMetaData', new Amf0EcmaArray(describe(tracks))]);
    const messages = [this.#message(FlvTagType.script, this.#latest, [metadata])];
    for (const track of tracks) {
      const body = track.kind === 'video' ? videoConfiguration(track) : audioConfiguration(track);
      const type = track.kind === 'video' ? FlvTagType.video : FlvTagType.audio;
      if (body !== undefined) messages.push(this.#message(type, this.#latest, [body]));
    }
    return messages;
  }

  /** `undefined` for a unit that is left out: of such a track, G.711 of another rate than 8 kHz, a picture without slices. */
  unit(unit: AccessUnit): FlvMessage | undefined {
    const { track, dts, pts } = unit;
    if (!this.#carries(track)) return undefined;
    const dtsMs = Math.floor((dts * 1000) / track.clockRate);
    this.#originMs ??= dtsMs - LEAD_MS;
    const timestamp = Math.max(0, dtsMs - this.#originMs);
    const body =
      track.kind === 'audio'
        ? soundBody(track, unit.data)
        : pictureBody(track, unit, Math.floor((pts * 1000) / track.clockRate) - this.#originMs - timestamp);
    if (body === undefined) return undefined;
    this.#latest = timestamp >>> 0;
    return this.#message(track.kind === 'audio' ? FlvTagType.audio : FlvTagType.video, timestamp, body);
  }

  #carries(track: Track): boolean {
    const { video, audio } = this.#codecs;
    return track.kind === 'video' ? video.includes(track.codec) : audio.includes(track.codec);
  }

  #message(type: number, timestamp: number, body: readonly Uint8Array[]): FlvMessage {
    let length = 0;
    for (const part of body) length += part.length;
    return { type, timestamp: timestamp >>> 0, body, length };
  }
}

function describe(tracks: readonly Track[]): Record<string, Amf0Value> {
  const video = tracks.find((track) => track.kind === 'video');
  const audio = tracks.find((track) => track.kind === 'audio');
  const facts: Record<string, Amf0Value> = {
    hasVideo: video !== undefined,
    hasAudio: audio !== undefined,
    encoder: 'Vedette',
  };
  if (video !== undefined) {
    facts['width'] = video.video.width;
    facts['height'] = video.video.height;
    if (video.video.frameRate !== undefined) facts['framerate'] = video.video.frameRate;
    facts['videocodecid'] = video.codec === 'h264' ? AVC_CODEC_ID : fourCcNumber(fourCcOf(video));
  }
  if (audio !== undefined) {
    facts['audiosamplerate'] = audio.sampleRate;
    facts['audiochannels'] = audio.channels;
    facts['stereo'] = audio.channels === 2;
    facts['audiocodecid'] = audio.codec === 'opus' ? fourCcNumber(FOURCC.opus) : soundFormat(audio);
  }
  return facts;
}

function videoConfiguration(track: VideoTrack): Uint8Array {
  if (track.codec === 'h264') return joined([0x17, 0, 0, 0, 0], avcDecoderConfiguration(track));
  const head = exVideoHead(FlvFrameType.key, ExPacketType.sequenceStart, fourCcOf(track));
  if (track.codec === 'h265') return joined(head, hevcDecoderConfiguration(track));
  if (track.codec === 'av1') return joined(head, track.config);
  throw unwritable(track);
}

function audioConfiguration(track: AudioTrack): Uint8Array | undefined {
  switch (track.codec) {
    case 'aac':
      return joined([AAC_TAG, 0], track.config);
    case 'opus':
      return joined(
        [EX_SOUND | ExPacketType.sequenceStart, ...ascii(FOURCC.opus)],
        serializeOpusHead(track.channels),
      );
    default:
      return undefined;
  }
}

function pictureBody(
  track: VideoTrack,
  { isRandomAccess, data }: AccessUnit,
  compositionMs: number,
): Uint8Array[] | undefined {
  const frameType = isRandomAccess ? FlvFrameType.key : FlvFrameType.inter;
  const composition = [(compositionMs >>> 16) & 0xff, (compositionMs >>> 8) & 0xff, compositionMs & 0xff];
  switch (track.codec) {
    case 'h264':
      return withLengths([(frameType << 4) | AVC_CODEC_ID, 1, ...composition], data, isH264ParameterSet);
    case 'h265': {
      const head = exVideoHead(frameType, ExPacketType.codedFrames, FOURCC.h265);
      return withLengths([...head, ...composition], data, isH265ParameterSet);
    }
    case 'av1':
      return [Uint8Array.from(exVideoHead(frameType, ExPacketType.codedFrames, FOURCC.av1)), ...data];
    default:
      throw unwritable(track);
  }
}

function soundBody(track: AudioTrack, data: readonly Uint8Array[]): Uint8Array[] | undefined {
  switch (track.codec) {
    case 'aac':
      return [Uint8Array.of(AAC_TAG, 1), ...data];
    case 'opus':
      return [Uint8Array.of(EX_SOUND | ExPacketType.codedFrames, ...ascii(FOURCC.opus)), ...data];
    case 'mpa':
      return [Uint8Array.of(soundTag(track)), ...data];
    default:
      return track.sampleRate === G711_RATE && track.channels <= 2
        ? [Uint8Array.of(soundTag(track)), ...data]
        : undefined;
  }
}

/**
 * NAL units behind 4-byte lengths, without the parameter sets: those are in the configuration, and `avc1` and
 * `hvc1` streams keep them there alone.
 */
function withLengths(
  head: readonly number[],
  nals: readonly Uint8Array[],
  isParameterSet: (nal: Uint8Array) => boolean,
): Uint8Array[] | undefined {
  const kept = nals.filter((nal) => !isParameterSet(nal));
  if (kept.length === 0) return undefined;
  const prefixes = new Uint8Array(head.length + 4 * kept.length);
  prefixes.set(head);
  const view = new DataView(prefixes.buffer);
  const body: Uint8Array[] = [];
  let from = 0;
  let at = head.length;
  for (const nal of kept) {
    view.setUint32(at, nal.length);
    at += 4;
    body.push(prefixes.subarray(from, at), nal);
    from = at;
  }
  return body;
}

function isH264ParameterSet(nal: Uint8Array): boolean {
  const type = (nal[0] ?? 0) & 0x1f;
  return type === H264NalType.sps || type === H264NalType.pps;
}

function isH265ParameterSet(nal: Uint8Array): boolean {
  const type = ((nal[0] ?? 0) >>> 1) & 0x3f;
  return type === H265NalType.vps || type === H265NalType.sps || type === H265NalType.pps;
}

/** SoundFormat, rate, size and type (FLV 10.1 §E.4.2.1); the frames themselves know better. */
function soundTag(track: AudioTrack): number {
  const rate = track.codec === 'mpa' ? Math.max(0, [5512, 11_025, 22_050].indexOf(track.sampleRate)) : 0;
  const index = track.codec === 'mpa' && track.sampleRate >= 32_000 ? 3 : rate;
  return (soundFormat(track) << 4) | (index << 2) | 2 | (track.channels === 2 ? 1 : 0);
}

function soundFormat(track: AudioTrack): number {
  switch (track.codec) {
    case 'aac':
      return AAC_SOUND_FORMAT;
    case 'mpa':
      return track.sampleRate === 8000 ? 14 : 2;
    case 'pcma':
      return 7;
    case 'pcmu':
      return 8;
    default:
      throw unwritable(track);
  }
}

function exVideoHead(frameType: number, packetType: number, fourCc: string): number[] {
  return [0x80 | (frameType << 4) | packetType, ...ascii(fourCc)];
}

function fourCcOf(track: VideoTrack): string {
  if (track.codec === 'h265' || track.codec === 'av1') return FOURCC[track.codec];
  throw unwritable(track);
}

function fourCcNumber(fourCc: string): number {
  return ascii(fourCc).reduce((number, byte) => number * 256 + byte, 0);
}

function ascii(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}

function joined(head: readonly number[], rest: Uint8Array): Uint8Array {
  const out = new Uint8Array(head.length + rest.length);
  out.set(head);
  out.set(rest, head.length);
  return out;
}

function unwritable({ codec }: Track): ProtocolError {
  return new ProtocolError('ERR_FLV_CODEC', `FLV and RTMP cannot carry ${codec}`);
}
