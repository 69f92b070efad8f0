import {
  AV_PIX_FMT_YUV420P,
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT470BG,
  AVCOL_SPC_BT709,
  AVCOL_SPC_SMPTE170M,
  AVCOL_SPC_UNSPECIFIED,
  type AVPixelFormat,
} from 'node-av/constants';
import { Frame, SoftwareScaleContext } from 'node-av/lib';
import { check } from '../av.ts';

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** From here on what does not say otherwise is taken for BT.709. */
const HD_HEIGHT = 720;

/** The size of `frame` with square pixels, at most `maxHeight` high and `maxWidth` wide; even numbers. */
export function fittingSize(
  frame: Frame,
  maxHeight: number,
  maxWidth = Number.POSITIVE_INFINITY,
): PictureSize {
  const { num, den } = frame.sampleAspectRatio;
  const aspect = num > 0 && den > 0 ? num / den : 1;
  const heightAtWidth = (maxWidth * frame.height) / (frame.width * aspect);
  const height = even(Math.min(frame.height, maxHeight, heightAtWidth));
  return { width: even((frame.width * aspect * height) / frame.height), height };
}

function even(length: number): number {
  return Math.max(2, Math.round(length / 2) * 2);
}

/** How colours are coded: as video has it, or as JPEG (full range, the matrix of BT.601). */
export type ColourCoding = 'video' | 'jpeg';

/** Pictures of any format in; YUV 4:2:0 of one size out, of limited range unless for JPEGs. Calls must not overlap. */
export class PictureScaler {
  readonly #context = new SoftwareScaleContext();
  readonly #out = new Frame();

  readonly #isJpeg: boolean;

  constructor(
    { width, height }: PictureSize,
    coding: ColourCoding = 'video',
    format: AVPixelFormat = AV_PIX_FMT_YUV420P,
  ) {
    this.#isJpeg = coding === 'jpeg';
    this.#out.alloc();
    this.#out.width = width;
    this.#out.height = height;
    this.#out.format = format;
    this.#out.colorRange = this.#isJpeg ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    check(this.#out.allocBuffer(), 'allocate a scaled picture');
    // Not set up by getContext: only so does it go by what the frames say of their colours.
    this.#context.allocContext();
  }

  /** @returns a picture that is valid until the next call. @throws {AvError} there is no way from that format. */
  async scale(from: Frame): Promise<Frame> {
    const to = this.#out;
    check(to.makeWritable(), 'reuse a scaled picture');
    tagColours(from);
    to.colorSpace = this.#isJpeg ? AVCOL_SPC_BT470BG : from.colorSpace;
    to.colorPrimaries = from.colorPrimaries;
    to.colorTrc = from.colorTrc;
    check(await this.#context.scaleFrame(to, from), 'scale a picture');
    return to;
  }

  /** Frees everything; no call may be under way. Call once. */
  close(): void {
    this.#context.freeContext();
    this.#out.free();
  }
}

/** Cameras often do not say; those who play them assume the same. */
export function tagColours(frame: Frame): void {
  if (frame.colorSpace !== AVCOL_SPC_UNSPECIFIED) return;
  frame.colorSpace = frame.height >= HD_HEIGHT ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
}
