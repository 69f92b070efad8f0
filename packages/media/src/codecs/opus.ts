import { ProtocolError } from '../errors.ts';
import type { OpusTrack } from '../track.ts';

/** RFC 6716 §2.1.4: no packet is longer than 120 ms. */
const MAX_PACKET_TICKS = 5760;
const MAX_CHANNELS = 8;
/** What libopus looks ahead (6.5 ms), in samples of 48 kHz: what a decoder throws away at the start. */
const PRE_SKIP = 312;
/** `OpusHead` in ASCII. */
const HEAD_MAGIC = [0x4f, 0x70, 0x75, 0x73, 0x48, 0x65, 0x61, 0x64];

/** Streams, coupled streams and channel mapping by channels (RFC 7845 §5.1.1.2, libopus' order). */
const MAPPINGS: readonly (readonly [streams: number, coupled: number, mapping: readonly number[]])[] = [
  [1, 0, [0]],
  [1, 1, [0, 1]],
  [2, 1, [0, 2, 1]],
  [2, 2, [0, 1, 2, 3]],
  [3, 2, [0, 4, 1, 2, 3]],
  [4, 2, [0, 4, 1, 2, 3, 5]],
  [4, 3, [0, 4, 1, 2, 3, 5, 6]],
  [5, 3, [0, 6, 1, 2, 3, 4, 5, 7]],
];

/**
 * An Opus track; `channels` is 1 to 8.
 *
 * @throws {RangeError} another number of channels.
 */
export function createOpusTrack(id: number, channels: number): OpusTrack {
  if (!Number.isInteger(channels) || channels < 1 || channels > MAX_CHANNELS) {
    throw new RangeError(`Opus has 1 to ${MAX_CHANNELS} channels here, got ${channels}`);
  }
  return { kind: 'audio', codec: 'opus', id, clockRate: 48_000, sampleRate: 48_000, channels };
}

/**
 * Duration of an Opus packet in ticks of 48 kHz, from its TOC byte (RFC 6716 §3.1); 120 to 5760.
 *
 * @throws {ProtocolError} `ERR_OPUS_PACKET`: empty, without frames, or longer than 120 ms.
 */
export function opusPacketTicks(packet: Uint8Array): number {
  const [toc, count] = packet;
  if (toc === undefined) throw invalid('empty');
  const frameTicks = opusFrameTicks(toc >>> 3);
  let frames = 2;
  if ((toc & 3) === 0) frames = 1;
  else if ((toc & 3) === 3) {
    if (count === undefined) throw invalid('no frame count');
    frames = count & 0x3f;
  }
  const ticks = frames * frameTicks;
  if (ticks === 0 || ticks > MAX_PACKET_TICKS) throw invalid(`${frames} frames of ${frameTicks / 48} ms`);
  return ticks;
}

/** Ticks of one frame by configuration number (RFC 6716 table 2): SILK, hybrid, then CELT. */
function opusFrameTicks(configuration: number): number {
  if (configuration < 12) return [480, 960, 1920, 2880][configuration & 3] ?? 0;
  if (configuration < 16) return (configuration & 1) === 0 ? 480 : 960;
  return 120 << (configuration & 3);
}

/** OpusSpecificBox without its header (Encapsulation of Opus in ISO BMFF §4.3.2): payload of `dOps`. */
export function opusSpecificBox(track: OpusTrack): Uint8Array {
  return opusHeader(track.channels, [], 0, false);
}

/** The identification header of Ogg, Matroska and MPEG-TS (RFC 7845 §5.1). */
export function serializeOpusHead(channels: number): Uint8Array {
  return opusHeader(channels, HEAD_MAGIC, 1, true);
}

/**
 * Channels out of an identification header (RFC 7845 §5.1).
 *
 * @throws {ProtocolError} `ERR_OPUS_HEAD`.
 */
export function parseOpusHead(bytes: Uint8Array): { readonly channels: number; readonly preSkip: number } {
  const isHead = bytes.length >= 19 && HEAD_MAGIC.every((letter, i) => bytes[i] === letter);
  if (!isHead || ((bytes[8] ?? 0) & 0xf0) !== 0)
    throw new ProtocolError('ERR_OPUS_HEAD', 'Not an OpusHead of version 0 or 1');
  const channels = bytes[9] ?? 0;
  if (channels < 1 || channels > MAX_CHANNELS)
    throw new ProtocolError('ERR_OPUS_HEAD', `OpusHead has ${channels} channels`);
  return { channels, preSkip: (bytes[10] ?? 0) | ((bytes[11] ?? 0) << 8) };
}

/** The fields are the same everywhere; only the byte order and what stands in front differ. */
function opusHeader(
  channels: number,
  magic: readonly number[],
  version: number,
  littleEndian: boolean,
): Uint8Array {
  const [streams, coupled, mapping] = MAPPINGS[channels - 1] ?? [1, 0, []];
  const hasMapping = channels > 2;
  const start = magic.length;
  const out = new Uint8Array(start + 11 + (hasMapping ? 2 + mapping.length : 0));
  const view = new DataView(out.buffer);
  out.set(magic);
  out[start] = version;
  out[start + 1] = channels;
  view.setUint16(start + 2, PRE_SKIP, littleEndian);
  view.setUint32(start + 4, 48_000, littleEndian);
  view.setInt16(start + 8, 0, littleEndian); // output gain
  if (hasMapping) {
    out[start + 10] = 1;
    out.set([streams, coupled, ...mapping], start + 11);
  }
  return out;
}

function invalid(reason: string): ProtocolError {
  return new ProtocolError('ERR_OPUS_PACKET', `Bad Opus packet: ${reason}`);
}
