import { encodeG711, type G711Track } from '@vedette/media';
import { openAacEncoder } from './aac-encoder.ts';
import { openOpusEncoder } from './opus-encoder.ts';
import type { SoundTarget } from './sound-target.ts';
import type { SoundEncoder } from './sound-encoder.ts';

const OPUS_BIT_RATE_PER_CHANNEL = 48_000;

/** @throws {AvError} the encoder is missing or refuses the target. */
export function createSoundEncoder({ codec, sampleRate, channels }: SoundTarget): SoundEncoder {
  switch (codec) {
    case 'opus':
      return openOpusEncoder(channels, OPUS_BIT_RATE_PER_CHANNEL * channels);
    case 'aac':
      return openAacEncoder(sampleRate, channels);
    case 'pcma':
    case 'pcmu':
      return g711Encoder(codec, sampleRate);
  }
}

/** 20 ms a packet, as telephones have it. */
function g711Encoder(codec: G711Track['codec'], sampleRate: number): SoundEncoder {
  return {
    frameSamples: sampleRate / 50,
    encode: (samples, pts) => {
      const linear = new Int16Array(samples.length / 2);
      for (let index = 0; index < linear.length; index++) linear[index] = samples.readInt16LE(2 * index);
      return [{ data: Buffer.from(encodeG711(codec, linear)), pts }];
    },
    close: () => undefined,
  };
}
