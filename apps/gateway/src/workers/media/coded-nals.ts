import { type H264ParameterSets, H264NalType, h264NalType, isH264Vcl, splitAnnexB } from '@vedette/media';

/** The NAL units of one coded picture that players need: not x264's letter about itself. */
export function sendableNals(annexB: Uint8Array): Uint8Array[] {
  return splitAnnexB(annexB).filter((nal) => {
    const type = h264NalType(nal);
    return isH264Vcl(type) || type === H264NalType.sps || type === H264NalType.pps;
  });
}

/** The parameter sets among the NAL units of a picture. */
export function h264ParameterSets(nals: readonly Uint8Array[]): H264ParameterSets {
  return {
    sps: nals.filter((nal) => h264NalType(nal) === H264NalType.sps),
    pps: nals.filter((nal) => h264NalType(nal) === H264NalType.pps),
  };
}
