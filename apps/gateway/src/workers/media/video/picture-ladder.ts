import { AV_PIX_FMT_YUV420P, AVCOL_RANGE_JPEG } from 'node-av/constants';
import type { Frame } from 'node-av/lib';
import type { PictureSize } from './picture-pool.ts';
import { fittingSize, PictureScaler, tagColours } from './picture-scaler.ts';
import type { RungEncoder } from './rung-encoder.ts';

/** Decoded pictures that may wait to be scaled: from there on some are left out, and no memory grows. */
const MAX_WAITING = 5;

export interface PictureLadderOptions {
  /** Pictures were left out. */
  readonly onSkipped: (pictures: number) => void;
  /** Native work is under way until the promise settles. */
  readonly tracked: (work: Promise<unknown>) => unknown;
}

interface Decoded {
  readonly frame: Frame;
  readonly pts: number;
  readonly isKey: boolean;
}

/** What a rung needs of the pictures that come now. */
interface Target {
  readonly size: PictureSize;
  readonly scaler: PictureScaler;
}

/** A picture that others may be made of. */
interface Made {
  readonly size: PictureSize;
  readonly frame: Frame;
  /** It is as encoders of video take it. */
  readonly isPlain: boolean;
}

/**
 * Makes the pictures of all rungs of what the decoder shows, the largest first: each of the smallest one already
 * made that is large enough, which costs half of making each of the whole. Rungs encode on their own; who cannot
 * keep up is passed over.
 */
export class PictureLadder {
  readonly #options: PictureLadderOptions;
  /** Those that know what they need, the largest first, and behind them newcomers. */
  readonly #rungs = new Map<RungEncoder, Target | undefined>();
  readonly #waiting: Decoded[] = [];
  /** Of rungs that left while pictures were being made. */
  readonly #discarded: PictureScaler[] = [];
  #origin = '';
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: PictureLadderOptions) {
    this.#options = options;
  }

  /** Its pictures are made from the next one on. Its owner closes it, after `remove`. */
  add(rung: RungEncoder): void {
    this.#rungs.set(rung, undefined);
  }

  remove(rung: RungEncoder): void {
    const target = this.#rungs.get(rung);
    this.#rungs.delete(rung);
    if (target !== undefined) this.#discarded.push(target.scaler);
    if (this.#running === undefined) this.#sweep();
  }

  /**
   * Takes a decoded picture, keeping a reference to it.
   *
   * @param isKey it becomes an IDR in every rung.
   */
  offer(frame: Frame, pts: number, isKey: boolean): void {
    if (this.#isClosed || this.#rungs.size === 0) return;
    if (this.#waiting.length >= MAX_WAITING) {
      this.#options.onSkipped(1);
      if (!isKey) return;
      this.#waiting.pop()?.frame.free();
    }
    const kept = frame.clone();
    if (kept === null) return;
    this.#waiting.push({ frame: kept, pts, isKey });
    if (this.#running !== undefined) return;
    this.#running = this.#run();
    this.#options.tracked(this.#running);
  }

  /** Waits for what is under way, then frees everything but the rungs. Safe to call twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { frame } of this.#waiting.splice(0)) frame.free();
    await this.#running;
    for (const rung of [...this.#rungs.keys()]) this.remove(rung);
  }

  async #run(): Promise<void> {
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        try {
          this.#aim(next.frame);
          await this.#make(next);
        } finally {
          next.frame.free();
        }
        this.#sweep();
      }
    } finally {
      this.#running = undefined;
      this.#sweep();
    }
  }

  #sweep(): void {
    for (const scaler of this.#discarded.splice(0)) scaler.close();
  }

  /** Finds out what each rung needs where that is not known, or not of such pictures. */
  #aim(frame: Frame): void {
    tagColours(frame);
    const { num, den } = frame.sampleAspectRatio;
    const origin = [frame.width, frame.height, frame.format, num, den].join(' ');
    const known = [...this.#rungs];
    if (origin === this.#origin && known.every(([, target]) => target !== undefined)) return;
    const targets = known.map(([rung, target]): [RungEncoder, Target] => {
      if (target !== undefined && origin === this.#origin) return [rung, target];
      target?.scaler.close();
      return [rung, targetOf(rung, frame)];
    });
    this.#origin = origin;
    targets.sort(
      ([, { size: one }], [, { size: other }]) => other.width * other.height - one.width * one.height,
    );
    this.#rungs.clear();
    for (const [rung, target] of targets) this.#rungs.set(rung, target);
  }

  async #make({ frame, pts, isKey }: Decoded): Promise<void> {
    const origin = this.#origin;
    const isPlain = frame.format === AV_PIX_FMT_YUV420P && frame.colorRange !== AVCOL_RANGE_JPEG;
    const made: Made[] = [{ size: { width: frame.width, height: frame.height }, frame, isPlain }];
    for (const [rung, target] of [...this.#rungs]) {
      // It may have left while others' pictures were made.
      if (target === undefined || !this.#rungs.has(rung) || !rung.takes(pts, isKey)) continue;
      try {
        const picture = await pictureFor(rung, target, made);
        rung.push({ frame: picture, pts, isKey, origin });
      } catch (error) {
        this.#options.tracked(rung.fail(error));
      }
    }
  }
}

function targetOf({ order: { height, jpeg } }: RungEncoder, frame: Frame): Target {
  const size = fittingSize(frame, height, jpeg?.width);
  return { size, scaler: new PictureScaler(size, jpeg === undefined ? 'video' : 'jpeg') };
}

/** @param made the source, then what was made of it for video, the largest first; what is made now joins it. */
async function pictureFor(rung: RungEncoder, { size, scaler }: Target, made: Made[]): Promise<Frame> {
  const { width, height } = size;
  // None is enlarged, but by the pixel that makes a side even.
  const nearest =
    made.findLast(({ size: other }) => other.width >= width && other.height >= height) ?? made[0];
  if (nearest === undefined) throw new TypeError('nothing to make a picture of');
  const isVideo = rung.order.jpeg === undefined;
  const isSame = nearest.size.width === width && nearest.size.height === height;
  if (isVideo && nearest.isPlain && isSame) return nearest.frame;
  const frame = await scaler.scale(nearest.frame);
  // The colours of a JPEG are not those of video: nothing else is made of it.
  if (isVideo) made.push({ size, frame, isPlain: true });
  return frame;
}
