import { ProtocolError } from '../../errors.ts';
import type { H264Track, VideoParameters } from '../../track.ts';
import { h264LevelName, h264ProfileName, type H264ProfileLevel } from './levels.ts';
import { parseSps, type H264Sps } from './sps.ts';

/** Parameter sets of an H.264 track: whole NAL units without start codes. The first SPS describes the track. */
export interface H264ParameterSets {
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
}

/**
 * An H.264 track from its parameter sets, as SDP or a container announces them.
 *
 * `video.reorderDepth` is what the SPS allows where it declares nothing: {@link VideoAssembler} makes a
 * track that knows what the pictures really do.
 *
 * @throws {ProtocolError} the SPS is missing or bad.
 */
export function createH264Track(id: number, clockRate: number, sets: H264ParameterSets): H264Track {
  const [first] = sets.sps;
  if (first === undefined)
    throw new ProtocolError('ERR_H264_SPS', 'An H.264 track needs a sequence parameter set');
  const sps = parseSps(first);
  return h264TrackOf(id, clockRate, sets, h264VideoParameters(sps, sps.maxReorderFrames));
}

export function h264TrackOf(
  id: number,
  clockRate: number,
  { sps, pps }: H264ParameterSets,
  video: VideoParameters,
): H264Track {
  return { kind: 'video', codec: 'h264', id, clockRate, sps, pps, video };
}

export function h264VideoParameters(sps: H264Sps, reorderDepth: number): VideoParameters {
  return {
    codecString: h264CodecString(sps),
    profile: h264ProfileName(sps),
    level: h264LevelName(sps),
    width: sps.width,
    height: sps.height,
    frameRate: sps.frameRate,
    reorderDepth,
  };
}

/** Codec string of RFC 6381 §3.3: `avc1.` and profile_idc, constraint flags and level_idc in hexadecimal. */
export function h264CodecString({ profileIdc, constraintFlags, levelIdc }: H264ProfileLevel): string {
  const hex = (byte: number) => byte.toString(16).padStart(2, '0');
  return `avc1.${hex(profileIdc)}${hex(constraintFlags)}${hex(levelIdc)}`;
}
