import {
  AnnexBPictureSplitter,
  createVideoAssembler,
  FlvDemuxer,
  TsDemuxer,
  type AccessUnit,
  type Demuxer,
  type DemuxerOutput,
  type NalTrack,
  type Track,
  type VideoAssembler,
} from '@vedette/media';
import { MultipartParser } from '@vedette/protocols';
import type { SourceContext } from '../cameras/source.ts';
import { ArrivalTime } from './arrival-time.ts';
import type { ByteFormat } from './byte-format.ts';
import { DemuxedFeed } from './demuxed-feed.ts';
import { JpegFeed } from './jpeg-feed.ts';

/** Bare pictures that come faster than this are a flood. */
const MAX_PICTURES_PER_SECOND = 120;

/** Feeds a stream from bytes of one format. */
export interface MediaIntake {
  /** How far the media has come, in milliseconds of its own time. */
  readonly mediaMs: number;
  /** Units so far. */
  readonly units: number;
  /**
   * Takes bytes that came at `nowMs`.
   *
   * @throws {ProtocolError} they are none of this format. Also `SourceError`.
   */
  push(bytes: Uint8Array, nowMs: number): void;
  /** What came last is whole: what is held comes out. */
  flush(nowMs: number): void;
  /** Leaves the stream. Safe to call twice. */
  close(): void;
}

/** The intake for bytes of `format`. */
export function createIntake(format: ByteFormat, context: SourceContext): MediaIntake {
  switch (format) {
    case 'ts':
      return new ContainerIntake(context, (output) => {
        const onDamage = context.count.bind(context);
        return new TsDemuxer(output, { onDamage });
      });
    case 'flv':
      return new ContainerIntake(context, (output) => new FlvDemuxer(output));
    case 'h264':
    case 'h265':
      return new AnnexBIntake(format, context);
    case 'mjpeg':
      return new JpegIntake(context);
  }
}

/** A container, which says when its units play. */
class ContainerIntake implements MediaIntake, DemuxerOutput {
  readonly #feed: DemuxedFeed;
  readonly #demuxer: Demuxer;
  #mediaMs = 0;

  constructor(context: SourceContext, create: (output: DemuxerOutput) => Demuxer) {
    this.#feed = new DemuxedFeed((tracks) => context.open(tracks));
    this.#demuxer = create(this);
  }

  get mediaMs(): number {
    return this.#mediaMs;
  }

  get units(): number {
    return this.#feed.units;
  }

  push(bytes: Uint8Array): void {
    this.#demuxer.push(bytes);
  }

  flush(): void {
    this.#demuxer.flush();
  }

  close(): void {
    this.#feed.close();
  }

  onTracks(tracks: readonly Track[]): void {
    this.#feed.onTracks(tracks);
  }

  onUnit(unit: AccessUnit): void {
    this.#mediaMs = Math.max(this.#mediaMs, (unit.dts * 1000) / unit.track.clockRate);
    this.#feed.onUnit(unit);
  }
}

/** H.264 or H.265 as a bare byte stream: its pictures are timed by their arrival. */
class AnnexBIntake implements MediaIntake {
  readonly #context: SourceContext;
  readonly #feed: DemuxedFeed;
  readonly #splitter: AnnexBPictureSplitter;
  readonly #assembler: VideoAssembler;
  readonly #time = new ArrivalTime();
  #pictures = 0;

  constructor(codec: NalTrack['codec'], context: SourceContext) {
    this.#context = context;
    this.#feed = new DemuxedFeed((tracks) => context.open(tracks));
    this.#splitter = new AnnexBPictureSplitter(codec);
    this.#assembler = createVideoAssembler(codec, 0, ArrivalTime.clockRate);
  }

  get mediaMs(): number {
    return (this.#pictures * 1000) / MAX_PICTURES_PER_SECOND;
  }

  get units(): number {
    return this.#feed.units;
  }

  push(bytes: Uint8Array, nowMs: number): void {
    this.#take(this.#splitter.push(bytes), nowMs);
  }

  flush(nowMs: number): void {
    this.#take(this.#splitter.flush(), nowMs);
  }

  close(): void {
    this.#feed.close();
  }

  #take(pictures: readonly (readonly Uint8Array[])[], nowMs: number): void {
    for (const nals of pictures) {
      this.#pictures += 1;
      const unit = this.#assembler.push(nals, this.#time.at(nowMs));
      if (unit === undefined) continue;
      if (!this.#feed.isOpen) this.#open(unit.track);
      this.#feed.onUnit(unit);
    }
  }

  #open(track: Track): void {
    this.#feed.onTracks([track]);
    if (track.kind === 'video' && track.video.reorderDepth > 0) {
      this.#context.log('a bare stream says nothing of times: with B-frames use MPEG-TS instead');
    }
  }
}

/** JPEGs, with or without multipart around them: timed by their arrival. */
class JpegIntake implements MediaIntake {
  readonly #feed: JpegFeed;
  readonly #parser: MultipartParser;
  #nowMs = 0;

  constructor(context: SourceContext) {
    this.#feed = new JpegFeed(context);
    this.#parser = new MultipartParser(undefined, ({ body }) => this.#feed.push(body, this.#nowMs));
  }

  get mediaMs(): number {
    return (this.units * 1000) / MAX_PICTURES_PER_SECOND;
  }

  get units(): number {
    return this.#feed.pictures;
  }

  push(bytes: Uint8Array, nowMs: number): void {
    this.#nowMs = nowMs;
    this.#parser.push(bytes);
  }

  flush(): void {
    // A JPEG says itself when it is whole.
  }

  close(): void {
    this.#feed.close();
  }
}
