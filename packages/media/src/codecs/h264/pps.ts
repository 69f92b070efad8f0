import { ProtocolError } from '../../errors.ts';
import { BitReader } from '../bit-reader.ts';
import { NAL_LIMITS, unescapeNal } from '../nal-units.ts';
import { H264NalType, h264NalType } from './nal-unit-type.ts';

/** The start of a picture parameter set of H.264 (§7.3.2.2), enough to read the slices that use it. */
export interface H264Pps {
  /** pic_parameter_set_id, 0 to 255. */
  readonly id: number;
  /** seq_parameter_set_id of the SPS it builds on, 0 to 31. */
  readonly spsId: number;
  /** Whether slices may carry delta_pic_order_cnt_bottom and delta_pic_order_cnt[1]. */
  readonly bottomFieldPicOrderPresent: boolean;
}

/** Bytes that hold everything {@link parsePps} reads: two Exp-Golomb numbers of at most 63 bits. */
const HEAD_BYTES = 24;

/**
 * Parses a picture parameter set NAL unit of H.264, header byte included.
 *
 * @throws {ProtocolError} `ERR_H264_PPS`, or `ERR_BITS_…` where the data ends too early.
 */
export function parsePps(nal: Uint8Array): H264Pps {
  if (h264NalType(nal) !== H264NalType.pps) throw invalid('NAL unit is not a picture parameter set');
  if (nal.length > NAL_LIMITS.parameterSetBytes) throw invalid(`${nal.length} bytes are too many`);
  const reader = new BitReader(unescapeNal(nal, HEAD_BYTES));
  reader.skip(8);
  const id = reader.ue();
  const spsId = reader.ue();
  if (id > 255) throw invalid(`pic_parameter_set_id is ${id}, at most 255 allowed`);
  if (spsId > 31) throw invalid(`seq_parameter_set_id is ${spsId}, at most 31 allowed`);
  reader.skip(1); // entropy_coding_mode_flag
  return { id, spsId, bottomFieldPicOrderPresent: reader.flag() };
}

function invalid(reason: string): ProtocolError {
  return new ProtocolError('ERR_H264_PPS', `Bad H.264 picture parameter set: ${reason}`);
}
