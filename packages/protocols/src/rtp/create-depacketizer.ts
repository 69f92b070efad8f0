import { ProtocolError } from '@vedette/media';
import { aacPayloadReader } from './aac-depacketizer.ts';
import { AudioDepacketizer, plainPayloadReader } from './audio-depacketizer.ts';
import { Av1Format } from './av1-format.ts';
import type { Depacketizer, RtpFormat } from './depacketizer.ts';
import { integerParameter } from './format-parameters.ts';
import { FrameDepacketizer } from './frame-depacketizer.ts';
import { h264PayloadFormat } from './h264-depacketizer.ts';
import { h265PayloadFormat } from './h265-depacketizer.ts';
import { latmPayloadReader } from './latm.ts';
import { VideoDepacketizer } from './video-depacketizer.ts';
import { parseVp8Descriptor, parseVp9Descriptor, VpxFormat } from './vpx-format.ts';

/**
 * @throws {ProtocolError} The format's parameters cannot be used (`ERR_RTP_FORMAT`, `ERR_LATM_CONFIG`,
 *   `ERR_AAC_CONFIG`).
 */
export function createDepacketizer(format: RtpFormat): Depacketizer {
  const { codec, fmtp, clockRate } = format;
  switch (codec) {
    case 'h264':
      return new VideoDepacketizer(h264PayloadFormat);
    case 'h265':
      return new VideoDepacketizer(
        h265PayloadFormat((integerParameter(fmtp, 'sprop-max-don-diff') ?? 0) > 0),
      );
    case 'av1':
      return new FrameDepacketizer(new Av1Format());
    case 'vp9':
      return new FrameDepacketizer(new VpxFormat(parseVp9Descriptor));
    case 'vp8':
      return new FrameDepacketizer(new VpxFormat(parseVp8Descriptor));
    case 'aac':
      return new AudioDepacketizer(
        format.encoding === 'mp4a-latm'
          ? latmPayloadReader(fmtp, clockRate)
          : aacPayloadReader(fmtp, clockRate),
      );
    case 'opus':
    case 'pcmu':
    case 'pcma':
      return new AudioDepacketizer(plainPayloadReader);
    default:
      throw new ProtocolError('ERR_RTP_FORMAT', `${codec} is not taken by RTP`);
  }
}
