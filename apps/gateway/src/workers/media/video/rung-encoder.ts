import type { Frame } from 'node-av/lib';
import {
  type AccessUnit,
  createH264Track,
  createJpegTrack,
  type H264Track,
  type JpegTrack,
  totalLength,
  type VideoTrack,
} from '@vedette/media';
import { FrameRateLimit } from '../../../stream/frame-rate-limit.ts';
import type { Channel } from '../../channel.ts';
import { h264ParameterSets, sendableNals } from '../coded-nals.ts';
import { JpegEncoder } from './jpeg-encoder.ts';
import { PictureEncoder, type TimedPicture } from './picture-encoder.ts';
import type { PictureSize } from './picture-pool.ts';
import type { RungOrder } from './rung-order.ts';

/** Pictures that may wait for the encoder: from there on some are left out, and no memory grows. */
const MAX_WAITING = 5;
/** Where neither the bitstream nor the order names one. */
const DEFAULT_FRAME_RATE = 25;

export interface RungEncoderOptions {
  /** Pictures were left out. */
  readonly onSkipped: (pictures: number) => void;
  /** Native work is under way until the promise settles. */
  readonly tracked: (work: Promise<unknown>) => unknown;
}

/** A picture of the rung's size and coding. */
export interface RungPicture {
  readonly frame: Frame;
  readonly pts: number;
  /** It becomes an IDR, as in all rungs. */
  readonly isKey: boolean;
  /** Names the kind of picture that it was made of: where that changes the encoder begins anew. */
  readonly origin: string;
}

/** Everything that depends on what the camera sends. */
interface Chain {
  readonly origin: string;
  readonly size: PictureSize;
  readonly encoder: PictureEncoder | JpegEncoder;
}

/**
 * One rung: takes pictures of its size, encodes them, and sends them on a channel of its own. It never holds
 * anybody up: a picture that comes while too many wait is left out.
 */
export class RungEncoder {
  readonly order: RungOrder;
  readonly #channel: Channel;
  readonly #options: RungEncoderOptions;
  readonly #waiting: RungPicture[] = [];
  #source: VideoTrack;
  #chain: Chain | undefined;
  #track: H264Track | JpegTrack | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;
  #needsKey = true;
  readonly #limit: FrameRateLimit | undefined;

  constructor(channel: Channel, order: RungOrder, source: VideoTrack, options: RungEncoderOptions) {
    this.#channel = channel;
    this.order = order;
    this.#source = source;
    this.#options = options;
    const { frameRate, jpeg } = order;
    // What is coded at a bit rate is not to begin with a burst.
    const headStart = jpeg === undefined ? 0 : undefined;
    this.#limit = frameRate === undefined ? undefined : new FrameRateLimit(frameRate, headStart);
  }

  /** The pictures that follow are of this track. */
  setSource(source: VideoTrack): void {
    this.#source = source;
  }

  /** Whether the picture of this time is wanted; `push` it then before asking for the next. */
  takes(pts: number, isKey: boolean): boolean {
    // A JPEG is none that others refer to: it need not be there.
    const isNeeded = isKey && this.order.jpeg === undefined;
    if (this.#isClosed || this.#limit?.keeps(pts / this.#source.clockRate, isNeeded) === false) return false;
    if (this.#waiting.length < MAX_WAITING) return true;
    this.#options.onSkipped(1);
    if (isKey) this.#waiting.pop()?.frame.free();
    return isKey;
  }

  /** Takes a picture, keeping a reference to it; one that `takes` has agreed to. */
  push(picture: RungPicture): void {
    if (this.#isClosed) return;
    const frame = picture.frame.clone();
    if (frame === null) return;
    this.#waiting.push({ ...picture, frame });
    if (this.#running !== undefined) return;
    this.#running = this.#run();
    this.#options.tracked(this.#running);
  }

  /** Ends with an error, once what is under way is done. */
  async fail(error: unknown): Promise<void> {
    await this.close(error instanceof Error ? error.message : String(error));
  }

  /** Waits for what is under way, then frees everything. Safe to call twice. */
  async close(reason?: string): Promise<void> {
    this.#stop();
    await this.#running;
    this.#closeChain();
    this.#channel.close(reason);
  }

  #stop(): void {
    this.#isClosed = true;
    for (const { frame } of this.#waiting.splice(0)) frame.free();
  }

  async #run(): Promise<void> {
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        try {
          await this.#encode(next);
        } finally {
          next.frame.free();
        }
      }
    } catch (error) {
      this.#stop();
      this.#closeChain();
      this.#channel.close(error instanceof Error ? error.message : String(error));
    } finally {
      this.#running = undefined;
    }
  }

  async #encode(picture: RungPicture): Promise<void> {
    const { encoder } = await this.#chainFor(picture);
    const needsKey = picture.isKey || this.#needsKey;
    this.#needsKey = false;
    const coded = await encoder.encode(picture.frame, picture.pts, needsKey);
    if (coded !== undefined && !this.#isClosed) this.#send(coded);
  }

  async #chainFor({ frame, origin }: RungPicture): Promise<Chain> {
    if (this.#chain?.origin === origin) return this.#chain;
    this.#closeChain();
    const { width, height } = frame;
    const size = { width, height };
    this.#chain = { origin, size, encoder: await this.#openEncoder(size, frame) };
    this.#needsKey = true;
    this.#track = undefined;
    return this.#chain;
  }

  async #openEncoder(size: PictureSize, frame: Frame): Promise<PictureEncoder | JpegEncoder> {
    const { jpeg, encoder, bitRate, frameRate = Number.POSITIVE_INFINITY } = this.order;
    if (jpeg !== undefined) return JpegEncoder.open({ ...size, quality: jpeg.quality });
    return PictureEncoder.open({
      ...size,
      encoder,
      bitRate,
      clockRate: this.#source.clockRate,
      frameRate: Math.min(frameRate, this.#source.video.frameRate ?? DEFAULT_FRAME_RATE),
      colours: frame,
    });
  }

  #closeChain(): void {
    this.#chain?.encoder.close();
    this.#chain = undefined;
  }

  #send({ data: bytes, isKeyframe, pts }: TimedPicture): void {
    const isJpeg = this.order.jpeg !== undefined;
    const data = isJpeg ? [bytes] : sendableNals(bytes);
    const track = isJpeg ? this.#jpegTrack() : isKeyframe ? this.#declare(data) : this.#track;
    if (track === undefined) return;
    const unit: AccessUnit = {
      track,
      pts,
      dts: pts,
      isRandomAccess: isKeyframe,
      data,
      byteLength: totalLength(data),
      wallClockMs: Number.NaN,
    };
    this.#channel.write(unit);
  }

  #jpegTrack(): JpegTrack | undefined {
    if (this.#track?.codec === 'mjpeg') return this.#track;
    const size = this.#chain?.size;
    if (size === undefined) return undefined;
    const frameRate = this.#source.video.frameRate;
    const most = Math.min(this.order.frameRate ?? Number.POSITIVE_INFINITY, frameRate ?? 0);
    const header = { ...size, process: 'baseline' } as const;
    this.#track = createJpegTrack(0, this.#source.clockRate, header, most === 0 ? undefined : most);
    this.#channel.setTracks([this.#track]);
    return this.#track;
  }

  #declare(nals: readonly Uint8Array[]): H264Track {
    const sets = h264ParameterSets(nals);
    const known = this.#track;
    if (
      known?.codec === 'h264' &&
      sets.sps.every(
        (sps, index) => known.sps[index] !== undefined && Buffer.compare(sps, known.sps[index]) === 0,
      )
    ) {
      return known;
    }
    this.#track = createH264Track(0, this.#source.clockRate, sets);
    this.#channel.setTracks([this.#track]);
    return this.#track;
  }
}
