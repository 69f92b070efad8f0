import {
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_YUV420P,
  AVCOL_RANGE_MPEG,
  FF_ENCODER_LIBX264,
  type FFVideoEncoder,
} from 'node-av/constants';
import { Codec, CodecContext, type Frame, Packet, Rational } from 'node-av/lib';
import { check, found, hasReceived } from '../av.ts';
import type { CodedPicture } from '../h264-encoder.ts';
import { h264Level } from './h264-level.ts';
import { prepareHardware, type Uploader } from './hardware.ts';
import type { PictureEncoderOptions } from './picture-encoder-options.ts';

export interface TimedPicture extends CodedPicture {
  readonly pts: number;
}

/** Quality that is kept as long as the bit rate allows: nobody sees a difference to the source. */
const X264_CRF = '23';
/** No picture is one by the encoder's own decision before this many: those that ask for them do so in time. */
const MAX_GOP = 600;

/**
 * H.264 for live pictures: no B-frames, no look-ahead, one picture in, one out; an IDR where it is asked for.
 * Constrained Baseline, which every player takes. Calls must not overlap.
 */
export class PictureEncoder {
  readonly #context = new CodecContext();
  readonly #packet = new Packet();
  readonly #isSoftware: boolean;
  #uploader: Uploader | undefined;

  /** @throws {AvError} the encoder is missing, or refuses the options. */
  static async open(options: PictureEncoderOptions): Promise<PictureEncoder> {
    const encoder = new PictureEncoder(options);
    try {
      encoder.#configure(options);
      check(await encoder.#context.open2(null, null), `open ${options.encoder}`);
      return encoder;
    } catch (error) {
      encoder.close();
      throw error;
    }
  }

  private constructor(options: PictureEncoderOptions) {
    const { encoder } = options;
    this.#isSoftware = encoder === FF_ENCODER_LIBX264;
    this.#context.allocContext3(found(Codec.findEncoderByName(encoder as FFVideoEncoder), encoder));
    this.#packet.alloc();
  }

  #configure(options: PictureEncoderOptions): void {
    const context = this.#context;
    configure(context, options);
    if (this.#isSoftware) configureX264(context, options);
    else this.#uploader = prepareHardware(context, options);
  }

  /**
   * Encodes one picture of the size of the options.
   *
   * @param frame YUV 4:2:0; its type is written, its planes are not.
   * @param isKey it becomes an IDR.
   */
  async encode(frame: Frame, pts: number, isKey: boolean): Promise<TimedPicture | undefined> {
    const uploaded = (await this.#uploader?.upload(frame)) ?? frame;
    uploaded.pts = BigInt(pts);
    // What it was in the source is not what it is to become.
    uploaded.pictType = isKey ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    check(await this.#context.sendFrame(uploaded), 'encode a picture');
    const packet = this.#packet;
    // libx264 does all its work when it is sent the picture: what is there then costs no way to another thread.
    const received = this.#isSoftware
      ? this.#context.receivePacketSync(packet)
      : await this.#context.receivePacket(packet);
    if (!hasReceived(received, 'take a coded picture')) return undefined;
    const picture = {
      data: Buffer.from(packet.data ?? Buffer.alloc(0)),
      isKeyframe: packet.isKeyframe,
      pts: Number(packet.pts),
    };
    packet.unref();
    return picture;
  }

  /** Frees everything; no call may be under way. Call once. */
  close(): void {
    this.#context.freeContext();
    this.#uploader?.close();
    this.#packet.free();
  }
}

function configure(
  context: CodecContext,
  { width, height, clockRate, frameRate, bitRate, colours }: PictureEncoderOptions,
): void {
  context.width = width;
  context.height = height;
  context.pixelFormat = AV_PIX_FMT_YUV420P;
  context.colorRange = AVCOL_RANGE_MPEG;
  context.colorSpace = colours.colorSpace;
  context.colorPrimaries = colours.colorPrimaries;
  context.colorTrc = colours.colorTrc;
  context.timeBase = new Rational(1, clockRate);
  context.framerate = new Rational(Math.max(1, Math.round(frameRate * 100)), 100);
  context.gopSize = MAX_GOP;
  context.maxBFrames = 0;
  context.rcMaxRate = BigInt(bitRate);
  // A segment of two seconds exceeds the rate by a quarter at most.
  context.rcBufferSize = Math.round(bitRate / 2);
  context.threadCount = 1;
}

function configureX264(context: CodecContext, load: PictureEncoderOptions): void {
  for (const [name, value] of [
    ['preset', 'veryfast'],
    ['tune', 'zerolatency'],
    ['profile', 'baseline'],
    ['crf', X264_CRF],
    ['level', (h264Level(load) / 10).toFixed(1)],
    ['forced-idr', '1'],
    // Motion to half a pixel costs a fifth less; the times are ours, the parameter sets name a frame rate.
    ['x264-params', 'scenecut=0:repeat-headers=1:subme=1:force-cfr=1'],
  ] as const) {
    check(context.setOption(name, value), `set ${name} of libx264`);
  }
}
