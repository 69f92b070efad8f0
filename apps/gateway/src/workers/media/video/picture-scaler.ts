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
import { type Frame, SoftwareScaleContext } from 'node-av/lib';
import { check } from '../av.ts';
import { PicturePool, type PictureSize } from './picture-pool.ts';

/** From here on what does not say otherwise is taken for BT.709. */
const HD_HEIGHT = 720;
/** Sizes of pictures that one scaler is set up for at a time: setting up costs as much as scaling some. */
const MAX_CONTEXTS = 4;

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
  /** By the size of what comes in: pictures of a few sizes may take turns. */
  readonly #contexts = new Map<string, SoftwareScaleContext>();
  readonly #pool: PicturePool;
  readonly #isJpeg: boolean;

  constructor(size: PictureSize, coding: ColourCoding = 'video', format: AVPixelFormat = AV_PIX_FMT_YUV420P) {
    this.#isJpeg = coding === 'jpeg';
    const colorRange = this.#isJpeg ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    this.#pool = new PicturePool({ ...size, format, colorRange });
  }

  /**
   * @returns a picture that is valid until the next call; `clone` what is kept, and its planes stay as they are.
   * @throws {AvError} there is no way from that format.
   */
  async scale(from: Frame): Promise<Frame> {
    const to = this.#pool.take();
    tagColours(from);
    to.colorSpace = this.#isJpeg ? AVCOL_SPC_BT470BG : from.colorSpace;
    to.colorPrimaries = from.colorPrimaries;
    to.colorTrc = from.colorTrc;
    check(await this.#contextFor(from).scaleFrame(to, from), 'scale a picture');
    return to;
  }

  #contextFor({ width, height }: PictureSize): SoftwareScaleContext {
    const key = `${width}×${height}`;
    const known = this.#contexts.get(key);
    if (known !== undefined) return known;
    const [oldest] = this.#contexts;
    if (oldest !== undefined && this.#contexts.size >= MAX_CONTEXTS) {
      oldest[1].freeContext();
      this.#contexts.delete(oldest[0]);
    }
    const context = new SoftwareScaleContext();
    // Not set up by getContext: only so does it go by what the frames say of their colours.
    context.allocContext();
    this.#contexts.set(key, context);
    return context;
  }

  /** Frees everything; no call may be under way. Safe to call twice. */
  close(): void {
    for (const context of this.#contexts.values()) context.freeContext();
    this.#contexts.clear();
    this.#pool.close();
  }
}

/** Cameras often do not say; those who play them assume the same. */
export function tagColours(frame: Frame): void {
  if (frame.colorSpace !== AVCOL_SPC_UNSPECIFIED) return;
  frame.colorSpace = frame.height >= HD_HEIGHT ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
}
