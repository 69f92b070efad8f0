import type { AccessUnit, Track, VideoTrack } from '@vedette/media';
import type { Logger } from '../observability/logger.ts';
import type { Reader } from '../stream/reader.ts';
import type { Stream } from '../stream/stream.ts';
import type { Channel } from '../workers/channel.ts';
import type { MediaLink } from '../workers/media/media-workers.ts';
import type { RungOrder } from '../workers/media/video/rung-order.ts';
import { type MediaStudio, WorkerLine } from './worker-line.ts';

/** Takes the pictures of a rung. Calls are synchronous, on the media path. */
export interface RungListener {
  /** Before the first unit, and when it changes. */
  onTrack(track: VideoTrack): void;
  /** In the time of the stream, live only. */
  onUnit(unit: AccessUnit): void;
}

export interface VideoTranscodingOptions {
  readonly studio: MediaStudio;
  readonly logger: Logger;
  /** FFmpeg's name of the H.264 encoder to use. */
  readonly encoder: () => Promise<string>;
  /** Nobody takes a rung any more: it is of no further use. */
  readonly onIdle: () => void;
}

interface Rung {
  readonly order: Omit<RungOrder, 'encoder'>;
  readonly listeners: Set<RungListener>;
  channel: Channel | undefined;
  track: VideoTrack | undefined;
}

/** A rung that the worker gave up on is tried again after this. */
const RETRY_MS = 5000;
/**
 * Where pictures go in and none comes out for so long, the decoder has lost its way (it could not keep up, or was sent
 * what is damaged) and cannot go on before a random access point: one is asked for, again and again at this interval.
 */
const LOST_MS = 1000;

/**
 * A stream's pictures as H.264: decoded once, and encoded for each rung that somebody wants, while he does.
 * Rungs come and go without disturbing each other.
 */
export class VideoTranscoding implements Reader {
  readonly name = 'video-transcoding';
  readonly #stream: Stream;
  readonly #options: VideoTranscodingOptions;
  readonly #line: WorkerLine;
  readonly #rungs = new Map<string, Rung>();
  #link: MediaLink | undefined;
  #source: VideoTrack | undefined;
  #encoder = '';
  /** What to add to stream time, in ms, to have the wall clock. */
  #wallOffsetMs = Number.NaN;
  /** When the first picture went in since one came out, or since a random access point was asked for. */
  #unansweredMs: number | undefined;

  constructor(stream: Stream, options: VideoTranscodingOptions) {
    this.#stream = stream;
    this.#options = options;
    const { studio, logger } = options;
    this.#line = new WorkerLine({
      camera: stream.id,
      // The encoder is found out before the first job, and known at once afterwards.
      studio: {
        link: async (camera) => {
          this.#encoder = await options.encoder();
          return studio.link(camera);
        },
      },
      logger,
      purpose: 'pictures as H.264',
      begin: async (link, channel) => this.#begin(link, channel),
    });
  }

  /**
   * Gives the listener the pictures as `order` wants them until the function it returns is called (twice
   * is fine).
   */
  listen(order: Omit<RungOrder, 'encoder'>, listener: RungListener): () => void {
    const { width = 0, quality = 0 } = order.jpeg ?? {};
    const key = [order.height, order.bitRate, order.frameRate ?? 'all', width, quality].join(' ');
    let rung = this.#rungs.get(key);
    if (rung === undefined) {
      rung = { order, listeners: new Set(), channel: undefined, track: undefined };
      this.#rungs.set(key, rung);
    }
    const { listeners } = rung;
    listeners.add(listener);
    if (rung.track !== undefined) {
      listener.onTrack(rung.track);
      // A newcomer has nothing of this rung yet, and need not wait for its next IDR.
      this.forceKey();
    }
    if (this.#rungs.size === 1 && listeners.size === 1) this.#stream.addReader(this);
    else if (rung.channel === undefined) this.#addRung(rung);
    return () => {
      if (!listeners.delete(listener) || listeners.size > 0) return;
      this.#remove(key);
    };
  }

  onTracks(tracks: readonly Track[]): void {
    const source = tracks.find((track) => track.kind === 'video');
    this.#source = source;
    if (source === undefined) {
      this.#closeLine();
    } else if (this.#line.channel === undefined) {
      this.#line.open();
    } else {
      this.#line.channel.setTracks([source]);
    }
  }

  onUnit(unit: AccessUnit, isReplay: boolean): void {
    // What was before is given to a job when it begins.
    if (unit.track !== this.#source || isReplay) return;
    this.#wallOffsetMs = unit.wallClockMs - (unit.pts * 1000) / unit.track.clockRate;
    if (this.#line.channel === undefined) return;
    this.#line.channel.write(unit);
    const nowMs = performance.now();
    this.#unansweredMs ??= nowMs;
    if (nowMs - this.#unansweredMs < LOST_MS) return;
    this.#unansweredMs = nowMs;
    this.#stream.requestKeyFrame();
  }

  onEnd(): void {
    this.#closeLine();
  }

  async #begin(link: MediaLink, channel: Channel): Promise<void> {
    const source = this.#source;
    if (source === undefined) return;
    this.#link = link;
    this.#unansweredMs = undefined;
    const pictures = this.#stream.cachedUnits.filter(({ track }) => track === source);
    const last = pictures.at(-1);
    if (last !== undefined) this.#wallOffsetMs = last.wallClockMs - (last.pts * 1000) / source.clockRate;
    // The newest of what was is the first picture to be seen.
    const liveFromPts = pictures.reduce((latest, { pts }) => Math.max(latest, pts), Number.MIN_SAFE_INTEGER);
    const asked = link.request('video', { channel: channel.number, camera: this.#stream.id, liveFromPts });
    channel.setTracks([source]);
    for (const rung of this.#rungs.values()) this.#addRung(rung);
    for (const unit of pictures) channel.write(unit);
    await asked;
  }

  /** Asks the worker that has the job for one rung; where there is none yet, it is asked for when there is. */
  #addRung(rung: Rung): void {
    const link = this.#link;
    const video = this.#line.channel;
    if (link === undefined || link.isClosed || video === undefined) return;
    rung.channel?.close();
    const channel = link.openChannel({
      onTracks: ([track]) => {
        if (track?.kind !== 'video') return;
        rung.track = track;
        for (const listener of rung.listeners) listener.onTrack(track);
      },
      onUnit: (unit) => {
        this.#unansweredMs = undefined;
        unit.wallClockMs = this.#wallOffsetMs + (unit.pts * 1000) / unit.track.clockRate;
        for (const listener of rung.listeners) listener.onUnit(unit);
      },
      onEnd: (reason) => {
        if (rung.channel !== channel) return;
        rung.channel = undefined;
        // The job itself is over: whoever begins it again asks for its rungs.
        if (link.isClosed || this.#line.channel !== video) return;
        this.#options.logger.warn(
          { camera: this.#stream.id, height: rung.order.height, reason },
          'a rendition failed',
        );
        setTimeout(() => {
          if (rung.listeners.size > 0 && rung.channel === undefined) this.#addRung(rung);
        }, RETRY_MS).unref();
      },
    });
    rung.channel = channel;
    const order = { ...rung.order, encoder: this.#encoder };
    link
      .request('rung', { video: video.number, channel: channel.number, order })
      .catch(() => channel.close());
  }

  /** The next picture becomes an IDR in all rungs. */
  forceKey(): void {
    const video = this.#line.channel;
    if (video !== undefined) this.#link?.notify('forceKey', video.number);
  }

  #remove(key: string): void {
    this.#rungs.get(key)?.channel?.close();
    this.#rungs.delete(key);
    if (this.#rungs.size > 0) return;
    this.#stream.removeReader(this);
    this.#closeLine();
    this.#options.onIdle();
  }

  #closeLine(): void {
    this.#line.close();
    this.#link = undefined;
    for (const rung of this.#rungs.values()) {
      rung.channel?.close();
      rung.channel = undefined;
    }
  }
}
