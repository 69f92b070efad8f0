import { ProtocolError } from '../../errors.ts';
import { BitReader } from '../bit-reader.ts';
import { NAL_LIMITS, unescapeNal } from '../nal-units.ts';
import { H265NalType, h265NalType, isH265Irap } from './nal-unit-type.ts';

/** The start of a picture parameter set of H.265 (§7.3.2.3). */
export interface H265Pps {
  /** pps_pic_parameter_set_id, 0 to 63. */
  readonly id: number;
  /** pps_seq_parameter_set_id of the SPS it builds on, 0 to 15. */
  readonly spsId: number;
}

/** Bytes that hold everything read here: a header and two Exp-Golomb numbers, escapes included. */
const HEAD_BYTES = 32;

/**
 * Parses a picture parameter set NAL unit of H.265, header included.
 *
 * @throws {ProtocolError} `ERR_H265_PPS`, or `ERR_BITS_…` where the data ends too early.
 */
export function parseH265Pps(nal: Uint8Array): H265Pps {
  if (h265NalType(nal) !== H265NalType.pps) throw invalid('NAL unit is not a picture parameter set');
  if (nal.length > NAL_LIMITS.parameterSetBytes) throw invalid(`${nal.length} bytes are too many`);
  const reader = new BitReader(unescapeNal(nal, HEAD_BYTES));
  reader.skip(16);
  const id = reader.ue();
  const spsId = reader.ue();
  if (id > 63) throw invalid(`pps_pic_parameter_set_id is ${id}, at most 63 allowed`);
  if (spsId > 15) throw invalid(`pps_seq_parameter_set_id is ${spsId}, at most 15 allowed`);
  return { id, spsId };
}

/** slice_pic_parameter_set_id of a slice segment NAL unit (H.265 §7.3.6.1). */
export function parseH265SlicePpsId(nal: Uint8Array): number {
  const reader = new BitReader(unescapeNal(nal, HEAD_BYTES));
  reader.skip(17); // header, first_slice_segment_in_pic_flag
  if (isH265Irap(h265NalType(nal))) reader.skip(1); // no_output_of_prior_pics_flag
  return reader.ue();
}

function invalid(reason: string): ProtocolError {
  return new ProtocolError('ERR_H265_PPS', `Bad H.265 picture parameter set: ${reason}`);
}
