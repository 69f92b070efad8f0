import { ProtocolError } from '../../errors.ts';
import type { H265Track } from '../../track.ts';
import { H265NalType } from './nal-unit-type.ts';
import { parseH265Sps } from './sps.ts';

/** HEVCDecoderConfigurationRecord (ISO 14496-15 §8.3.3.1): payload of `hvcC`, 4-byte NAL unit lengths. */
export function hevcDecoderConfiguration(track: H265Track): Uint8Array {
  const [first] = track.sps;
  if (first === undefined) throw new ProtocolError('ERR_H265_SPS', 'The H.265 track has no parameter sets');
  const sps = parseH265Sps(first);
  const ptl = sps.profileTierLevel;
  const flags = ptl.compatibilityFlags;
  const bytes = [
    1,
    (ptl.profileSpace << 6) | (ptl.isHighTier ? 0x20 : 0) | ptl.profileIdc,
    flags >>> 24,
    (flags >>> 16) & 0xff,
    (flags >>> 8) & 0xff,
    flags & 0xff,
    ...ptl.constraintBytes,
    ptl.levelIdc,
    0xf0, // min_spatial_segmentation_idc 0: unknown
    0x00,
    0xfc, // parallelismType 0: unknown
    0xfc | sps.chromaFormatIdc,
    0xf8 | (sps.bitDepthLuma - 8),
    0xf8 | (sps.bitDepthChroma - 8),
    0x00, // avgFrameRate 0: unspecified
    0x00,
    (sps.subLayers << 3) | (sps.isTemporalIdNested ? 4 : 0) | 3,
    3,
  ];
  appendArray(bytes, H265NalType.vps, track.vps);
  appendArray(bytes, H265NalType.sps, track.sps);
  appendArray(bytes, H265NalType.pps, track.pps);
  return Uint8Array.from(bytes);
}

/** One array of parameter sets, marked complete as `hvc1` asks for. */
function appendArray(bytes: number[], type: number, nals: readonly Uint8Array[]): void {
  bytes.push(0x80 | type, nals.length >>> 8, nals.length & 0xff);
  for (const nal of nals) bytes.push(nal.length >>> 8, nal.length & 0xff, ...nal);
}
