import { ProtocolError } from '../../errors.ts';
import type { BitReader } from '../bit-reader.ts';
import { skipVuiPresentation } from '../vui-presentation.ts';

/** What is kept of H.264's video usability information (annex E). */
export interface H264Vui {
  /** Frames per second: half of time_scale / num_units_in_tick, which count fields. */
  frameRate?: number;
  /** max_num_reorder_frames, where bitstream_restriction_flag is set. */
  maxNumReorderFrames?: number;
}

const MAX_CPB_COUNT = 32;

/**
 * Parses vui_parameters() (H.264 §E.1.1).
 *
 * Some cameras cut their SPS off inside the VUI: what was read until then is kept, as decoders do.
 */
export function parseVui(reader: BitReader): H264Vui {
  const vui: H264Vui = {};
  try {
    readVui(reader, vui);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
  return vui;
}

function readVui(reader: BitReader, vui: H264Vui): void {
  skipVuiPresentation(reader);
  if (reader.flag()) {
    const unitsInTick = reader.bits(32);
    const timeScale = reader.bits(32);
    reader.skip(1); // fixed_frame_rate_flag
    if (unitsInTick > 0 && timeScale > 0) vui.frameRate = timeScale / (2 * unitsInTick);
  }
  const hasNalHrd = reader.flag();
  if (hasNalHrd) skipHrd(reader);
  const hasVclHrd = reader.flag();
  if (hasVclHrd) skipHrd(reader);
  if (hasNalHrd || hasVclHrd) reader.skip(1); // low_delay_hrd_flag
  reader.skip(1); // pic_struct_present_flag
  if (!reader.flag()) return; // bitstream_restriction_flag
  reader.skip(1); // motion_vectors_over_pic_boundaries_flag
  for (let i = 0; i < 4; i++) reader.ue(); // max_bytes_per_pic_denom to log2_max_mv_length_vertical
  const reorder = reader.ue();
  const buffering = reader.ue();
  // Beyond the decoded picture buffer the value is nonsense; the caller's rule for "absent" is better.
  if (reorder <= 16 && reorder <= Math.max(buffering, 1)) vui.maxNumReorderFrames = reorder;
}

function skipHrd(reader: BitReader): void {
  const count = reader.ue() + 1;
  if (count > MAX_CPB_COUNT)
    throw new ProtocolError('ERR_H264_VUI', `cpb_cnt is ${count}, at most 32 allowed`);
  reader.skip(8);
  for (let i = 0; i < count; i++) {
    reader.ue();
    reader.ue();
    reader.skip(1);
  }
  reader.skip(20);
}
