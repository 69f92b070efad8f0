import { AV_SAMPLE_FMT_S16, FF_ENCODER_LIBOPUS } from 'node-av/constants';
import { AvSoundEncoder } from './av-sound-encoder.ts';

/** Samples of each channel in one packet: 20 ms. */
export const OPUS_FRAME_SAMPLES = 960;

/**
 * libopus, 20 ms a packet. Times are in ticks of 48 kHz, and earlier than those of the samples that went in by the
 * encoder's look-ahead of 6.5 ms.
 *
 * @param bitRate bits a second on average.
 * @throws {AvError} libopus refuses the options.
 */
export function openOpusEncoder(channels: 1 | 2, bitRate: number): AvSoundEncoder {
  return new AvSoundEncoder({
    encoder: FF_ENCODER_LIBOPUS,
    ...{ sampleRate: 48_000, channels, bitRate },
    ...{ frameSamples: OPUS_FRAME_SAMPLES, sampleFormat: AV_SAMPLE_FMT_S16 },
    // Half of the greatest effort: a third of the time, and no difference to hear at these rates.
    options: { frame_duration: '20', compression_level: '5' },
  });
}
