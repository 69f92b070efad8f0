import { ProtocolError } from '../../errors.ts';
import { BitReader } from '../bit-reader.ts';
import { NAL_LIMITS, unescapeNal } from '../nal-units.ts';
import { H265NalType, h265NalType } from './nal-unit-type.ts';
import { parseProfileTierLevel } from './profile-tier-level.ts';

/** A video parameter set of H.265 (§7.3.2.1), as far as anything here needs it. */
export interface H265Vps {
  /** vps_video_parameter_set_id, 0 to 15. */
  readonly id: number;
  /** Pictures per second that the VPS declares; `undefined` where it declares none. */
  readonly frameRate: number | undefined;
}

/**
 * Parses a video parameter set NAL unit of H.265, header included. Only its id must be there: timing
 * that cannot be read is read as none.
 *
 * @throws {ProtocolError} `ERR_H265_VPS`, or `ERR_BITS_…` where the data ends too early.
 */
export function parseH265Vps(nal: Uint8Array): H265Vps {
  if (h265NalType(nal) !== H265NalType.vps) throw invalid('NAL unit is not a video parameter set');
  if (nal.length > NAL_LIMITS.parameterSetBytes) throw invalid(`${nal.length} bytes are too many`);
  const reader = new BitReader(unescapeNal(nal));
  reader.skip(16);
  const id = reader.bits(4);
  try {
    return { id, frameRate: readFrameRate(reader) };
  } catch (error) {
    if (error instanceof ProtocolError) return { id, frameRate: undefined };
    throw error;
  }
}

function readFrameRate(reader: BitReader): number | undefined {
  reader.skip(8); // base layer flags, vps_max_layers_minus1
  const maxSubLayersMinus1 = reader.bits(3);
  reader.skip(17); // vps_temporal_id_nesting_flag, reserved
  parseProfileTierLevel(reader, maxSubLayersMinus1);
  const orderingInfos = reader.flag() ? maxSubLayersMinus1 + 1 : 1;
  for (let i = 0; i < 3 * orderingInfos; i++) reader.ue();
  const maxLayerId = reader.bits(6);
  const layerSets = reader.ue();
  if (layerSets > 1023) throw invalid(`${layerSets} layer sets`);
  reader.skip(layerSets * (maxLayerId + 1));
  if (!reader.flag()) return undefined;
  const unitsInTick = reader.bits(32);
  const timeScale = reader.bits(32);
  return unitsInTick > 0 && timeScale > 0 ? timeScale / unitsInTick : undefined;
}

function invalid(reason: string): ProtocolError {
  return new ProtocolError('ERR_H265_VPS', `Bad H.265 video parameter set: ${reason}`);
}
