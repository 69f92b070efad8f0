/** NAL unit types of H.265 (table 7-1) that something here looks at. */
export const H265NalType = {
  raslN: 8,
  raslR: 9,
  blaWLp: 16,
  blaNLp: 18,
  idrWRadl: 19,
  idrNLp: 20,
  cra: 21,
  lastIrap: 23,
  lastVcl: 31,
  vps: 32,
  sps: 33,
  pps: 34,
  accessUnitDelimiter: 35,
  endOfSequence: 36,
  endOfBitstream: 37,
  filler: 38,
  prefixSei: 39,
  suffixSei: 40,
} as const;

/** nal_unit_type, 0 to 63; 63 (unspecified) for an empty NAL unit. */
export function h265NalType(nal: Uint8Array): number {
  return ((nal[0] ?? 0x7e) >>> 1) & 0x3f;
}

export function isH265Vcl(type: number): boolean {
  return type <= H265NalType.lastVcl;
}

/** IRAP pictures: BLA, IDR, CRA and the reserved types between (H.265 §3.70). Decoding can start at them. */
export function isH265Irap(type: number): boolean {
  return type >= H265NalType.blaWLp && type <= H265NalType.lastIrap;
}

/** RASL pictures refer to pictures before their CRA or BLA: not decodable where decoding starts there. */
export function isH265Rasl(type: number): boolean {
  return type === H265NalType.raslN || type === H265NalType.raslR;
}
