import { sameTrack } from '../../same-track.ts';
import type { H264Track } from '../../track.ts';
import { DecodingTimes } from '../decoding-times.ts';
import { ParameterSets, type ParameterSet } from '../parameter-sets.ts';
import { NalRole, type PictureCodec } from '../picture-codec.ts';
import { h264TrackOf, h264VideoParameters } from './h264-track.ts';
import { H264NalType, h264NalType } from './nal-unit-type.ts';
import { OutputOrder } from './output-order.ts';
import { parsePps, type H264Pps } from './pps.ts';
import { findRecoveryPoint } from './sei.ts';
import { parseSliceHeader, parseSlicePpsId } from './slice-header.ts';
import { parseSps, type H264Sps } from './sps.ts';

const ROLES: readonly NalRole[] = Array.from({ length: 32 }, (_, type) => {
  switch (type) {
    case H264NalType.slice:
    case H264NalType.partitionA:
      return NalRole.slice;
    case H264NalType.idr:
      return NalRole.randomAccessSlice;
    case H264NalType.sps:
    case H264NalType.pps:
      return NalRole.parameterSet;
    case H264NalType.accessUnitDelimiter:
    case H264NalType.endOfSequence:
    case H264NalType.endOfStream:
    case H264NalType.filler:
      return NalRole.dropped;
    default:
      return NalRole.carried;
  }
});

/** H.264 as the assembler of access units sees it. */
export class H264Pictures implements PictureCodec {
  readonly #id: number;
  readonly #clockRate: number;
  readonly #sps = new ParameterSets<H264Sps>(parseSps);
  readonly #pps = new ParameterSets<H264Pps>(parsePps);
  readonly #times = new DecodingTimes();
  #active: ParameterSet<H264Sps> | undefined;
  /** Only where the active SPS leaves the reordering open. */
  #order: OutputOrder | undefined;
  #track: H264Track | undefined;
  #isStale = true;

  constructor(id: number, clockRate: number) {
    this.#id = id;
    this.#clockRate = clockRate;
  }

  roleOf(nal: Uint8Array): NalRole {
    const [header] = nal;
    // Empty, or with forbidden_zero_bit set: damaged on the way (§7.4.1).
    if (header === undefined || header >= 0x80) return NalRole.dropped;
    const type = header & 0x1f;
    if (type === H264NalType.sei) return findRecoveryPoint(nal) ? NalRole.recoveryPoint : NalRole.carried;
    return ROLES[type] ?? NalRole.carried;
  }

  addParameterSet(nal: Uint8Array): void {
    const sets = h264NalType(nal) === H264NalType.sps ? this.#sps : this.#pps;
    if (sets.add(nal)) this.#isStale = true;
  }

  announcedTrack(): H264Track | undefined {
    for (const { parsed } of this.#pps.values()) {
      const sps = this.#sps.get(parsed.spsId);
      if (sps !== undefined) return this.#activateSps(sps);
    }
    return undefined;
  }

  activate(slice: Uint8Array): H264Track | undefined {
    const sets = this.#setsOf(parseSlicePpsId(slice));
    return sets === undefined ? undefined : this.#activateSps(sets.sps);
  }

  parameterSets(): readonly Uint8Array[] {
    return this.#track === undefined ? [] : [...this.#track.sps, ...this.#track.pps];
  }

  decodingTime(slice: Uint8Array, pts: number): number {
    const sps = this.#active?.parsed;
    if (sps === undefined) return pts;
    if (this.#order === undefined) return this.#times.next(pts, sps.maxReorderFrames);
    const header = parseSliceHeader(slice, (ppsId) => {
      const sets = this.#setsOf(ppsId);
      return sets && { sps: sets.sps.parsed, pps: sets.pps };
    });
    const limit = header === undefined ? pts : this.#order.push(header, pts);
    return this.#times.next(pts, this.#order.depth, limit);
  }

  #setsOf(ppsId: number): { readonly pps: H264Pps; readonly sps: ParameterSet<H264Sps> } | undefined {
    const pps = this.#pps.get(ppsId)?.parsed;
    const sps = pps && this.#sps.get(pps.spsId);
    return pps && sps && { pps, sps };
  }

  #activateSps(sps: ParameterSet<H264Sps>): H264Track {
    if (sps !== this.#active) {
      const { maxReorderFrames, picOrderCntType, picOrderCntLsbBits, isReorderDeclared } = sps.parsed;
      const isOpen = !isReorderDeclared && picOrderCntType === 0;
      this.#order = isOpen ? new OutputOrder(maxReorderFrames, picOrderCntLsbBits) : undefined;
      this.#active = sps;
      this.#isStale = true;
    }
    const reorderDepth = this.#order?.depth ?? sps.parsed.maxReorderFrames;
    if (this.#track !== undefined && !this.#isStale && this.#track.video.reorderDepth === reorderDepth) {
      return this.#track;
    }
    const sets = {
      sps: [sps.nal, ...this.#sps.nals(({ id }) => id !== sps.parsed.id)],
      pps: this.#pps.nals(({ spsId }) => this.#sps.get(spsId) !== undefined),
    };
    const track = h264TrackOf(this.#id, this.#clockRate, sets, h264VideoParameters(sps.parsed, reorderDepth));
    if (this.#track === undefined || !sameTrack(track, this.#track)) this.#track = track;
    this.#isStale = false;
    return this.#track;
  }
}
