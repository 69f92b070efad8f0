import { ProtocolError } from '../../errors.ts';
import { BitReader } from '../bit-reader.ts';
import { NAL_LIMITS, unescapeNal } from '../nal-units.ts';
import { H265NalType, h265NalType } from './nal-unit-type.ts';
import { parseProfileTierLevel, type H265ProfileTierLevel } from './profile-tier-level.ts';
import { skipShortTermRefPicSets } from './ref-pic-sets.ts';
import { readVuiFrameRate } from './vui.ts';

/** A sequence parameter set of H.265 (§7.3.2.2), as far as anything here needs it. */
export interface H265Sps {
  /** sps_seq_parameter_set_id, 0 to 15. */
  readonly id: number;
  /** sps_video_parameter_set_id, 0 to 15. */
  readonly vpsId: number;
  readonly profileTierLevel: H265ProfileTierLevel;
  /** Temporal sub-layers, 1 to 7. */
  readonly subLayers: number;
  readonly isTemporalIdNested: boolean;
  /** 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaFormatIdc: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** Displayed size in pixels, inside the conformance window. */
  readonly width: number;
  readonly height: number;
  /** sps_max_num_reorder_pics of the highest sub-layer. */
  readonly maxReorderPics: number;
  /** Frames per second from the VUI; `undefined` where it has no timing. */
  readonly frameRate: number | undefined;
}

/** The largest side of level 6.2 (§A.4.1: the square root of 8 times MaxLumaPs). */
const MAX_SIDE = 16_888;
const MAX_DPB_PICS = 16;

/**
 * Parses a sequence parameter set NAL unit of H.265, header included.
 *
 * @throws {ProtocolError} `ERR_H265_SPS`, or `ERR_BITS_…` where the data ends too early.
 */
export function parseH265Sps(nal: Uint8Array): H265Sps {
  if (h265NalType(nal) !== H265NalType.sps) throw invalid('NAL unit is not a sequence parameter set');
  if (nal.length > NAL_LIMITS.parameterSetBytes) throw invalid(`${nal.length} bytes are too many`);
  const reader = new BitReader(unescapeNal(nal));
  reader.skip(16);
  const vpsId = reader.bits(4);
  const subLayersMinus1 = within(reader.bits(3), 6, 'sps_max_sub_layers_minus1');
  const isTemporalIdNested = reader.flag();
  const profileTierLevel = parseProfileTierLevel(reader, subLayersMinus1);
  const id = within(reader.ue(), 15, 'sps_seq_parameter_set_id');
  const { chromaFormatIdc, width, height } = parseSize(reader);
  const bitDepthLuma = within(reader.ue(), 8, 'bit_depth_luma_minus8') + 8;
  const bitDepthChroma = within(reader.ue(), 8, 'bit_depth_chroma_minus8') + 8;
  const orderLsbBits = within(reader.ue(), 12, 'log2_max_pic_order_cnt_lsb_minus4') + 4;
  const maxReorderPics = parseOrderingInfo(reader, subLayersMinus1);
  return {
    id,
    vpsId,
    profileTierLevel,
    subLayers: subLayersMinus1 + 1,
    isTemporalIdNested,
    chromaFormatIdc,
    bitDepthLuma,
    bitDepthChroma,
    width,
    height,
    maxReorderPics,
    frameRate: parseFrameRate(reader, orderLsbBits),
  };
}

function parseSize(reader: BitReader): Pick<H265Sps, 'chromaFormatIdc' | 'width' | 'height'> {
  const chromaFormatIdc = within(reader.ue(), 3, 'chroma_format_idc');
  const separateColourPlanes = chromaFormatIdc === 3 && reader.flag();
  let width = within(reader.ue(), MAX_SIDE, 'pic_width_in_luma_samples');
  let height = within(reader.ue(), MAX_SIDE, 'pic_height_in_luma_samples');
  if (reader.flag()) {
    // The conformance window counts in chroma samples (§7.4.3.2.1).
    const chromaArrayType = separateColourPlanes ? 0 : chromaFormatIdc;
    width -= (chromaArrayType === 1 || chromaArrayType === 2 ? 2 : 1) * (reader.ue() + reader.ue());
    height -= (chromaArrayType === 1 ? 2 : 1) * (reader.ue() + reader.ue());
  }
  if (width <= 0 || height <= 0) throw invalid('no picture is left');
  return { chromaFormatIdc, width, height };
}

function parseOrderingInfo(reader: BitReader, subLayersMinus1: number): number {
  const infos = reader.flag() ? subLayersMinus1 + 1 : 1;
  let reorderPics = 0;
  for (let i = 0; i < infos; i++) {
    reader.ue(); // sps_max_dec_pic_buffering_minus1
    reorderPics = within(reader.ue(), MAX_DPB_PICS, 'sps_max_num_reorder_pics');
    reader.ue(); // sps_max_latency_increase_plus1
  }
  return reorderPics;
}

/** Everything between the ordering info and the VUI's timing. What cannot be read there is read as no timing. */
function parseFrameRate(reader: BitReader, orderLsbBits: number): number | undefined {
  try {
    skipCodingTools(reader);
    skipShortTermRefPicSets(reader);
    if (reader.flag()) {
      const longTerm = within(reader.ue(), 32, 'num_long_term_ref_pics_sps');
      reader.skip(longTerm * (orderLsbBits + 1));
    }
    reader.skip(2); // sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
    return reader.flag() ? readVuiFrameRate(reader) : undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function skipCodingTools(reader: BitReader): void {
  for (let i = 0; i < 6; i++) reader.ue(); // coding and transform block sizes and depths
  if (reader.flag() && reader.flag()) skipScalingLists(reader);
  reader.skip(2); // amp_enabled_flag, sample_adaptive_offset_enabled_flag
  if (!reader.flag()) return; // pcm_enabled_flag
  reader.skip(8);
  reader.ue();
  reader.ue();
  reader.skip(1);
}

/** scaling_list_data() (§7.3.4). */
function skipScalingLists(reader: BitReader): void {
  for (let sizeId = 0; sizeId < 4; sizeId++) {
    for (let matrixId = 0; matrixId < 6; matrixId += sizeId === 3 ? 3 : 1) {
      if (!reader.flag()) {
        reader.ue(); // scaling_list_pred_matrix_id_delta
        continue;
      }
      const coefficients = Math.min(64, 1 << (4 + (sizeId << 1))) + (sizeId > 1 ? 1 : 0);
      for (let i = 0; i < coefficients; i++) reader.se();
    }
  }
}

function within(value: number, max: number, name: string): number {
  if (value > max) throw invalid(`${name} is ${value}, at most ${max} allowed`);
  return value;
}

function invalid(reason: string): ProtocolError {
  return new ProtocolError('ERR_H265_SPS', `Bad H.265 sequence parameter set: ${reason}`);
}
