import { ProtocolError } from '../errors.ts';
import { BitReader } from './bit-reader.ts';

/** What a StreamMuxConfig says (ISO 14496-3 §1.7.3.2), of the one program and layer that is supported. */
export interface StreamMuxConfig {
  /** AudioSpecificConfig, moved to a byte boundary. */
  readonly audioConfig: Uint8Array;
  /** Frames in one AudioMuxElement. */
  readonly subFrames: number;
}

/** frameLengthType, latmBufferFullness, two flags: what GStreamer's rtpmp4apay leaves out at the end. */
const MIN_REST_BITS = 13;
/** syncExtensionType of SBR, and of the PS that may stand behind it. */
const SBR_EXTENSION = { type: 0x2b7, bits: 11 };
const PS_EXTENSION = { type: 0x548, bits: 11 };

/**
 * Parses the `config` parameter of `MP4A-LATM` (RFC 6416 §7.1).
 *
 * @throws {ProtocolError} `ERR_LATM_CONFIG`: several programs or layers, a coder other than AAC, or
 *   a feature nobody uses.
 */
export function parseStreamMuxConfig(bytes: Uint8Array): StreamMuxConfig {
  return readStreamMuxConfig(new BitReader(bytes), bytes);
}

/** Reads a StreamMuxConfig that `reader`, which reads `bytes`, has come to. */
export function readStreamMuxConfig(reader: BitReader, bytes: Uint8Array): StreamMuxConfig {
  if (reader.flag()) throw unsupported('audioMuxVersion 1');
  reader.skip(1); // allStreamsSameTimeFraming: with one stream it says nothing
  const subFrames = reader.bits(6) + 1;
  const programs = reader.bits(4);
  const layers = reader.bits(3);
  if (programs !== 0 || layers !== 0) throw unsupported('several programs or layers');
  const start = reader.position;
  skipAudioSpecificConfig(reader);
  skipExtension(reader, bytes);
  const audioConfig = copyBits(bytes, start, reader.position);
  if (reader.bitsLeft < MIN_REST_BITS) return { audioConfig, subFrames };
  const frameLengthType = reader.bits(3);
  if (frameLengthType !== 0) throw unsupported(`frameLengthType ${frameLengthType}`);
  reader.skip(8); // latmBufferFullness
  if (reader.flag()) skipOtherDataLength(reader);
  if (reader.flag()) reader.skip(8); // crcCheckSum
  return { audioConfig, subFrames };
}

/** The data itself stands behind the frames, where nobody looks. */
function skipOtherDataLength(reader: BitReader): void {
  let more = true;
  while (more) {
    more = reader.flag();
    reader.skip(8);
  }
}

/** Moves over an AudioSpecificConfig, whose length nothing else tells. */
function skipAudioSpecificConfig(reader: BitReader): void {
  let objectType = reader.bits(5);
  skipSampleRate(reader);
  const channelConfiguration = reader.bits(4);
  if (objectType === 5 || objectType === 29) {
    skipSampleRate(reader); // SBR, signalled in front
    objectType = reader.bits(5);
  }
  if (objectType < 1 || objectType > 4) throw unsupported(`audio object type ${objectType}`);
  if (channelConfiguration === 0) throw unsupported('channels described by a program config element');
  reader.skip(1); // frameLengthFlag
  if (reader.flag()) reader.skip(14); // coreCoderDelay
  reader.skip(1); // extensionFlag
}

/**
 * Moves over what an encoder says of SBR and PS behind its AudioSpecificConfig (ISO 14496-3 §1.6.6.1). Here, where
 * the length is not known, it should not stand; GStreamer's rtpmp4apay passes it on as it comes.
 */
function skipExtension(reader: BitReader, bytes: Uint8Array): void {
  if (!startsWith(reader, bytes, SBR_EXTENSION)) return;
  reader.skip(SBR_EXTENSION.bits);
  const objectType = reader.bits(5);
  if (objectType !== 5) throw unsupported(`extension object type ${objectType}`);
  if (!reader.flag()) return;
  skipSampleRate(reader);
  if (startsWith(reader, bytes, PS_EXTENSION)) reader.skip(PS_EXTENSION.bits + 1);
}

function startsWith(
  { position, bitsLeft }: BitReader,
  bytes: Uint8Array,
  { type, bits }: { readonly type: number; readonly bits: number },
): boolean {
  if (bitsLeft < bits) return false;
  const ahead = new BitReader(bytes);
  ahead.skip(position);
  return ahead.bits(bits) === type;
}

function skipSampleRate(reader: BitReader): void {
  if (reader.bits(4) === 15) reader.skip(24);
}

/** Bits `start` to `end` of `bytes` from a byte boundary on, filled up with zeros. */
function copyBits(bytes: Uint8Array, start: number, end: number): Uint8Array<ArrayBuffer> {
  const reader = new BitReader(bytes);
  reader.skip(start);
  const copy = new Uint8Array(Math.ceil((end - start) / 8));
  for (let index = 0; index < copy.length; index += 1) {
    const count = Math.min(8, end - reader.position);
    copy[index] = reader.bits(count) << (8 - count);
  }
  return copy;
}

/** PayloadLengthInfo and PayloadMux; with an in-band configuration nothing is on a byte boundary. */
export function readLatmFrame(reader: BitReader, element: Uint8Array): Uint8Array {
  let length = 0;
  let byte: number;
  do {
    byte = reader.bits(8);
    length += byte;
  } while (byte === 255);
  const start = reader.position;
  reader.skip(length * 8);
  return start % 8 === 0
    ? element.subarray(start / 8, start / 8 + length)
    : copyBits(element, start, reader.position);
}

function unsupported(what: string): ProtocolError {
  return new ProtocolError('ERR_LATM_CONFIG', `LATM with ${what} is not supported`);
}
