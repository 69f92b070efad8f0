import { ProtocolError } from '../../errors.ts';
import { BitReader } from '../bit-reader.ts';

/** What the start of a VP9 frame's uncompressed header says (VP9 §6.2). */
export interface Vp9FrameHeader {
  readonly isKeyFrame: boolean;
  readonly isShown: boolean;
  /** 0-3. */
  readonly profile: number;
  /** Of key frames only. */
  readonly key:
    | {
        readonly width: number;
        readonly height: number;
        readonly bitDepth: 8 | 10 | 12;
        readonly subsamplingX: number;
        readonly subsamplingY: number;
      }
    | undefined;
}

const SYNC_CODE = 0x49_8342;
const COLOR_SPACE_RGB = 7;

/** @throws {ProtocolError} `ERR_VP9_FRAME`, `ERR_BITS_EXHAUSTED`. */
export function parseVp9FrameHeader(frame: Uint8Array): Vp9FrameHeader {
  const bits = new BitReader(frame);
  if (bits.bits(2) !== 2) throw new ProtocolError('ERR_VP9_FRAME', 'A VP9 frame without its marker');
  const low = bits.bit();
  const profile = bits.bit() * 2 + low;
  if (profile === 3 && bits.flag()) throw new ProtocolError('ERR_VP9_FRAME', 'A VP9 profile above 3');
  if (bits.flag()) return { isKeyFrame: false, isShown: true, profile, key: undefined }; // show_existing_frame
  const isKeyFrame = bits.bit() === 0;
  const isShown = bits.flag();
  bits.skip(1); // error_resilient_mode
  if (!isKeyFrame) return { isKeyFrame, isShown, profile, key: undefined };
  if (bits.bits(24) !== SYNC_CODE) {
    throw new ProtocolError('ERR_VP9_FRAME', 'A VP9 key frame without its sync code');
  }
  const color = readColor(bits, profile);
  const width = bits.bits(16) + 1;
  const height = bits.bits(16) + 1;
  return { isKeyFrame, isShown, profile, key: { ...color, width, height } };
}

/** `color_config` (§6.2.2). */
function readColor(
  bits: BitReader,
  profile: number,
): { bitDepth: 8 | 10 | 12; subsamplingX: number; subsamplingY: number } {
  const bitDepth = profile < 2 ? 8 : bits.flag() ? 12 : 10;
  const colorSpace = bits.bits(3);
  const isOdd = profile === 1 || profile === 3;
  if (colorSpace === COLOR_SPACE_RGB) {
    if (!isOdd) throw new ProtocolError('ERR_VP9_FRAME', 'RGB needs VP9 profile 1 or 3');
    bits.skip(1);
    return { bitDepth, subsamplingX: 0, subsamplingY: 0 };
  }
  bits.skip(1); // color_range
  if (!isOdd) return { bitDepth, subsamplingX: 1, subsamplingY: 1 };
  const subsamplingX = bits.bit();
  const subsamplingY = bits.bit();
  bits.skip(1);
  return { bitDepth, subsamplingX, subsamplingY };
}

/**
 * The frames of a superframe (VP9 Annex B), as views; one that is none is its only frame. An index that
 * does not add up is taken for a frame's own bytes, as decoders do.
 */
export function splitSuperframe(bytes: Uint8Array): Uint8Array[] {
  const marker = bytes.at(-1) ?? 0;
  if ((marker & 0xe0) !== 0xc0) return [bytes];
  const sizeLength = ((marker >> 3) & 0x03) + 1;
  const count = (marker & 0x07) + 1;
  const indexLength = 2 + sizeLength * count;
  const indexStart = bytes.length - indexLength;
  if (indexStart < 0 || bytes[indexStart] !== marker) return [bytes];
  const frames: Uint8Array[] = [];
  let start = 0;
  for (let index = 0; index < count; index += 1) {
    const end = start + readLittleEndian(bytes, indexStart + 1 + index * sizeLength, sizeLength);
    if (end > indexStart) return [bytes];
    if (end > start) frames.push(bytes.subarray(start, end));
    start = end;
  }
  return frames.length === 0 ? [bytes] : frames;
}

function readLittleEndian(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let index = length - 1; index >= 0; index -= 1) value = value * 256 + (bytes[at + index] ?? 0);
  return value;
}
