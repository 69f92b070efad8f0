import type { PictureBoundary } from '../picture-boundary.ts';
import { ParameterSets } from '../parameter-sets.ts';
import { H264NalType, h264NalType } from './nal-unit-type.ts';
import { parsePps, type H264Pps } from './pps.ts';
import { parseSliceHeader, startsNewPicture, type H264SliceHeader } from './slice-header.ts';
import { parseSps, type H264Sps } from './sps.ts';

/** Finds where primary coded pictures begin (H.264 §7.4.1.2.3 and §7.4.1.2.4). */
export class H264PictureBoundary implements PictureBoundary {
  readonly #sps = new ParameterSets<H264Sps>(parseSps);
  readonly #pps = new ParameterSets<H264Pps>(parsePps);
  /** The slice before, of the picture at hand; `undefined` before its first or where it could not be read. */
  #slice: H264SliceHeader | undefined;
  #hasSlice = false;

  startsPicture(nal: Uint8Array): boolean {
    const type = h264NalType(nal);
    if (type === H264NalType.sps) this.#sps.add(nal);
    if (type === H264NalType.pps) this.#pps.add(nal);
    if (isSlice(type)) return this.#isFirstSlice(nal);
    if (!this.#hasSlice || !mayOnlyPrecedeSlices(type)) return false;
    this.#hasSlice = false;
    this.#slice = undefined;
    return true;
  }

  #isFirstSlice(nal: Uint8Array): boolean {
    const previous = this.#slice;
    const slice = this.#parse(nal);
    this.#slice = slice;
    if (!this.#hasSlice) {
      this.#hasSlice = true;
      return false;
    }
    if (previous !== undefined && slice !== undefined) return startsNewPicture(previous, slice);
    return startsAtFirstMacroblock(nal);
  }

  #parse(nal: Uint8Array): H264SliceHeader | undefined {
    return parseSliceHeader(nal, (ppsId) => {
      const pps = this.#pps.get(ppsId)?.parsed;
      const sps = pps && this.#sps.get(pps.spsId)?.parsed;
      return pps && sps && { pps, sps };
    });
  }
}

function isSlice(type: number): boolean {
  return type === H264NalType.slice || type === H264NalType.idr || type === H264NalType.partitionA;
}

function mayOnlyPrecedeSlices(type: number): boolean {
  return (
    (type >= H264NalType.sei && type <= H264NalType.accessUnitDelimiter) ||
    (type >= H264NalType.prefix && type <= H264NalType.reserved18)
  );
}

/** first_mb_in_slice is 0, which is Exp-Golomb for a single 1: the rule where the parameter sets are unknown. */
function startsAtFirstMacroblock(nal: Uint8Array): boolean {
  return ((nal[1] ?? 0) & 0x80) !== 0;
}
