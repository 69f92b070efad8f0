/** NAL unit types of H.264 (table 7-1) that something here looks at. */
export const H264NalType = {
  slice: 1,
  partitionA: 2,
  idr: 5,
  sei: 6,
  sps: 7,
  pps: 8,
  accessUnitDelimiter: 9,
  endOfSequence: 10,
  endOfStream: 11,
  filler: 12,
  spsExtension: 13,
  prefix: 14,
  reserved18: 18,
} as const;

/** nal_unit_type, 0 to 31; 0 (unspecified) for an empty NAL unit. */
export function h264NalType(nal: Uint8Array): number {
  return (nal[0] ?? 0) & 0x1f;
}

/** Whether a NAL unit of this type holds a part of a primary coded picture. */
export function isH264Vcl(type: number): boolean {
  return type >= H264NalType.slice && type <= H264NalType.idr;
}
