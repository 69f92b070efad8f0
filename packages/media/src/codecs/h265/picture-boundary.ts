import type { PictureBoundary } from '../picture-boundary.ts';
import { H265NalType, h265NalType, isH265Vcl } from './nal-unit-type.ts';

/** Finds where coded pictures of the base layer begin (H.265 §7.4.2.4.4 and §7.4.2.4.5). */
export class H265PictureBoundary implements PictureBoundary {
  #hasSlice = false;

  startsPicture(nal: Uint8Array): boolean {
    const isBaseLayer = ((nal[0] ?? 0) & 1) === 0 && ((nal[1] ?? 0) & 0xf8) === 0;
    if (!isBaseLayer) return false;
    const type = h265NalType(nal);
    const hadSlice = this.#hasSlice;
    if (isH265Vcl(type)) {
      this.#hasSlice = true;
      return hadSlice && ((nal[2] ?? 0) & 0x80) !== 0; // first_slice_segment_in_pic_flag
    }
    if (!hadSlice || !mayOnlyPrecedeSlices(type)) return false;
    this.#hasSlice = false;
    return true;
  }
}

/** VPS, SPS, PPS, delimiter, prefix SEI, and the reserved and unspecified types of §7.4.2.4.4. */
function mayOnlyPrecedeSlices(type: number): boolean {
  return (
    (type >= H265NalType.vps && type <= H265NalType.accessUnitDelimiter) ||
    type === H265NalType.prefixSei ||
    (type >= 41 && type <= 44) ||
    (type >= 48 && type <= 55)
  );
}
