import type { Carriage } from '../../transcode/carriage.ts';

/** What browsers play out of MP4, each for itself: the names of the codecs are in the multivariant playlist. */
export const HLS_CARRIAGE: Carriage = {
  video: ['h264', 'h265', 'av1', 'vp9'],
  reorders: true,
  audio: ['aac', 'opus'],
};
