import { type AccessUnit, decodeG711 } from '@vedette/media';
import { ffmpeg } from '../../../../packages/media/src/testing/ffmpeg.ts';
import { fragmentedMp4 } from '../../../../packages/media/src/testing/fragmented-mp4.ts';

const RATE = 48_000;
const PACKET_TICKS = 960;

/** Sound with the time of its first sample, in ticks of its rate; 16 bits, one channel. */
export interface Sound {
  readonly startTicks: number;
  readonly samples: Int16Array;
  /** 48 kHz where absent. */
  readonly rate?: number;
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

/** Decodes units of any sound, without gaps. */
export function decodeSound(units: readonly AccessUnit[]): Sound {
  const [first] = units;
  if (first?.track.codec === 'opus') return decodeOpus(units);
  if (first?.track.codec === 'aac') {
    const mp4 = fragmentedMp4(units, 1024);
    const { stdout } = ffmpeg(['-f', 'mp4', '-i', 'pipe:0', '-ac', '1', '-f', 's16le', 'pipe:1'], mp4);
    const samples = new Int16Array(stdout.buffer, stdout.byteOffset, stdout.length / 2);
    return { startTicks: first.pts, samples, rate: first.track.sampleRate };
  }
  if (first?.track.codec !== 'pcma' && first?.track.codec !== 'pcmu') throw new Error('no sound to decode');
  const { codec, sampleRate } = first.track;
  const bytes = Buffer.concat(units.flatMap(({ data }) => data));
  return { startTicks: first.pts, samples: decodeG711(codec, bytes), rate: sampleRate };
}

/** Times at which it gets loud after it was quiet for 100 ms, in ms. */
export function onsetsMs({ startTicks, samples, rate = RATE }: Sound, threshold = 2000): number[] {
  const onsets: number[] = [];
  let lastLoud = Number.NEGATIVE_INFINITY;
  for (const [index, sample] of samples.entries()) {
    if (Math.abs(sample) < threshold) continue;
    if (index - lastLoud > rate / 10 && index > rate / 10) onsets.push(((startTicks + index) * 1000) / rate);
    lastLoud = index;
  }
  return onsets;
}
