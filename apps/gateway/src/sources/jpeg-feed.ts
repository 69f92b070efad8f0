import { JpegAssembler, ProtocolError } from '@vedette/media';
import type { SourceContext } from '../cameras/source.ts';
import { SourceError } from '../cameras/source.ts';
import { ArrivalTime } from './arrival-time.ts';
import { DemuxedFeed } from './demuxed-feed.ts';

/** Pictures in a row that are none, before a camera is given up. */
const MAX_BAD = 50;

/** Feeds a stream from JPEGs that come without times. */
export class JpegFeed {
  readonly #context: SourceContext;
  readonly #feed: DemuxedFeed;
  readonly #assembler = new JpegAssembler(0, ArrivalTime.clockRate);
  readonly #time = new ArrivalTime();
  #bad = 0;

  constructor(context: SourceContext) {
    this.#context = context;
    this.#feed = new DemuxedFeed((tracks) => context.open(tracks));
  }

  /** Pictures so far. */
  get pictures(): number {
    return this.#feed.units;
  }

  /**
   * Takes one JPEG that came at `nowMs`. A few bad ones are left out and counted.
   *
   * @throws {SourceError} it has more pixels than any camera's, or all of late were bad.
   */
  push(jpeg: Uint8Array, nowMs: number): void {
    const isKnown = this.#assembler.track !== undefined;
    try {
      const unit = this.#assembler.push(jpeg, this.#time.at(nowMs));
      if (!isKnown) this.#feed.onTracks([unit.track]);
      this.#feed.onUnit(unit);
      this.#bad = 0;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#context.count('damagedPictures', 1);
      this.#bad += 1;
      const { code, message } = error;
      if (code === 'ERR_JPEG_SIZE' || this.#bad >= MAX_BAD)
        throw new SourceError(code, `the camera sends ${message}`);
    }
  }

  /** Leaves the stream. Safe to call twice. */
  close(): void {
    this.#feed.close();
  }
}
