import { ProtocolError } from '@vedette/media';
import { aacPayloadReader } from './aac-depacketizer.ts';
import { AudioDepacketizer, plainPayloadReader } from './audio-depacketizer.ts';
import type { Depacketizer, RtpFormat } from './depacketizer.ts';
import { integerParameter } from './format-parameters.ts';
import { h264PayloadFormat } from './h264-depacketizer.ts';
import { h265PayloadFormat } from './h265-depacketizer.ts';
import { latmPayloadReader } from './latm.ts';
import { VideoDepacketizer } from './video-depacketizer.ts';

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
