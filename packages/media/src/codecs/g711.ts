import type { G711Track } from '../track.ts';

/** What mu-law adds before it looks for the segment, in 16-bit samples. */
const MU_BIAS = 0x84;
const MU_CLIP = 0x7fff - MU_BIAS;

/**
 * A G.711 track: `pcmu` is mu-law, `pcma` A-law. Rate and channels as the source declares them, 8000
 * and 1 as a rule.
 *
 * @throws {RangeError} rate or channels are not positive integers.
 */
export function createG711Track(
  id: number,
  codec: 'pcmu' | 'pcma',
  sampleRate: number,
  channels: number,
): G711Track {
  if (!Number.isInteger(sampleRate) || sampleRate < 1 || !Number.isInteger(channels) || channels < 1) {
    throw new RangeError(`Bad G.711 track: ${sampleRate} Hz, ${channels} channels`);
  }
  return { kind: 'audio', codec, id, clockRate: sampleRate, sampleRate, channels };
}

/** Linear 16-bit sample of each mu-law byte (ITU-T G.711 table 2). */
export const PCMU_TO_LINEAR: Int16Array = Int16Array.from({ length: 256 }, (_, byte) => {
  const code = ~byte & 0xff;
  const magnitude = ((((code & 0x0f) << 3) + MU_BIAS) << ((code >>> 4) & 7)) - MU_BIAS;
  return (code & 0x80) === 0 ? magnitude : -magnitude;
});

/** Linear 16-bit sample of each A-law byte (ITU-T G.711 table 1). */
export const PCMA_TO_LINEAR: Int16Array = Int16Array.from({ length: 256 }, (_, byte) => {
  const code = byte ^ 0x55;
  const segment = (code >>> 4) & 7;
  const step = ((code & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return (code & 0x80) === 0 ? -magnitude : magnitude;
});

/** Decodes G.711 into linear 16-bit samples, one for one. */
export function decodeG711(codec: G711Track['codec'], bytes: Uint8Array): Int16Array {
  const table = codec === 'pcmu' ? PCMU_TO_LINEAR : PCMA_TO_LINEAR;
  const samples = new Int16Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) samples[i] = table[bytes[i] ?? 0] ?? 0;
  return samples;
}

/** Encodes linear 16-bit samples as G.711, one for one. */
export function encodeG711(codec: G711Track['codec'], samples: Int16Array): Uint8Array {
  const encode = codec === 'pcmu' ? encodePcmu : encodePcma;
  const bytes = new Uint8Array(samples.length);
  for (let i = 0; i < samples.length; i++) bytes[i] = encode(samples[i] ?? 0);
  return bytes;
}

function encodePcmu(sample: number): number {
  const magnitude = Math.min(Math.abs(sample), MU_CLIP) + MU_BIAS;
  const segment = 24 - Math.clz32(magnitude); // bit 7 is the lowest that the leading one can be
  const code = (segment << 4) | ((magnitude >>> (segment + 3)) & 0x0f) | (sample < 0 ? 0x80 : 0);
  return ~code & 0xff;
}

function encodePcma(sample: number): number {
  const magnitude = sample < 0 ? -sample - 1 : sample;
  const segment = magnitude < 0x100 ? 0 : 24 - Math.clz32(magnitude);
  const step = (magnitude >>> (segment === 0 ? 4 : segment + 3)) & 0x0f;
  return ((segment << 4) | step | (sample < 0 ? 0 : 0x80)) ^ 0x55;
}
