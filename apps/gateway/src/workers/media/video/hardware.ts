import { AV_HWDEVICE_TYPE_VAAPI, AV_PIX_FMT_NV12, AV_PIX_FMT_VAAPI } from 'node-av/constants';
import { type CodecContext, Frame, HardwareDeviceContext, HardwareFramesContext } from 'node-av/lib';
import { check } from '../av.ts';
import type { PictureEncoderOptions } from './picture-encoder-options.ts';
import { PictureScaler } from './picture-scaler.ts';

/** Brings pictures to where an encoder takes them from. Calls must not overlap. */
export interface Uploader {
  /** A picture that is valid until the next call. */
  upload(frame: Frame): Promise<Frame>;
  /** Frees everything; no call may be under way. Call once. */
  close(): void;
}

/** Pictures that an encoder in hardware may hold. */
const POOL_SIZE = 8;

/**
 * Sets up what an encoder in hardware needs beside the common options.
 *
 * @throws {AvError} there is no such hardware.
 */
export function prepareHardware(context: CodecContext, options: PictureEncoderOptions): Uploader {
  context.bitRate = BigInt(options.bitRate);
  if (options.encoder === 'h264_vaapi') return new VaapiUploader(context, options);
  context.pixelFormat = AV_PIX_FMT_NV12;
  // Named alike where they have it; an encoder without it is asked by the type of the picture alone.
  context.setOption('forced-idr', '1');
  context.setOption('forced_idr', '1');
  return new Nv12(options);
}

/** NV12, which encoders with memory of their own copy themselves. */
class Nv12 implements Uploader {
  readonly #scaler: PictureScaler;

  constructor({ width, height }: PictureEncoderOptions) {
    this.#scaler = new PictureScaler({ width, height }, 'video', AV_PIX_FMT_NV12);
  }

  async upload(frame: Frame): Promise<Frame> {
    return this.#scaler.scale(frame);
  }

  close(): void {
    this.#scaler.close();
  }
}

/** Surfaces of the graphics processor (Intel and AMD, on Linux). */
class VaapiUploader implements Uploader {
  readonly #device = new HardwareDeviceContext();
  readonly #frames = new HardwareFramesContext();
  readonly #surface = new Frame();
  readonly #nv12: Nv12;

  constructor(context: CodecContext, options: PictureEncoderOptions) {
    check(this.#device.create(AV_HWDEVICE_TYPE_VAAPI), 'open the graphics processor');
    this.#frames.alloc(this.#device);
    this.#frames.format = AV_PIX_FMT_VAAPI;
    this.#frames.swFormat = AV_PIX_FMT_NV12;
    this.#frames.width = options.width;
    this.#frames.height = options.height;
    this.#frames.initialPoolSize = POOL_SIZE;
    check(this.#frames.init(), 'set up surfaces');
    context.pixelFormat = AV_PIX_FMT_VAAPI;
    context.hwFramesCtx = this.#frames;
    this.#surface.alloc();
    this.#nv12 = new Nv12(options);
  }

  async upload(frame: Frame): Promise<Frame> {
    const nv12 = await this.#nv12.upload(frame);
    this.#surface.unref();
    check(this.#frames.getBuffer(this.#surface), 'take a surface');
    check(await this.#frames.transferData(this.#surface, nv12), 'upload a picture');
    return this.#surface;
  }

  close(): void {
    this.#nv12.close();
    this.#surface.free();
    this.#frames.free();
    this.#device.free();
  }
}
