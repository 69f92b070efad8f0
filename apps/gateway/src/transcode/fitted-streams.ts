import type { AccessUnit, VideoTrack } from '@vedette/media';
import type { Logger } from '../observability/logger.ts';
import type { Stream } from '../stream/stream.ts';
import type { SoundTarget } from '../workers/media/sound-target.ts';
import type { Carriage } from './carriage.ts';
import { DerivedStream, type PictureOrder, type SharedWork } from './derived-stream.ts';
import { isAsItIs, planFit } from './fit-plan.ts';
import type { StreamFitter } from './fitter.ts';
import { fitsAsJpegs, JPEG_CARRIAGE, jpegOrder, type JpegWish } from './jpeg-presets.ts';
import {
  buildLadder,
  chooseQuality,
  type QualityChoice,
  recodedOrder,
  type RenditionConfig,
  renditionsOf,
  type Rung,
} from './ladder.ts';
import { SoundTranscoding } from './sound-transcoding.ts';
import { type RungListener, VideoTranscoding } from './video-transcoding.ts';
import type { MediaStudio } from './worker-line.ts';

export interface FittedStreamsOptions {
  readonly studio: MediaStudio;
  readonly logger: Logger;
  /** Whether anything may be transcoded; else every stream is taken as it is. */
  readonly isEnabled: boolean;
  /** FFmpeg's name of the H.264 encoder to use. */
  readonly encoder: () => Promise<string>;
  /** The renditions that the camera of this id is to have. */
  readonly renditions: (cameraId: string) => readonly RenditionConfig[];
  /** The smaller stream that the camera of this id makes itself. */
  readonly sub?: (cameraId: string) => Stream | undefined;
  /** Bits a second of the camera of this id, as measured; 0 where nobody knows. */
  readonly bitrate: (cameraId: string) => number;
  /** How long a stream goes on when nobody reads it, in milliseconds. */
  readonly lingerMs?: number;
}

/** Everything that is made of one stream. */
interface Workshop {
  readonly derived: Map<string, DerivedStream>;
  readonly sound: Map<SoundTarget['codec'], SoundTranscoding>;
  video: VideoTranscoding | undefined;
}

const LINGER_MS = 5000;
const SOURCE: QualityChoice = { kind: 'source' };

/**
 * Streams made of streams. Whoever needs the same gets the same; pictures are decoded once for a camera, and
 * sound is transcoded once for each codec, for all that is made of it.
 */
export class FittedStreams implements StreamFitter {
  readonly #options: FittedStreamsOptions;
  /** Streams that are gone take what was made of them along. */
  readonly #workshops = new WeakMap<Stream, Workshop>();
  readonly #open = new Set<DerivedStream>();
  readonly #work: SharedWork;

  constructor(options: FittedStreamsOptions) {
    this.#options = options;
    this.#work = {
      pictures: (source, order, listener) => this.#pictures(source, order, listener),
      forceKey: (source) => this.#workshops.get(source)?.video?.forceKey(),
      sound: (source, codec, onUnit) => this.#sound(source, codec, onUnit),
    };
  }

  get isEnabled(): boolean {
    return this.#options.isEnabled;
  }

  fit(stream: Stream, carriage: Carriage, quality?: string): Stream {
    const choice = quality === undefined ? SOURCE : this.#choose(stream, quality);
    const sub = this.#options.sub?.(stream.id);
    // Of a sub-stream that nobody watches nothing is known yet: what is made of it fits whatever comes.
    if (choice.kind === 'sub' && sub !== undefined) return this.#derived(sub, carriage, undefined);
    if (!this.#options.isEnabled) return stream;
    const rung = choice.kind === 'rendition' ? choice.order : undefined;
    if (rung === undefined && isAsItIs(planFit(stream.tracks, carriage, false))) return stream;
    return this.#derived(stream, carriage, rung);
  }

  /**
   * The stream as JPEGs, at most as they are wished for: itself where it is made of such. Its frame rate may be higher.
   */
  asJpegs(stream: Stream, wish: JpegWish): Stream {
    if (!this.#options.isEnabled || fitsAsJpegs(stream.tracks, wish)) return stream;
    return this.#derived(stream, JPEG_CARRIAGE, jpegOrder(wish));
  }

  #derived(stream: Stream, carriage: Carriage, rung: PictureOrder | undefined): Stream {
    const workshop = this.#workshopOf(stream);
    const key = JSON.stringify([carriage, rung]);
    let derived = workshop.derived.get(key);
    if (derived === undefined || derived.stream.isEnded) {
      derived = this.#derive(stream, carriage, rung);
      workshop.derived.set(key, derived);
    }
    return derived.stream;
  }

  /** What is made now, for metrics. */
  get usage(): { readonly derived: number } {
    return { derived: this.#open.size };
  }

  /** The ways to see a camera, best first; nothing where there are no pictures yet. */
  ladder(stream: Stream): readonly Rung[] {
    const video = stream.tracks.find((track) => track.kind === 'video');
    if (video === undefined) return [];
    const bitrate = this.#options.bitrate(stream.id);
    return buildLadder(video, this.#renditionsOf(stream, video), { bitrate, sub: this.#subTrack(stream) });
  }

  /** Ends all that is made. Safe to call twice. */
  close(): void {
    for (const derived of this.#open) derived.close('the gateway is shutting down');
    this.#open.clear();
  }

  #choose(stream: Stream, quality: string): QualityChoice {
    const video = stream.tracks.find((track) => track.kind === 'video');
    const sourceHeight = video?.video.height ?? 0;
    const renditions = this.#renditionsOf(stream, video);
    const subHeight = this.#subTrack(stream)?.video.height;
    return chooseQuality(quality, { sourceHeight, subHeight, renditions });
  }

  /** Of the camera's own smaller stream, once it is known. */
  #subTrack(stream: Stream): VideoTrack | undefined {
    return this.#options.sub?.(stream.id)?.tracks.find((track) => track.kind === 'video');
  }

  #renditionsOf(stream: Stream, video: VideoTrack | undefined): readonly RenditionConfig[] {
    if (video === undefined || !this.#options.isEnabled) return [];
    const subHeight = this.#subTrack(stream)?.video.height ?? 0;
    // What the camera makes itself, and anything smaller, is nothing to be made again.
    return renditionsOf(video, this.#options.renditions(stream.id)).filter(
      ({ height }) => height > subHeight,
    );
  }

  #derive(source: Stream, carriage: Carriage, rung: PictureOrder | undefined): DerivedStream {
    const { logger, lingerMs = LINGER_MS } = this.#options;
    const derived: DerivedStream = new DerivedStream({
      source,
      carriage,
      rung,
      recoded: recodedOrder,
      work: this.#work,
      lingerMs,
      onActive: (isActive) => {
        if (isActive) this.#open.add(derived);
        else this.#open.delete(derived);
      },
      onReaderFault: (reader, error) => {
        logger.error(
          { camera: source.id, reader: reader.name, err: error },
          'a reader failed and was taken off a rendition',
        );
      },
    });
    return derived;
  }

  #workshopOf(stream: Stream): Workshop {
    let workshop = this.#workshops.get(stream);
    if (workshop === undefined) {
      workshop = { derived: new Map(), sound: new Map(), video: undefined };
      this.#workshops.set(stream, workshop);
    }
    return workshop;
  }

  #pictures(source: Stream, order: PictureOrder, listener: RungListener): () => void {
    const workshop = this.#workshopOf(source);
    const { studio, logger, encoder } = this.#options;
    workshop.video ??= new VideoTranscoding(source, {
      studio,
      logger,
      encoder,
      onIdle: () => {
        workshop.video = undefined;
      },
    });
    return workshop.video.listen(order, listener);
  }

  #sound(source: Stream, codec: SoundTarget['codec'], onUnit: (unit: AccessUnit) => void): () => void {
    const { sound } = this.#workshopOf(source);
    let transcoding = sound.get(codec);
    if (transcoding === undefined) {
      const { studio, logger } = this.#options;
      transcoding = new SoundTranscoding(source, codec, {
        studio,
        logger,
        onIdle: () => sound.delete(codec),
      });
      sound.set(codec, transcoding);
    }
    return transcoding.listen(onUnit);
  }
}
