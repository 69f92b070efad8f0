import type { AccessUnit, Track, VideoTrack } from '@vedette/media';
import type { Reader } from '../stream/reader.ts';
import { type Feed, Stream } from '../stream/stream.ts';
import type { RungOrder } from '../workers/media/video/rung-order.ts';
import type { SoundTarget } from '../workers/media/sound-target.ts';
import type { Carriage } from './carriage.ts';
import { type FitPlan, isSameFit, planFit, soundCodecFor } from './fit-plan.ts';
import type { RungListener } from './video-transcoding.ts';

export type PictureOrder = Omit<RungOrder, 'encoder'>;

/** What a derived stream needs of the work that it shares with others made of the same source. */
export interface SharedWork {
  /** Pictures of the source as `order` wants them, until the function that is returned is called. */
  pictures(source: Stream, order: PictureOrder, listener: RungListener): () => void;
  /** The next picture becomes a key picture in all that is made of the source. */
  forceKey(source: Stream): void;
  /** Sound of the source as `codec`, until the function that is returned is called. */
  sound(source: Stream, codec: SoundTarget['codec'], onUnit: (unit: AccessUnit) => void): () => void;
}

export interface DerivedStreamOptions {
  readonly source: Stream;
  readonly carriage: Carriage;
  /** The size of picture that is wanted; that of the source where absent. */
  readonly rung: PictureOrder | undefined;
  /** What pictures become that have to be coded anew though no other size is wanted. */
  readonly recoded: (track: VideoTrack) => PictureOrder;
  readonly work: SharedWork;
  /** How long it goes on when nobody reads it, in milliseconds. */
  readonly lingerMs: number;
  /** Told when it begins and ends to read its source. */
  readonly onActive: (isActive: boolean) => void;
  readonly onReaderFault: (reader: Reader, error: unknown) => void;
}

/**
 * A stream that is made of another, in the same time: what can be carried goes through, the rest is transcoded.
 * Made while somebody reads it, and some seconds longer.
 *
 * Where only sound is transcoded it is live in the same turn as its source.
 */
export class DerivedStream implements Reader {
  readonly name = 'rendition';
  readonly stream: Stream;
  readonly #options: DerivedStreamOptions;
  #isAttached = false;
  #lingerTimer: NodeJS.Timeout | undefined;
  #plan: FitPlan = { video: undefined, audio: undefined };
  #feed: Feed | undefined;
  /** Of the pictures that are transcoded. */
  #videoTrack: VideoTrack | undefined;
  #stopPictures: (() => void) | undefined;
  #stopSound: (() => void) | undefined;

  constructor(options: DerivedStreamOptions) {
    this.#options = options;
    this.stream = new Stream({
      id: options.source.id,
      madeOf: options.source,
      onDemand: (isWanted) => this.#onDemand(isWanted),
      onReaderFault: options.onReaderFault,
    });
  }

  onTracks(tracks: readonly Track[]): void {
    const { carriage, rung } = this.#options;
    const plan = planFit(tracks, carriage, rung !== undefined);
    const isSame = isSameFit(this.#plan, plan);
    const before = this.#plan;
    this.#plan = plan;
    if (!isSame) {
      this.#stopWork();
      this.#startWork(plan, before);
    }
    if (!isSame || this.#feed === undefined) this.#open();
  }

  onUnit(unit: AccessUnit): void {
    const { video, audio } = this.#plan;
    const medium = unit.track === video?.source ? video : unit.track === audio?.source ? audio : undefined;
    if (medium?.isPassed !== true || medium.track === undefined) return;
    // A copy, but not of its bytes: a unit belongs to the stream that it is written to.
    this.#feed?.write({ ...unit, track: medium.track });
  }

  onSourceGone(): void {
    this.#feed?.close();
    this.#feed = undefined;
  }

  onEnd(reason: string): void {
    this.#detach();
    this.stream.end(reason);
  }

  /** Ends it and its work. Safe to call twice. */
  close(reason: string): void {
    this.stream.end(reason);
    this.#detach();
  }

  #onDemand(isWanted: boolean): void {
    clearTimeout(this.#lingerTimer);
    if (isWanted) {
      if (this.#isAttached) return;
      this.#isAttached = true;
      this.#options.onActive(true);
      this.#options.source.addReader(this);
      return;
    }
    this.#lingerTimer = setTimeout(() => this.#detach(), this.#options.lingerMs);
    this.#lingerTimer.unref();
  }

  #detach(): void {
    clearTimeout(this.#lingerTimer);
    this.#isAttached = false;
    this.#options.onActive(false);
    this.#options.source.removeReader(this);
    this.#stopWork();
    this.#plan = { video: undefined, audio: undefined };
    this.#feed?.close();
    this.#feed = undefined;
  }

  #startWork({ video, audio }: FitPlan, before: FitPlan): void {
    const { source, carriage, rung, recoded, work } = this.#options;
    if (before.video?.isPassed !== false) this.#videoTrack = undefined;
    if (video?.isPassed === false) {
      this.#stopPictures = work.pictures(source, rung ?? recoded(video.source), {
        onTrack: (track) => {
          this.#videoTrack = track.id === 0 ? track : { ...track, id: 0 };
          if (this.#feed === undefined) this.#open();
        },
        onUnit: (unit) => {
          if (this.#videoTrack !== undefined) this.#feed?.write({ ...unit, track: this.#videoTrack });
        },
      });
    }
    const codec = soundCodecFor(carriage);
    if (audio?.isPassed === false && codec !== undefined) {
      this.#stopSound = work.sound(source, codec, (unit) => {
        const track = this.#plan.audio?.track;
        if (track !== undefined) this.#feed?.write({ ...unit, track });
      });
    }
  }

  #stopWork(): void {
    this.#stopPictures?.();
    this.#stopSound?.();
    this.#stopPictures = this.#stopSound = undefined;
  }

  /** Begins to feed the stream, once all its tracks are known and the source is there. */
  #open(): void {
    const { video, audio } = this.#plan;
    if (!this.#isAttached || !this.#options.source.isLive) return;
    const videoTrack = video?.isPassed === false ? this.#videoTrack : video?.track;
    if (video !== undefined && videoTrack === undefined) return;
    const tracks = [videoTrack, audio?.track].filter((track) => track !== undefined);
    if (tracks.length === 0) return;
    const { source, work } = this.#options;
    const onKeyFrameWanted = (): void => {
      if (this.#plan.video?.isPassed === false) work.forceKey(source);
      else source.requestKeyFrame();
    };
    this.#feed = this.stream.open(tracks, { inTimeOf: source, onKeyFrameWanted });
  }
}
