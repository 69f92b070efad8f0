import type { Carriage } from '../../transcode/carriage.ts';

/** What RTSP carries as it is: what there is an RTP payload format for and players know. */
export const RTSP_CARRIAGE: Carriage = {
  video: ['h264', 'h265'],
  reorders: true,
  audio: ['aac', 'opus', 'pcmu', 'pcma'],
};
