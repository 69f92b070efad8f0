import { avcDecoderConfiguration } from '../../codecs/h264/avc-configuration.ts';
import { hevcDecoderConfiguration } from '../../codecs/h265/hevc-configuration.ts';
import { opusSpecificBox } from '../../codecs/opus.ts';
import { vpConfiguration } from '../../codecs/vp9/vp9-track.ts';
import { ProtocolError } from '../../errors.ts';
import type { AacTrack, AudioTrack, Track, VideoTrack } from '../../track.ts';
import { box, fullBox, u16, u32, zeros } from './box.ts';

/** The sample entry of `stsd` that says how to decode the track (ISO 14496-12 §8.5.2). */
export function sampleEntry(track: Track): Uint8Array {
  switch (track.codec) {
    case 'h264':
      return visualEntry('avc1', track, box('avcC', avcDecoderConfiguration(track)));
    case 'h265':
      return visualEntry('hvc1', track, box('hvcC', hevcDecoderConfiguration(track)));
    case 'av1':
      return visualEntry('av01', track, box('av1C', track.config));
    case 'vp9':
    case 'vp8':
      return visualEntry(
        track.codec === 'vp9' ? 'vp09' : 'vp08',
        track,
        fullBox('vpcC', 1, 0, [...vpConfiguration(track.video.codecString)]),
      );
    case 'aac':
      return audioEntry('mp4a', track, elementaryStreamDescriptor(track));
    case 'opus':
      return audioEntry('Opus', track, box('dOps', opusSpecificBox(track)));
    case 'pcmu':
      return audioEntry('ulaw', track);
    case 'pcma':
      return audioEntry('alaw', track);
    default:
      throw new ProtocolError('ERR_MP4_CODEC', `${track.codec} is not written to MP4`);
  }
}

/** VisualSampleEntry (ISO 14496-12 §12.1.3): 72 dpi, depth 24, no compressor name. */
function visualEntry(type: string, { video }: VideoTrack, configuration: Uint8Array): Uint8Array {
  return box(
    type,
    [...zeros(6), ...u16(1)],
    zeros(16),
    [...u16(video.width), ...u16(video.height)],
    [...u32(0x0048_0000), ...u32(0x0048_0000), ...u32(0), ...u16(1)],
    zeros(32),
    [...u16(0x18), ...u16(0xffff)],
    configuration,
  );
}

/** AudioSampleEntry (ISO 14496-12 §12.2.3): 16 bits a sample; a rate that does not fit its 16 bits is 0. */
function audioEntry(type: string, track: AudioTrack, ...configuration: readonly Uint8Array[]): Uint8Array {
  const rate = track.sampleRate < 0x1_0000 ? track.sampleRate : 0;
  return box(
    type,
    [...zeros(6), ...u16(1), ...zeros(8)],
    [...u16(track.channels), ...u16(16), ...zeros(4), ...u16(rate), ...u16(0)],
    ...configuration,
  );
}

/** `esds` of an AAC track (ISO 14496-14 §6.7.2, ISO 14496-1 §7.2.6). */
function elementaryStreamDescriptor(track: AacTrack): Uint8Array {
  const bufferSizeAndBitRates = zeros(11);
  const decoderConfig = descriptor(4, [
    0x40, // MPEG-4 audio
    0x15, // audio stream, upstream 0
    ...bufferSizeAndBitRates,
    ...descriptor(5, [...track.config]),
  ]);
  const syncLayerConfig = descriptor(6, [2]); // as in MP4 files
  return fullBox(
    'esds',
    0,
    0,
    descriptor(3, [...u16(track.id + 1), 0, ...decoderConfig, ...syncLayerConfig]),
  );
}

/** A descriptor with its size in the four-byte form, which has room for every AudioSpecificConfig. */
function descriptor(tag: number, payload: readonly number[]): number[] {
  const size = payload.length;
  return [
    tag,
    0x80 | (size >>> 21),
    0x80 | ((size >>> 14) & 0x7f),
    0x80 | ((size >>> 7) & 0x7f),
    size & 0x7f,
    ...payload,
  ];
}
