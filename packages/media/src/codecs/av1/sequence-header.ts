import { ProtocolError } from '../../errors.ts';
import { BitReader } from '../bit-reader.ts';

/** What a sequence header says that anybody outside a decoder needs (AV1 §5.5). */
export interface Av1SequenceHeader {
  /** 0 Main, 1 High, 2 Professional. */
  readonly profile: number;
  /** `seq_level_idx[0]`: 8 is level 4.0. 31: no limits. */
  readonly levelIdx: number;
  readonly isHighTier: boolean;
  readonly bitDepth: 8 | 10 | 12;
  readonly isMonochrome: boolean;
  readonly subsamplingX: number;
  readonly subsamplingY: number;
  readonly chromaSamplePosition: number;
  /** Largest size of a frame, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Frames per second where it declares equal pictures; else `undefined`. */
  readonly frameRate: number | undefined;
  readonly isReducedStillPicture: boolean;
}

const SELECT_SCREEN_CONTENT_TOOLS = 2;

/**
 * Parses the payload of a sequence header OBU.
 *
 * @throws {ProtocolError} `ERR_AV1_SEQUENCE`, `ERR_BITS_EXHAUSTED`.
 */
export function parseAv1SequenceHeader(payload: Uint8Array): Av1SequenceHeader {
  const bits = new BitReader(payload);
  const profile = bits.bits(3);
  if (profile > 2) throw new ProtocolError('ERR_AV1_SEQUENCE', `AV1 has no profile ${profile}`);
  bits.skip(1); // still_picture
  const isReducedStillPicture = bits.flag();
  const { levelIdx, isHighTier, frameRate } = isReducedStillPicture
    ? { levelIdx: bits.bits(5), isHighTier: false, frameRate: undefined }
    : readOperatingPoints(bits);
  const widthBits = bits.bits(4) + 1;
  const heightBits = bits.bits(4) + 1;
  const width = bits.bits(widthBits) + 1;
  const height = bits.bits(heightBits) + 1;
  if (!isReducedStillPicture && bits.flag()) bits.skip(4 + 3); // frame_id_numbers_present_flag
  bits.skip(3); // superblocks, filter intra, intra edge filter
  if (!isReducedStillPicture) skipTools(bits);
  bits.skip(3); // superres, cdef, restoration
  return {
    profile,
    levelIdx,
    isHighTier,
    width,
    height,
    frameRate,
    isReducedStillPicture,
    ...readColor(bits, profile),
  };
}

/** The first operating point: that of all layers. */
function readOperatingPoints(
  bits: BitReader,
): Pick<Av1SequenceHeader, 'levelIdx' | 'isHighTier' | 'frameRate'> {
  let frameRate: number | undefined;
  let delayBits = 0;
  let hasDecoderModel = false;
  if (bits.flag()) {
    frameRate = readTiming(bits);
    hasDecoderModel = bits.flag();
    if (hasDecoderModel) {
      delayBits = bits.bits(5) + 1;
      bits.skip(32 + 5 + 5);
    }
  }
  const hasDisplayDelay = bits.flag();
  const count = bits.bits(5) + 1;
  let first = { levelIdx: 0, isHighTier: false };
  for (let index = 0; index < count; index += 1) {
    bits.skip(12); // operating_point_idc
    const levelIdx = bits.bits(5);
    const isHighTier = levelIdx > 7 && bits.flag();
    if (hasDecoderModel && bits.flag()) bits.skip(2 * delayBits + 1);
    if (hasDisplayDelay && bits.flag()) bits.skip(4);
    if (index === 0) first = { levelIdx, isHighTier };
  }
  return { ...first, frameRate };
}

/** `timing_info` (§5.5.3): frames per second where all pictures last as long. */
function readTiming(bits: BitReader): number | undefined {
  const unitsInTick = bits.bits(32);
  const timeScale = bits.bits(32);
  if (!bits.flag()) return undefined;
  const ticks = bits.ue() + 1; // uvlc (§4.10.3) is Exp-Golomb
  const rate = timeScale / (unitsInTick * ticks);
  return Number.isFinite(rate) && rate > 0 && rate < 1000 ? rate : undefined;
}

function skipTools(bits: BitReader): void {
  bits.skip(4); // interintra, masked, warped, dual filter
  const hasOrderHint = bits.flag();
  if (hasOrderHint) bits.skip(2);
  const screenContent = bits.flag() ? SELECT_SCREEN_CONTENT_TOOLS : bits.bit();
  if (screenContent > 0 && !bits.flag()) bits.skip(1); // seq_force_integer_mv
  if (hasOrderHint) bits.skip(3);
}

type Color = Pick<
  Av1SequenceHeader,
  'bitDepth' | 'isMonochrome' | 'subsamplingX' | 'subsamplingY' | 'chromaSamplePosition'
>;

/** `color_config` (§5.5.2). */
function readColor(bits: BitReader, profile: number): Color {
  const isHighDepth = bits.flag();
  const bitDepth = !isHighDepth ? 8 : profile === 2 && bits.flag() ? 12 : 10;
  const isMonochrome = profile !== 1 && bits.flag();
  const description = bits.flag() ? [bits.bits(8), bits.bits(8), bits.bits(8)] : [];
  if (isMonochrome) {
    return { bitDepth, isMonochrome, subsamplingX: 1, subsamplingY: 1, chromaSamplePosition: 0 };
  }
  // BT.709 primaries, sRGB transfer and identity matrix say 4:4:4 without further ado.
  if (description.join() === '1,13,0') {
    return { bitDepth, isMonochrome, subsamplingX: 0, subsamplingY: 0, chromaSamplePosition: 0 };
  }
  bits.skip(1); // color_range
  const { subsamplingX, subsamplingY } = readSubsampling(bits, profile, bitDepth);
  const chromaSamplePosition = subsamplingX === 1 && subsamplingY === 1 ? bits.bits(2) : 0;
  return { bitDepth, isMonochrome, subsamplingX, subsamplingY, chromaSamplePosition };
}

function readSubsampling(
  bits: BitReader,
  profile: number,
  bitDepth: number,
): Pick<Color, 'subsamplingX' | 'subsamplingY'> {
  if (profile === 0) return { subsamplingX: 1, subsamplingY: 1 };
  if (profile === 1) return { subsamplingX: 0, subsamplingY: 0 };
  if (bitDepth !== 12) return { subsamplingX: 1, subsamplingY: 0 };
  const subsamplingX = bits.bit();
  return { subsamplingX, subsamplingY: subsamplingX === 1 ? bits.bit() : 0 };
}
