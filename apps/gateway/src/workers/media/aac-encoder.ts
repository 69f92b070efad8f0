import { AV_SAMPLE_FMT_FLTP, FF_ENCODER_AAC } from 'node-av/constants';
import { AvSoundEncoder } from './av-sound-encoder.ts';

/** Samples of one AAC-LC frame. */
const FRAME_SAMPLES = 1024;
const BIT_RATE_PER_CHANNEL = 64_000;

/**
 * AAC-LC by FFmpeg's own encoder. The first packet, of the 1024 samples that AAC looks back at, has a time 1024
 * samples earlier than the samples that went in.
 *
 * @throws {AvError} the encoder refuses the rate.
 */
export function openAacEncoder(sampleRate: number, channels: 1 | 2): AvSoundEncoder {
  const planes = Buffer.alloc(4 * FRAME_SAMPLES * channels);
  return new AvSoundEncoder({
    encoder: FF_ENCODER_AAC,
    ...{ sampleRate, channels, bitRate: BIT_RATE_PER_CHANNEL * channels },
    ...{ frameSamples: FRAME_SAMPLES, sampleFormat: AV_SAMPLE_FMT_FLTP },
    pack: (samples) => writePlanes(samples, channels, planes),
    // A third of the time of the search that is the default; no difference to hear at these rates.
    options: { aac_coder: 'fast' },
  });
}

/** Interleaved 16-bit samples as one plane of floats for each channel. */
function writePlanes(samples: Buffer, channels: number, planes: Buffer): Buffer {
  for (let sample = 0; sample < FRAME_SAMPLES; sample++) {
    for (let channel = 0; channel < channels; channel++) {
      const value = samples.readInt16LE(2 * (sample * channels + channel)) / 32_768;
      planes.writeFloatLE(value, 4 * (channel * FRAME_SAMPLES + sample));
    }
  }
  return planes;
}
