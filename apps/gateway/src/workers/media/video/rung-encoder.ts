import { AV_PIX_FMT_YUV420P, AVCOL_RANGE_JPEG } from 'node-av/constants';
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
import {
  type ColourCoding,
  fittingSize,
  PictureScaler,
  tagColours,
  type PictureSize,
} from './picture-scaler.ts';
import type { RungOrder } from './rung-order.ts';

/** Decoded pictures that may wait for the encoder: from there on some are left out, and no memory grows. */
const MAX_WAITING = 5;
/** Where neither the bitstream nor the order names one. */
const DEFAULT_FRAME_RATE = 25;

export interface RungEncoderOptions {
  /** Pictures were left out. */
  readonly onSkipped: (pictures: number) => void;
  /** Native work is under way until the promise settles. */
  readonly tracked: (work: Promise<unknown>) => unknown;
}

interface Waiting {
  readonly frame: Frame;
  readonly isKey: boolean;
}

/** Everything that depends on the size of the source. */
interface Chain {
  /** Of the pictures that go in. */
  readonly from: string;
  readonly size: PictureSize;
  readonly scaler: PictureScaler | undefined;
  readonly encoder: PictureEncoder | JpegEncoder;
}

/**
 * One rung: takes decoded pictures, scales and encodes them, and sends them on a channel of its own. It never
 * holds the decoder up: a picture that comes while too many wait is left out.
 */
export class RungEncoder {
  readonly #channel: Channel;
  readonly #order: RungOrder;
  readonly #options: RungEncoderOptions;
  readonly #waiting: Waiting[] = [];
  #source: VideoTrack;
  #chain: Chain | undefined;
  #track: H264Track | JpegTrack | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;
  #needsKey = true;
  readonly #limit: FrameRateLimit | undefined;

  constructor(channel: Channel, order: RungOrder, source: VideoTrack, options: RungEncoderOptions) {
    this.#channel = channel;
    this.#order = order;
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

  /**
   * Takes a picture, keeping a reference to it.
   *
   * @param isKey it becomes an IDR, as in all rungs.
   */
  offer(frame: Frame, isKey: boolean): void {
    const seconds = Number(frame.pts) / this.#source.clockRate;
    // A JPEG is none that others refer to: it need not be there.
    const isNeeded = isKey && this.#order.jpeg === undefined;
    if (this.#isClosed || this.#limit?.keeps(seconds, isNeeded) === false) return;
    if (this.#waiting.length >= MAX_WAITING) {
      this.#options.onSkipped(1);
      if (!isKey) return;
      this.#waiting.pop()?.frame.free();
    }
    const kept = frame.clone();
    if (kept === null) return;
    this.#waiting.push({ frame: kept, isKey });
    if (this.#running !== undefined) return;
    this.#running = this.#run();
    this.#options.tracked(this.#running);
  }

  /** Waits for what is under way, then frees everything. Safe to call twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { frame } of this.#waiting.splice(0)) frame.free();
    await this.#running;
    this.#closeChain();
    this.#channel.close();
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
      this.#isClosed = true;
      for (const { frame } of this.#waiting.splice(0)) frame.free();
      this.#closeChain();
      this.#channel.close(error instanceof Error ? error.message : String(error));
    } finally {
      this.#running = undefined;
    }
  }

  async #encode({ frame, isKey }: Waiting): Promise<void> {
    const { scaler, encoder } = await this.#chainFor(frame);
    const pts = Number(frame.pts);
    const scaled = scaler === undefined ? frame : await scaler.scale(frame);
    const needsKey = isKey || this.#needsKey;
    this.#needsKey = false;
    const coded = await encoder.encode(scaled, pts, needsKey);
    if (coded !== undefined && !this.#isClosed) this.#send(coded);
  }

  async #chainFor(frame: Frame): Promise<Chain> {
    const { num, den } = frame.sampleAspectRatio;
    const from = [frame.width, frame.height, frame.format, num, den].join(' ');
    if (this.#chain?.from === from) return this.#chain;
    this.#closeChain();
    tagColours(frame);
    const { height, jpeg } = this.#order;
    const size = fittingSize(frame, height, jpeg?.width);
    const coding = jpeg === undefined ? 'video' : 'jpeg';
    this.#chain = {
      from,
      size,
      encoder: await this.#openEncoder(size, frame),
      scaler: needsScaler(frame, size, coding) ? new PictureScaler(size, coding) : undefined,
    };
    this.#needsKey = true;
    this.#track = undefined;
    return this.#chain;
  }

  async #openEncoder(size: PictureSize, frame: Frame): Promise<PictureEncoder | JpegEncoder> {
    const { jpeg, encoder, bitRate, frameRate = Number.POSITIVE_INFINITY } = this.#order;
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
    this.#chain?.scaler?.close();
    this.#chain?.encoder.close();
    this.#chain = undefined;
  }

  #send({ data: bytes, isKeyframe, pts }: TimedPicture): void {
    const isJpeg = this.#order.jpeg !== undefined;
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
    const most = Math.min(this.#order.frameRate ?? Number.POSITIVE_INFINITY, frameRate ?? 0);
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

function needsScaler(frame: Frame, { width, height }: PictureSize, coding: ColourCoding): boolean {
  // Full range also goes by a format of its own (yuvj420p); it is scaled, which costs little beside the coding.
  const isPlain =
    coding === 'video' && frame.format === AV_PIX_FMT_YUV420P && frame.colorRange !== AVCOL_RANGE_JPEG;
  return !(isPlain && frame.width === width && frame.height === height);
}
