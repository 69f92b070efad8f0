import type { BitReader } from '../bit-reader.ts';
import { skipVuiPresentation } from '../vui-presentation.ts';

/** Frames per second from vui_parameters() (H.265 §E.2.1), read up to its timing. */
export function readVuiFrameRate(reader: BitReader): number | undefined {
  skipVuiPresentation(reader);
  reader.skip(1); // neutral_chroma_indication_flag
  const picturesAreFields = reader.flag();
  reader.skip(1); // frame_field_info_present_flag
  if (reader.flag()) for (let i = 0; i < 4; i++) reader.ue(); // default display window
  if (!reader.flag()) return undefined;
  const unitsInTick = reader.bits(32);
  const timeScale = reader.bits(32);
  if (unitsInTick === 0 || timeScale === 0) return undefined;
  return timeScale / unitsInTick / (picturesAreFields ? 2 : 1);
}
