import type { Carriage } from '../../transcode/carriage.ts';

/**
 * What RTSP carries as it is: what there is an RTP payload format for and players know. AV1 has one, which
 * ffmpeg before 7.1 and recorders do not know.
 */
export const RTSP_CARRIAGE: Carriage = {
  video: ['h264', 'h265', 'vp9', 'vp8'],
  reorders: true,
  audio: ['aac', 'opus', 'pcmu', 'pcma'],
};
