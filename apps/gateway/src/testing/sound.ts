import type { AccessUnit } from '@vedette/media';
import { ffmpeg } from '../../../../packages/media/src/testing/ffmpeg.ts';
import { fragmentedMp4 } from '../../../../packages/media/src/testing/fragmented-mp4.ts';

const RATE = 48_000;
const PACKET_TICKS = 960;

/** Sound with the time of its first sample, in ticks of 48 kHz; 16 bits, one channel. */
export interface Sound {
  readonly startTicks: number;
  readonly samples: Int16Array;
}

/** Decodes Opus packets of 20 ms, without gaps, by the ffmpeg command. */
export function decodeOpus(units: readonly AccessUnit[]): Sound {
  const mp4 = fragmentedMp4(units, PACKET_TICKS);
  const { stdout } = ffmpeg(['-f', 'mp4', '-i', 'pipe:0', '-ac', '1', '-f', 's16le', 'pipe:1'], mp4);
  const samples = new Int16Array(stdout.buffer, stdout.byteOffset, stdout.length / 2);
  // The decoder leaves out what the encoder's look-ahead put in front.
  const skipped = units.length * PACKET_TICKS - samples.length;
  return { startTicks: (units[0]?.pts ?? 0) + skipped, samples };
}

/** Times at which it gets loud after it was quiet for 100 ms, in ms. */
export function onsetsMs({ startTicks, samples }: Sound, threshold = 2000): number[] {
  const onsets: number[] = [];
  let lastLoud = Number.NEGATIVE_INFINITY;
  for (const [index, sample] of samples.entries()) {
    if (Math.abs(sample) < threshold) continue;
    if (index - lastLoud > RATE / 10 && index > RATE / 10) onsets.push(((startTicks + index) * 1000) / RATE);
    lastLoud = index;
  }
  return onsets;
}
