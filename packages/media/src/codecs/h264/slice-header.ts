import { ProtocolError } from '../../errors.ts';
import { BitReader } from '../bit-reader.ts';
import { unescapeNal } from '../nal-units.ts';
import { H264NalType, h264NalType } from './nal-unit-type.ts';
import type { H264Pps } from './pps.ts';
import type { H264Sps } from './sps.ts';

interface PictureOrderFields {
  /** pic_order_cnt_lsb; 0 unless the SPS has picture order count type 0. */
  readonly picOrderCntLsb: number;
  readonly deltaPicOrderCntBottom: number;
  /** delta_pic_order_cnt[0] and [1]; 0 unless the SPS has picture order count type 1. */
  readonly deltaPicOrderCnt0: number;
  readonly deltaPicOrderCnt1: number;
}

/** The start of a slice header of H.264 (§7.3.3): what tells pictures apart and puts them in order. */
export interface H264SliceHeader extends PictureOrderFields {
  /** nal_unit_type 5. */
  readonly isIdr: boolean;
  /** nal_ref_idc is not 0: other pictures may refer to this one. */
  readonly isReference: boolean;
  readonly firstMb: number;
  /** slice_type modulo 5: 0 P, 1 B, 2 I, 3 SP, 4 SI. */
  readonly sliceType: number;
  readonly ppsId: number;
  readonly frameNum: number;
  readonly isField: boolean;
  readonly isBottomField: boolean;
  /** idr_pic_id; 0 where the picture is no IDR picture. */
  readonly idrPicId: number;
}

/** The parameter sets that a slice refers to. */
export interface H264ActiveSets {
  readonly sps: H264Sps;
  readonly pps: H264Pps;
}

/** Bytes that hold everything read here, escapes included: a NAL header, nine Exp-Golomb numbers, 40 bits. */
const HEAD_BYTES = 96;

/** slice pic_parameter_set_id of a slice NAL unit, all that can be read before the parameter sets are known. */
export function parseSlicePpsId(nal: Uint8Array): number {
  const reader = new BitReader(unescapeNal(nal, HEAD_BYTES));
  reader.skip(8);
  reader.ue();
  reader.ue();
  return reader.ue();
}

/**
 * Parses the start of a slice header, from a NAL unit of type 1, 2 or 5, header byte included.
 *
 * `activeSets` finds the parameter sets by pic_parameter_set_id. It answers `undefined` for unknown
 * ones, and then this function does.
 *
 * @throws {ProtocolError} `ERR_H264_SLICE`, or `ERR_BITS_…` where the data ends too early.
 */
export function parseSliceHeader(
  nal: Uint8Array,
  activeSets: (ppsId: number) => H264ActiveSets | undefined,
): H264SliceHeader | undefined {
  const isIdr = h264NalType(nal) === H264NalType.idr;
  const reader = new BitReader(unescapeNal(nal, HEAD_BYTES));
  reader.skip(8);
  const firstMb = reader.ue();
  const sliceTypeCode = reader.ue();
  if (sliceTypeCode > 9)
    throw new ProtocolError('ERR_H264_SLICE', `Bad H.264 slice: slice_type is ${sliceTypeCode}`);
  const ppsId = reader.ue();
  const sets = activeSets(ppsId);
  if (sets === undefined) return undefined;
  const { sps, pps } = sets;
  if (sps.separateColourPlanes) reader.skip(2); // colour_plane_id
  const frameNum = reader.bits(sps.frameNumBits);
  const isField = !sps.frameMbsOnly && reader.flag();
  const isBottomField = isField && reader.flag();
  const idrPicId = isIdr ? reader.ue() : 0;
  const isReference = ((nal[0] ?? 0) & 0x60) !== 0;
  const order = parsePictureOrder(reader, sps, pps.bottomFieldPicOrderPresent && !isField);
  const sliceType = sliceTypeCode % 5;
  return {
    isIdr,
    isReference,
    firstMb,
    sliceType,
    ppsId,
    frameNum,
    isField,
    isBottomField,
    idrPicId,
    ...order,
  };
}

function parsePictureOrder(reader: BitReader, sps: H264Sps, hasBottomDelta: boolean): PictureOrderFields {
  const hasLsb = sps.picOrderCntType === 0;
  const hasDeltas = sps.picOrderCntType === 1 && !sps.deltaPicOrderAlwaysZero;
  // Read in the order of the bitstream.
  return {
    picOrderCntLsb: hasLsb ? reader.bits(sps.picOrderCntLsbBits) : 0,
    deltaPicOrderCntBottom: hasLsb && hasBottomDelta ? reader.se() : 0,
    deltaPicOrderCnt0: hasDeltas ? reader.se() : 0,
    deltaPicOrderCnt1: hasDeltas && hasBottomDelta ? reader.se() : 0,
  };
}

/**
 * Whether `slice` begins another primary coded picture than the one `previous` is part of (H.264
 * §7.4.1.2.4).
 */
export function startsNewPicture(previous: H264SliceHeader, slice: H264SliceHeader): boolean {
  return (
    slice.frameNum !== previous.frameNum ||
    slice.ppsId !== previous.ppsId ||
    slice.isField !== previous.isField ||
    slice.isBottomField !== previous.isBottomField ||
    slice.isReference !== previous.isReference ||
    slice.isIdr !== previous.isIdr ||
    slice.idrPicId !== previous.idrPicId ||
    slice.picOrderCntLsb !== previous.picOrderCntLsb ||
    slice.deltaPicOrderCntBottom !== previous.deltaPicOrderCntBottom ||
    slice.deltaPicOrderCnt0 !== previous.deltaPicOrderCnt0 ||
    slice.deltaPicOrderCnt1 !== previous.deltaPicOrderCnt1
  );
}
