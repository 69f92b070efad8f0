import { encodeG711, type G711Track } from '@vedette/media';
import { AacEncoder } from './aac-encoder.ts';
import { OPUS_FRAME_SAMPLES, OpusEncoder } from './opus-encoder.ts';
import type { SoundTarget } from './sound-target.ts';

export interface SoundPacket {
  readonly data: Buffer;
  /**
   * Time of its first sample in ticks of the sample rate: what a decoder plays at it is what was heard at it,
   * so it is earlier than that of the samples that went in where the encoder looks ahead.
   */
  readonly pts: number;
}

/** Samples in, coded sound out. */
export interface SoundEncoder {
  /** Samples of each channel that one call takes. */
  readonly frameSamples: number;
  /**
   * @param samples 16 bits, interleaved; not looked at after the call.
   * @param pts time of the first one, in ticks of the sample rate.
   * @throws {AvError} the encoder refuses them.
   */
  encode(samples: Buffer, pts: number): readonly SoundPacket[];
  /** Safe to call twice. */
  close(): void;
}

const OPUS_BIT_RATE_PER_CHANNEL = 48_000;

/** @throws {AvError} the encoder is missing or refuses the target. */
export function createSoundEncoder({ codec, sampleRate, channels }: SoundTarget): SoundEncoder {
  switch (codec) {
    case 'opus': {
      const opus = new OpusEncoder({ channels, bitRate: OPUS_BIT_RATE_PER_CHANNEL * channels });
      return {
        frameSamples: OPUS_FRAME_SAMPLES,
        encode: (samples, pts) => opus.encode(samples, pts),
        close: () => opus.close(),
      };
    }
    case 'aac':
      return new AacEncoder({ sampleRate, channels });
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
