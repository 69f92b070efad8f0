import {
  AV_CODEC_FLAG_QSCALE,
  AV_CODEC_ID_MJPEG,
  AV_PIX_FMT_YUV420P,
  AVCOL_RANGE_JPEG,
  FF_QP2LAMBDA,
} from 'node-av/constants';
import { Codec, CodecContext, type Frame, Packet, Rational } from 'node-av/lib';
import { check, found } from '../av.ts';
import type { TimedPicture } from './picture-encoder.ts';
import type { PictureSize } from './picture-pool.ts';

export interface JpegEncoderOptions extends PictureSize {
  /** 1 to 100, as everybody else counts. */
  readonly quality: number;
}

/** The quantizer that matches quality 50: the tables of JPEG are about twice as coarse as FFmpeg's at 8. */
const QSCALE_AT_50 = 15.6;

/** FFmpeg's quantizer, 2 (best) to 31, for a quality of 1 to 100 as libjpeg has it. */
function jpegQscale(quality: number): number {
  const percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  return Math.min(31, Math.max(2, Math.round((QSCALE_AT_50 * percent) / 100)));
}

/** JPEGs, one for each picture. Calls must not overlap. */
export class JpegEncoder {
  readonly #context = new CodecContext();
  readonly #packet = new Packet();
  readonly #quality: number;

  /** @throws {AvError} the encoder is missing, or refuses the size. */
  static async open(options: JpegEncoderOptions): Promise<JpegEncoder> {
    const encoder = new JpegEncoder(options);
    try {
      check(await encoder.#context.open2(null, null), 'open the JPEG encoder');
      return encoder;
    } catch (error) {
      encoder.close();
      throw error;
    }
  }

  private constructor({ width, height, quality }: JpegEncoderOptions) {
    const context = this.#context;
    this.#quality = jpegQscale(quality) * FF_QP2LAMBDA;
    context.allocContext3(found(Codec.findEncoder(AV_CODEC_ID_MJPEG), 'JPEG encoder'));
    this.#packet.alloc();
    context.width = width;
    context.height = height;
    context.pixelFormat = AV_PIX_FMT_YUV420P;
    context.colorRange = AVCOL_RANGE_JPEG;
    context.timeBase = new Rational(1, 90_000);
    context.threadCount = 1;
    context.setFlags(AV_CODEC_FLAG_QSCALE);
    context.globalQuality = this.#quality;
    // The usual tables instead of ones made for each picture: half the time, a few percent more bytes.
    check(context.setOption('huffman', 'default'), 'set the Huffman tables');
  }

  /** @param frame of the size of the options, YUV 4:2:0 of full range; its quality is written. */
  async encode(frame: Frame, pts: number): Promise<TimedPicture> {
    frame.pts = BigInt(pts);
    frame.quality = this.#quality;
    check(await this.#context.sendFrame(frame), 'encode a JPEG');
    const packet = this.#packet;
    // Coded when it was sent: taking it is no work.
    check(this.#context.receivePacketSync(packet), 'take a JPEG');
    const data = Buffer.from(found(packet.data, 'JPEG'));
    packet.unref();
    return { data, isKeyframe: true, pts };
  }

  /** Frees everything; no call may be under way. Call once. */
  close(): void {
    this.#context.freeContext();
    this.#packet.free();
  }
}
