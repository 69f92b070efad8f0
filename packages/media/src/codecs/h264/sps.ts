import { ProtocolError } from '../../errors.ts';
import { BitReader } from '../bit-reader.ts';
import { NAL_LIMITS, unescapeNal } from '../nal-units.ts';
import { h264MaxDpbFrames, isIntraProfile, type H264ProfileLevel } from './levels.ts';
import { H264NalType, h264NalType } from './nal-unit-type.ts';
import { parseVui, type H264Vui } from './vui.ts';

/** A sequence parameter set of H.264 (§7.3.2.1), as far as anything here needs it. */
export interface H264Sps extends H264ProfileLevel {
  /** seq_parameter_set_id, 0 to 31. */
  readonly id: number;
  /** 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaFormatIdc: number;
  readonly separateColourPlanes: boolean;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** Width of frame_num in bits, 4 to 16. */
  readonly frameNumBits: number;
  readonly picOrderCntType: 0 | 1 | 2;
  /** Width of pic_order_cnt_lsb in bits, 4 to 16; 0 unless `picOrderCntType` is 0. */
  readonly picOrderCntLsbBits: number;
  readonly deltaPicOrderAlwaysZero: boolean;
  /** False where pictures may be fields or have field macroblocks. */
  readonly frameMbsOnly: boolean;
  /** Displayed size in pixels, after cropping. */
  readonly width: number;
  readonly height: number;
  /** Frames per second from the VUI; `undefined` where it has no timing. */
  readonly frameRate: number | undefined;
  /**
   * max_num_reorder_frames: as declared in the VUI, else the most that the profile, the picture order
   * count type and the level allow (§E.2.1), which is far above the truth for most cameras.
   */
  readonly maxReorderFrames: number;
  /** Whether `maxReorderFrames` is a fact (declared, or reordering is impossible) and not a bound. */
  readonly isReorderDeclared: boolean;
}

/** Profiles whose SPS has chroma format, bit depth and scaling matrices (§7.3.2.1.1). */
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);
/** The largest picture of level 6.2 is 1055 macroblocks wide (§A.3.1 f). */
const MAX_SIDE_MBS = 1055;

/**
 * Parses a sequence parameter set NAL unit of H.264, header byte included, of any profile.
 *
 * @throws {ProtocolError} `ERR_H264_SPS`, or `ERR_BITS_…` where the data ends too early.
 */
export function parseSps(nal: Uint8Array): H264Sps {
  if (h264NalType(nal) !== H264NalType.sps) throw invalid('NAL unit is not a sequence parameter set');
  if (nal.length > NAL_LIMITS.parameterSetBytes) throw invalid(`${nal.length} bytes are too many`);
  const reader = new BitReader(unescapeNal(nal));
  reader.skip(8);
  const profileIdc = reader.bits(8);
  const constraintFlags = reader.bits(8);
  const levelIdc = reader.bits(8);
  const id = within(reader.ue(), 31, 'seq_parameter_set_id');
  const format = HIGH_PROFILES.has(profileIdc) ? parseFormat(reader) : DEFAULT_FORMAT;
  const frameNumBits = within(reader.ue(), 12, 'log2_max_frame_num_minus4') + 4;
  const order = parsePictureOrder(reader);
  within(reader.ue(), 16, 'max_num_ref_frames');
  reader.skip(1); // gaps_in_frame_num_value_allowed_flag
  const size = parseSize(reader, format);
  const vui: H264Vui = reader.flag() ? parseVui(reader) : {};
  const profileLevel = { profileIdc, constraintFlags, levelIdc };
  const { frameMbsOnly, frameSizeMbs, width, height } = size;
  return {
    ...profileLevel,
    id,
    ...format,
    frameNumBits,
    ...order,
    frameMbsOnly,
    width,
    height,
    frameRate: vui.frameRate,
    ...reorderDepth(profileLevel, order.picOrderCntType, vui, frameSizeMbs),
  };
}

function reorderDepth(
  profileLevel: H264ProfileLevel,
  picOrderCntType: number,
  vui: H264Vui,
  frameSizeMbs: number,
): Pick<H264Sps, 'maxReorderFrames' | 'isReorderDeclared'> {
  const { profileIdc, constraintFlags } = profileLevel;
  // Baseline has no B slices and P slices may not be reordered in any profile cameras know; picture
  // order count type 2 makes output order the decoding order (§8.2.1.3).
  if (profileIdc === 66 || isIntraProfile(profileIdc, constraintFlags) || picOrderCntType === 2) {
    return { maxReorderFrames: 0, isReorderDeclared: true };
  }
  if (vui.maxNumReorderFrames !== undefined) {
    return { maxReorderFrames: vui.maxNumReorderFrames, isReorderDeclared: true };
  }
  return { maxReorderFrames: h264MaxDpbFrames(profileLevel, frameSizeMbs), isReorderDeclared: false };
}

interface Format {
  readonly chromaFormatIdc: number;
  readonly separateColourPlanes: boolean;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
}

const DEFAULT_FORMAT: Format = {
  chromaFormatIdc: 1,
  separateColourPlanes: false,
  bitDepthLuma: 8,
  bitDepthChroma: 8,
};

function parseFormat(reader: BitReader): Format {
  const chromaFormatIdc = within(reader.ue(), 3, 'chroma_format_idc');
  const separateColourPlanes = chromaFormatIdc === 3 && reader.flag();
  const bitDepthLuma = within(reader.ue(), 6, 'bit_depth_luma_minus8') + 8;
  const bitDepthChroma = within(reader.ue(), 6, 'bit_depth_chroma_minus8') + 8;
  reader.skip(1); // qpprime_y_zero_transform_bypass_flag
  if (reader.flag()) {
    const lists = chromaFormatIdc === 3 ? 12 : 8;
    for (let i = 0; i < lists; i++) if (reader.flag()) skipScalingList(reader, i < 6 ? 16 : 64);
  }
  return { chromaFormatIdc, separateColourPlanes, bitDepthLuma, bitDepthChroma };
}

/** scaling_list() (§7.3.2.1.1.1): a delta of 0 to the next scale ends the list. */
function skipScalingList(reader: BitReader, size: number): void {
  let scale = 8;
  for (let i = 0; i < size; i++) {
    scale = (scale + reader.se() + 256) % 256;
    if (scale === 0) return;
  }
}

function parsePictureOrder(
  reader: BitReader,
): Pick<H264Sps, 'picOrderCntType' | 'picOrderCntLsbBits' | 'deltaPicOrderAlwaysZero'> {
  const type = reader.ue();
  if (type === 0) {
    const picOrderCntLsbBits = within(reader.ue(), 12, 'log2_max_pic_order_cnt_lsb_minus4') + 4;
    return { picOrderCntType: 0, picOrderCntLsbBits, deltaPicOrderAlwaysZero: false };
  }
  if (type === 2) return { picOrderCntType: 2, picOrderCntLsbBits: 0, deltaPicOrderAlwaysZero: false };
  if (type !== 1) throw invalid(`pic_order_cnt_type is ${type}`);
  const deltaPicOrderAlwaysZero = reader.flag();
  reader.se(); // offset_for_non_ref_pic
  reader.se(); // offset_for_top_to_bottom_field
  const cycle = within(reader.ue(), 255, 'num_ref_frames_in_pic_order_cnt_cycle');
  for (let i = 0; i < cycle; i++) reader.se();
  return { picOrderCntType: 1, picOrderCntLsbBits: 0, deltaPicOrderAlwaysZero };
}

interface Size {
  readonly frameMbsOnly: boolean;
  readonly frameSizeMbs: number;
  readonly width: number;
  readonly height: number;
}

function parseSize(reader: BitReader, format: Format): Size {
  const widthMbs = within(reader.ue(), MAX_SIDE_MBS - 1, 'pic_width_in_mbs_minus1') + 1;
  const heightMapUnits = within(reader.ue(), MAX_SIDE_MBS - 1, 'pic_height_in_map_units_minus1') + 1;
  const frameMbsOnly = reader.flag();
  if (!frameMbsOnly) reader.skip(1); // mb_adaptive_frame_field_flag
  reader.skip(1); // direct_8x8_inference_flag
  const heightMbs = heightMapUnits * (frameMbsOnly ? 1 : 2);
  let width = widthMbs * 16;
  let height = heightMbs * 16;
  if (reader.flag()) {
    // Cropping counts in chroma samples and, where fields are possible, in pairs of lines (§7.4.2.1.1).
    const chromaArrayType = format.separateColourPlanes ? 0 : format.chromaFormatIdc;
    const unitX = chromaArrayType === 1 || chromaArrayType === 2 ? 2 : 1;
    const unitY = (chromaArrayType === 1 ? 2 : 1) * (frameMbsOnly ? 1 : 2);
    width -= unitX * (reader.ue() + reader.ue());
    height -= unitY * (reader.ue() + reader.ue());
    if (width <= 0 || height <= 0) throw invalid('cropping leaves no picture');
  }
  return { frameMbsOnly, frameSizeMbs: widthMbs * heightMbs, width, height };
}

function within(value: number, max: number, name: string): number {
  if (value > max) throw invalid(`${name} is ${value}, at most ${max} allowed`);
  return value;
}

function invalid(reason: string): ProtocolError {
  return new ProtocolError('ERR_H264_SPS', `Bad H.264 sequence parameter set: ${reason}`);
}
