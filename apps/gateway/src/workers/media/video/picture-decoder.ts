import {
  AV_CODEC_ID_AV1,
  AV_CODEC_ID_H264,
  AV_CODEC_ID_HEVC,
  AV_CODEC_ID_MJPEG,
  AV_CODEC_ID_VP8,
  AV_CODEC_ID_VP9,
  AV_PKT_FLAG_KEY,
  FF_THREAD_SLICE,
  type AVCodecID,
} from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet, Rational } from 'node-av/lib';
import { type AccessUnit, isNalTrack, joinAnnexB, type VideoCodec, type VideoTrack } from '@vedette/media';
import { availableParallelism } from 'node:os';
import { check, found, hasReceived } from '../av.ts';

/** FFmpeg's ids of the codecs that cameras use. */
export const VIDEO_CODEC_IDS: Readonly<Record<VideoCodec, AVCodecID>> = {
  h264: AV_CODEC_ID_H264,
  h265: AV_CODEC_ID_HEVC,
  av1: AV_CODEC_ID_AV1,
  vp9: AV_CODEC_ID_VP9,
  vp8: AV_CODEC_ID_VP8,
  mjpeg: AV_CODEC_ID_MJPEG,
};

/** Pictures above 8192×8192 are refused: they are no camera's. */
export const MAX_PIXELS = 8192 * 8192;
/** Above this one core cannot be trusted to keep up; slices of one picture are then decoded side by side. */
const LARGE_PIXELS = 1920 * 1088;
const MAX_THREADS = 4;

/** A coded picture as its decoder takes it, with start codes where it is made of NAL units. */
function decoderInput({
  track,
  data,
  byteLength,
}: Pick<AccessUnit, 'track' | 'data' | 'byteLength'>): Buffer {
  if (!isNalTrack(track)) return Buffer.concat(data, byteLength);
  const joined = joinAnnexB(data);
  return Buffer.from(joined.buffer, joined.byteOffset, joined.byteLength);
}

/** Coded pictures in, pictures out, in the order they are shown. Calls must not overlap. */
export class PictureDecoder {
  readonly codec: VideoCodec;
  readonly #context = new CodecContext();
  readonly #packet = new Packet();
  readonly #frame = new Frame();

  /** @throws {AvError} there is no such decoder. */
  static async open(track: VideoTrack): Promise<PictureDecoder> {
    const decoder = new PictureDecoder(track);
    try {
      check(await decoder.#context.open2(null, null), `open the ${track.codec} decoder`);
      return decoder;
    } catch (error) {
      decoder.close();
      throw error;
    }
  }

  private constructor({ codec, clockRate, video }: VideoTrack) {
    this.codec = codec;
    this.#context.allocContext3(found(Codec.findDecoder(VIDEO_CODEC_IDS[codec]), `${codec} decoder`));
    this.#packet.alloc();
    this.#frame.alloc();
    this.#context.pktTimebase = new Rational(1, clockRate);
    const isLarge = video.width * video.height > LARGE_PIXELS;
    this.#context.threadCount = isLarge ? Math.min(MAX_THREADS, availableParallelism()) : 1;
    // Threads that take a picture each would hold back as many pictures.
    this.#context.threadType = FF_THREAD_SLICE;
    check(this.#context.setOption('max_pixels', String(MAX_PIXELS)), 'limit the picture');
  }

  /**
   * Decodes one unit.
   *
   * @param onFrame its `pts` is that of the unit it was coded in; valid during the call, `clone` what is kept.
   * @throws {AvError} the unit is damaged; the next one may be whole.
   */
  async decode(unit: AccessUnit, onFrame: (frame: Frame) => void): Promise<void> {
    const packet = this.#packet;
    packet.data = decoderInput(unit);
    packet.pts = BigInt(unit.pts);
    packet.dts = BigInt(unit.dts);
    packet.flags = unit.isRandomAccess ? AV_PKT_FLAG_KEY : (0 as typeof AV_PKT_FLAG_KEY);
    try {
      check(await this.#context.sendPacket(packet), 'decode a picture');
    } finally {
      packet.unref();
    }
    while (hasReceived(await this.#receive(), 'take a decoded picture')) {
      try {
        onFrame(this.#frame);
      } finally {
        this.#frame.unref();
      }
    }
  }

  /** H.264 is decoded when it is sent: what is there then costs no way to another thread. */
  #receive(): number | Promise<number> {
    if (this.codec === 'h264') return this.#context.receiveFrameSync(this.#frame);
    return this.#context.receiveFrame(this.#frame);
  }

  /** Forgets what it knows of earlier pictures. */
  reset(): void {
    this.#context.flushBuffers();
  }

  /** Frees everything; no call may be under way. Call once. */
  close(): void {
    this.#context.freeContext();
    this.#packet.free();
    this.#frame.free();
  }
}
