import {
  AV_PIX_FMT_YUV420P,
  AVCOL_PRI_BT709,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVCOL_TRC_BT709,
  FF_ENCODER_LIBX264,
} from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet, Rational } from 'node-av/lib';
import { check, found, hasReceived } from './av.ts';

export interface H264EncoderOptions {
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
  /** Pictures from one IDR to the next. */
  readonly gopLength: number;
  /** Bits a second on average; peaks stay under 1.25 times that over half a second. */
  readonly bitRate: number;
}

export interface CodedPicture {
  /** Annex B, parameter sets in front of each IDR. */
  readonly data: Buffer;
  readonly isKeyframe: boolean;
}

/**
 * x264 for live pictures: no B-frames, no look-ahead, one picture in, one out. Constrained Baseline,
 * which every browser takes by WebRTC.
 */
export class H264Encoder {
  readonly #context = new CodecContext();
  readonly #frame = new Frame();
  readonly #packet = new Packet();
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  private constructor() {
    this.#context.allocContext3(found(Codec.findEncoderByName(FF_ENCODER_LIBX264), 'libx264'));
    this.#frame.alloc();
    this.#packet.alloc();
  }

  /** @throws {AvError} x264 refuses the options. */
  static async open(options: H264EncoderOptions): Promise<H264Encoder> {
    const encoder = new H264Encoder();
    encoder.#configure(options);
    try {
      encoder.#last = encoder.#context.open2(null, null);
      check((await encoder.#last) as number, 'open libx264');
      check(encoder.#frame.allocBuffer(), 'allocate a picture');
      return encoder;
    } catch (error) {
      await encoder.close();
      throw error;
    }
  }

  /**
   * Encodes one picture; calls wait for each other.
   *
   * @param planes YUV 4:2:0, BT.709 limited range, plane after plane; not looked at after the call.
   * @param number of the picture, growing.
   */
  async encode(planes: Buffer, number: number): Promise<CodedPicture | undefined> {
    const coded = this.#last.then(() => (this.#isClosed ? undefined : this.#encode(planes, number)));
    this.#last = coded.catch(() => undefined);
    return coded;
  }

  /** Waits for what is under way, then frees everything. Safe to call twice. */
  async close(): Promise<void> {
    const wasClosed = this.#isClosed;
    this.#isClosed = true;
    await this.#last;
    if (wasClosed) return;
    this.#context.freeContext();
    this.#frame.free();
    this.#packet.free();
  }

  async #encode(planes: Buffer, number: number): Promise<CodedPicture | undefined> {
    check(this.#frame.makeWritable(), 'reuse a picture');
    check(this.#frame.fromBuffer(planes), 'copy a picture');
    this.#frame.pts = BigInt(number);
    check(await this.#context.sendFrame(this.#frame), 'encode a picture');
    if (!hasReceived(await this.#context.receivePacket(this.#packet), 'take a coded picture'))
      return undefined;
    const picture = {
      data: Buffer.from(this.#packet.data ?? Buffer.alloc(0)),
      isKeyframe: this.#packet.isKeyframe,
    };
    this.#packet.unref();
    return picture;
  }

  #configure({ width, height, frameRate, gopLength, bitRate }: H264EncoderOptions): void {
    const context = this.#context;
    context.width = this.#frame.width = width;
    context.height = this.#frame.height = height;
    context.pixelFormat = this.#frame.format = AV_PIX_FMT_YUV420P;
    context.timeBase = new Rational(1, frameRate);
    context.framerate = new Rational(frameRate, 1);
    context.gopSize = gopLength;
    context.maxBFrames = 0;
    context.bitRate = BigInt(bitRate);
    context.rcMaxRate = BigInt(bitRate * 1.25);
    context.rcBufferSize = bitRate / 2;
    context.threadCount = 1;
    context.colorRange = AVCOL_RANGE_MPEG;
    context.colorSpace = AVCOL_SPC_BT709;
    context.colorPrimaries = AVCOL_PRI_BT709;
    context.colorTrc = AVCOL_TRC_BT709;
    for (const [name, value] of [
      ['preset', 'veryfast'],
      ['tune', 'zerolatency'],
      ['profile', 'baseline'],
      // Motion to half a pixel is enough here, and costs a fifth less.
      ['x264-params', `scenecut=0:min-keyint=${gopLength}:repeat-headers=1:subme=1`],
    ] as const) {
      check(context.setOption(name, value), `set ${name} of libx264`);
    }
  }
}
