import type { Carriage } from '../../transcode/carriage.ts';

/** What goes over SRT: MPEG-TS as players of every kind take it. */
export const SRT_CARRIAGE: Carriage = {
  video: ['h264', 'h265'],
  reorders: true,
  audio: ['aac', 'mpa', 'opus'],
};
