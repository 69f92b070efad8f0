import { ProtocolError } from '../../errors.ts';
import type { H265Track, VideoParameters } from '../../track.ts';
import { h265CodecString, h265LevelName, h265ProfileName } from './profile-tier-level.ts';
import { parseH265Sps, type H265Sps } from './sps.ts';
import { parseH265Vps } from './vps.ts';

/** Parameter sets of an H.265 track: whole NAL units without start codes. The first SPS describes the track. */
export interface H265ParameterSets {
  readonly vps: readonly Uint8Array[];
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
}

/**
 * An H.265 track from its parameter sets, as SDP or a container announces them.
 *
 * @throws {ProtocolError} the SPS is missing, or a set is bad.
 */
export function createH265Track(id: number, clockRate: number, sets: H265ParameterSets): H265Track {
  const [first] = sets.sps;
  if (first === undefined)
    throw new ProtocolError('ERR_H265_SPS', 'An H.265 track needs a sequence parameter set');
  const [vps] = sets.vps;
  const frameRate = vps === undefined ? undefined : parseH265Vps(vps).frameRate;
  return h265TrackOf(id, clockRate, sets, h265VideoParameters(parseH265Sps(first), frameRate));
}

export function h265TrackOf(
  id: number,
  clockRate: number,
  { vps, sps, pps }: H265ParameterSets,
  video: VideoParameters,
): H265Track {
  return { kind: 'video', codec: 'h265', id, clockRate, vps, sps, pps, video };
}

/** `vpsFrameRate` is used where the SPS declares no timing. */
export function h265VideoParameters(sps: H265Sps, vpsFrameRate: number | undefined): VideoParameters {
  return {
    codecString: h265CodecString(sps.profileTierLevel),
    profile: h265ProfileName(sps.profileTierLevel),
    level: h265LevelName(sps.profileTierLevel),
    width: sps.width,
    height: sps.height,
    frameRate: sps.frameRate ?? vpsFrameRate,
    reorderDepth: sps.maxReorderPics,
  };
}
