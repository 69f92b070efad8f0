import { ProtocolError } from '../../errors.ts';
import {
  audioCodecByFourCc,
  audioCodecById,
  videoCodecByFourCc,
  videoCodecById,
  type FlvAudioCodec,
  type FlvVideoCodec,
} from './flv-codecs.ts';

/** What the body of a video tag, or of an RTMP video message, holds. `data` is a view. */
export type FlvVideoBody =
  | { readonly kind: 'configuration'; readonly codec: FlvVideoCodec; readonly data: Uint8Array }
  | {
      readonly kind: 'frame';
      readonly codec: FlvVideoCodec;
      readonly isKey: boolean;
      /** Presentation time minus decoding time, in milliseconds. */
      readonly compositionMs: number;
      readonly data: Uint8Array;
    }
  /** Commands, metadata, ends of sequences: nothing to decode. */
  | { readonly kind: 'none' };

/** What the body of an audio tag, or of an RTMP audio message, holds. `data` is a view. */
export type FlvAudioBody =
  | { readonly kind: 'configuration'; readonly codec: FlvAudioCodec; readonly data: Uint8Array }
  | {
      readonly kind: 'frame';
      readonly codec: FlvAudioCodec;
      /** As the tag says; AAC and Opus say better in their configuration. */
      readonly channels: 1 | 2;
      readonly data: Uint8Array;
    }
  | { readonly kind: 'none' };

/** Packet types of Enhanced RTMP; video and audio share their numbers. */
export const ExPacketType = {
  sequenceStart: 0,
  codedFrames: 1,
  sequenceEnd: 2,
  /** Video: as `codedFrames`, without a composition time, which is 0. */
  codedFramesX: 3,
  metadata: 4,
  /** Video only: an AV1 configuration as MPEG-TS has it. */
  mpeg2TsSequenceStart: 5,
  multitrack: 6,
  modEx: 7,
} as const;
/** Audio counts differently from 4 on. */
const EX_AUDIO_MULTITRACK = 5;

export const FlvFrameType = { key: 1, inter: 2, command: 5 } as const;
const GENERATED_KEY = 4;
const EX_SOUND_FORMAT = 9;
const AAC = 10;
const NONE = { kind: 'none' } as const;
/** Modifiers in front of one packet: each adds a nanosecond offset or the like. */
const MAX_MODIFIERS = 8;

/**
 * Parses the body of a video tag (FLV 10.1 §E.4.3, Enhanced RTMP v2 "ExVideoTagHeader").
 *
 * @throws {ProtocolError} `ERR_FLV_BODY`: too short; `ERR_FLV_CODEC`: a codec that cannot be taken;
 * `ERR_FLV_MULTITRACK`.
 */
export function parseFlvVideoBody(body: Uint8Array): FlvVideoBody {
  const [first] = body;
  if (first === undefined) return NONE; // what some encoders send for a picture they left out
  if ((first & 0x80) !== 0) return parseExVideo(body, first);
  const frameType = first >>> 4;
  if (frameType === FlvFrameType.command) return NONE;
  const codec = videoCodecById(first & 0x0f);
  need(body, 5);
  const data = body.subarray(5);
  switch (body[1]) {
    case 0:
      return { kind: 'configuration', codec, data };
    case 1:
      return { kind: 'frame', codec, isKey: isKey(frameType), compositionMs: signed24(body, 2), data };
    default:
      return NONE;
  }
}

/**
 * Parses the body of an audio tag (FLV 10.1 §E.4.2, Enhanced RTMP v2 "ExAudioTagHeader").
 *
 * @throws {ProtocolError} as {@link parseFlvVideoBody}.
 */
export function parseFlvAudioBody(body: Uint8Array): FlvAudioBody {
  const [first] = body;
  if (first === undefined) return NONE;
  const format = first >>> 4;
  if (format === EX_SOUND_FORMAT) return parseExAudio(body, first);
  const codec = audioCodecById(format);
  const channels = (first & 1) === 0 ? 1 : 2;
  if (format !== AAC) return frame(codec, channels, body.subarray(1));
  need(body, 2);
  const data = body.subarray(2);
  return body[1] === 0 ? { kind: 'configuration', codec, data } : frame(codec, channels, data);
}

function parseExVideo(body: Uint8Array, first: number): FlvVideoBody {
  const frameType = (first >>> 4) & 7;
  const { type, at } = packetType(body, first & 0x0f);
  if (type === ExPacketType.multitrack) throw multitrack();
  if (frameType === FlvFrameType.command && type !== ExPacketType.metadata) return NONE;
  const codec = videoCodecByFourCc(fourCc(body, at));
  const start = at + 4;
  switch (type) {
    case ExPacketType.sequenceStart:
      return { kind: 'configuration', codec, data: body.subarray(start) };
    case ExPacketType.codedFrames: {
      // Only codecs that reorder pictures have the field (Enhanced RTMP v2, "ExVideoTagBody").
      const hasComposition = codec === 'h264' || codec === 'h265';
      if (hasComposition) need(body, start + 3);
      const compositionMs = hasComposition ? signed24(body, start) : 0;
      const data = body.subarray(hasComposition ? start + 3 : start);
      return { kind: 'frame', codec, isKey: isKey(frameType), compositionMs, data };
    }
    case ExPacketType.codedFramesX:
      return { kind: 'frame', codec, isKey: isKey(frameType), compositionMs: 0, data: body.subarray(start) };
    default:
      return NONE;
  }
}

function parseExAudio(body: Uint8Array, first: number): FlvAudioBody {
  const { type, at } = packetType(body, first & 0x0f);
  if (type === EX_AUDIO_MULTITRACK) throw multitrack();
  const codec = audioCodecByFourCc(fourCc(body, at));
  const data = body.subarray(at + 4);
  if (type === ExPacketType.sequenceStart) return { kind: 'configuration', codec, data };
  return type === ExPacketType.codedFrames ? frame(codec, 2, data) : NONE;
}

/** Steps over the modifiers in front of the packet (Enhanced RTMP v2, "ModEx"): none changes what is read. */
function packetType(body: Uint8Array, firstType: number): { readonly type: number; readonly at: number } {
  let type = firstType;
  let at = 1;
  for (let count = 0; type === ExPacketType.modEx; count++) {
    if (count === MAX_MODIFIERS) throw bad(`more than ${MAX_MODIFIERS} modifiers`);
    let size = (body[at] ?? 0) + 1;
    at += 1;
    if (size === 256) {
      size = (((body[at] ?? 0) << 8) | (body[at + 1] ?? 0)) + 1;
      at += 2;
    }
    at += size;
    need(body, at + 1);
    type = (body[at] ?? 0) & 0x0f;
    at += 1;
  }
  return { type, at };
}

function frame(codec: FlvAudioCodec, channels: 1 | 2, data: Uint8Array): FlvAudioBody {
  return data.length === 0 ? NONE : { kind: 'frame', codec, channels, data };
}

function isKey(frameType: number): boolean {
  return frameType === FlvFrameType.key || frameType === GENERATED_KEY;
}

function fourCc(body: Uint8Array, at: number): string {
  need(body, at + 4);
  return String.fromCharCode(...body.subarray(at, at + 4));
}

function signed24(body: Uint8Array, at: number): number {
  return ((((body[at] ?? 0) << 16) | ((body[at + 1] ?? 0) << 8) | (body[at + 2] ?? 0)) << 8) >> 8;
}

function need(body: Uint8Array, length: number): void {
  if (body.length < length) throw bad(`${body.length} bytes, at least ${length} are needed`);
}

function multitrack(): ProtocolError {
  return new ProtocolError(
    'ERR_FLV_MULTITRACK',
    'Multitrack is not taken: send one video track and one audio track',
  );
}

function bad(reason: string): ProtocolError {
  return new ProtocolError('ERR_FLV_BODY', `Bad FLV tag: ${reason}`);
}
