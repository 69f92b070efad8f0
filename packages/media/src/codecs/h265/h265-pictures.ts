import { sameTrack } from '../../same-track.ts';
import type { H265Track } from '../../track.ts';
import { DecodingTimes } from '../decoding-times.ts';
import { ParameterSets, type ParameterSet } from '../parameter-sets.ts';
import { NalRole, type PictureCodec } from '../picture-codec.ts';
import { h265TrackOf, h265VideoParameters } from './h265-track.ts';
import { H265NalType, h265NalType, isH265Irap, isH265Rasl, isH265Vcl } from './nal-unit-type.ts';
import { parseH265Pps, parseH265SlicePpsId, type H265Pps } from './pps.ts';
import { parseH265Sps, type H265Sps } from './sps.ts';
import { parseH265Vps, type H265Vps } from './vps.ts';

const ROLES: readonly NalRole[] = Array.from({ length: 64 }, (_, type) => {
  if (isH265Rasl(type)) return NalRole.skippedLeadingSlice;
  if (type >= H265NalType.blaWLp && type <= H265NalType.blaNLp) return NalRole.brokenLinkSlice;
  if (isH265Irap(type)) return NalRole.randomAccessSlice;
  if (isH265Vcl(type)) return NalRole.slice;
  if (type >= H265NalType.vps && type <= H265NalType.pps) return NalRole.parameterSet;
  if (type >= H265NalType.accessUnitDelimiter && type <= H265NalType.filler) return NalRole.dropped;
  return NalRole.carried;
});

/** H.265 as the assembler of access units sees it. Layers above the base layer are carried, not read. */
export class H265Pictures implements PictureCodec {
  readonly #id: number;
  readonly #clockRate: number;
  readonly #vps = new ParameterSets<H265Vps>(parseH265Vps);
  readonly #sps = new ParameterSets<H265Sps>(parseH265Sps);
  readonly #pps = new ParameterSets<H265Pps>(parseH265Pps);
  readonly #times = new DecodingTimes();
  #active: ParameterSet<H265Sps> | undefined;
  #track: H265Track | undefined;
  #isStale = true;

  constructor(id: number, clockRate: number) {
    this.#id = id;
    this.#clockRate = clockRate;
  }

  roleOf(nal: Uint8Array): NalRole {
    const [first, second] = nal;
    // Too short, or with forbidden_zero_bit set: damaged on the way (§7.4.2.2).
    if (first === undefined || second === undefined || first >= 0x80) return NalRole.dropped;
    const isBaseLayer = (first & 1) === 0 && (second & 0xf8) === 0;
    return isBaseLayer ? (ROLES[first >>> 1] ?? NalRole.carried) : NalRole.carried;
  }

  addParameterSet(nal: Uint8Array): void {
    const type = h265NalType(nal);
    const sets = type === H265NalType.vps ? this.#vps : type === H265NalType.sps ? this.#sps : this.#pps;
    if (sets.add(nal)) this.#isStale = true;
  }

  announcedTrack(): H265Track | undefined {
    for (const { parsed } of this.#pps.values()) {
      const track = this.#activatePps(parsed);
      if (track !== undefined) return track;
    }
    return undefined;
  }

  activate(slice: Uint8Array): H265Track | undefined {
    const pps = this.#pps.get(parseH265SlicePpsId(slice));
    return pps && this.#activatePps(pps.parsed);
  }

  parameterSets(): readonly Uint8Array[] {
    return this.#track === undefined ? [] : [...this.#track.vps, ...this.#track.sps, ...this.#track.pps];
  }

  decodingTime(_slice: Uint8Array, pts: number): number {
    return this.#times.next(pts, this.#active?.parsed.maxReorderPics ?? 0);
  }

  #activatePps({ spsId }: H265Pps): H265Track | undefined {
    const sps = this.#sps.get(spsId);
    const vps = sps && this.#vps.get(sps.parsed.vpsId);
    if (vps === undefined || sps === undefined) return undefined;
    if (sps === this.#active && this.#track !== undefined && !this.#isStale) return this.#track;
    this.#active = sps;
    const sets = {
      vps: this.#vps.nals(),
      sps: [sps.nal, ...this.#sps.nals(({ id }) => id !== sps.parsed.id)],
      pps: this.#pps.nals((pps) => this.#sps.get(pps.spsId) !== undefined),
    };
    const video = h265VideoParameters(sps.parsed, vps.parsed.frameRate);
    const track = h265TrackOf(this.#id, this.#clockRate, sets, video);
    if (this.#track === undefined || !sameTrack(track, this.#track)) this.#track = track;
    this.#isStale = false;
    return this.#track;
  }
}
