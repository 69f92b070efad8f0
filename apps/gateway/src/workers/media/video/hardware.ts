import { AV_PIX_FMT_NV12 } from 'node-av/constants';
import type { CodecContext, Frame } from 'node-av/lib';
import type { PictureEncoderOptions } from './picture-encoder.ts';

/** What an encoder in hardware needs beside the common options. */
export function prepareHardware(
  context: CodecContext,
  { bitRate }: PictureEncoderOptions,
): ((frame: Frame) => Promise<Frame>) | undefined {
  context.bitRate = BigInt(bitRate);
  context.pixelFormat = AV_PIX_FMT_NV12;
  return undefined;
}
