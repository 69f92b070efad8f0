import type { AccessUnit, AudioTrack, OpusTrack, Track } from '@vedette/media';
import type { Logger } from '../observability/logger.ts';
import type { Reader } from '../stream/reader.ts';
import type { Stream } from '../stream/stream.ts';
import type { Channel } from '../workers/channel.ts';
import type { MediaLink } from '../workers/media/media-workers.ts';
import { soundTarget } from '../workers/media/sound-target.ts';

/** Where sound is transcoded. */
export interface OpusStudio {
  /** A worker that is ready, for the camera of this id. */
  link(camera: string): Promise<MediaLink>;
}

/** Takes a stream's sound as Opus. Calls are synchronous, on the media path. */
export interface OpusListener {
  /** Before the first unit and whenever it changes; the id is that of the stream's own audio track. */
  onTrack(track: OpusTrack): void;
  /** One packet, in the time of the stream (48 kHz ticks of the same zero), live only. */
  onUnit(unit: AccessUnit): void;
}

/** Time between attempts when the worker cannot be had, or gave up on the sound. */
const RETRY_MS = 5000;

/**
 * The sound of any stream as Opus, which is what WebRTC takes: AAC and G.711 are transcoded by the media
 * worker, once for a stream however many listen and only while somebody does; Opus goes through as it is.
 * A stream without sound, or whose sound cannot be decoded, says nothing.
 */
export class OpusAudio {
  readonly #studio: OpusStudio;
  readonly #logger: Logger;
  readonly #jobs = new Map<Stream, OpusJob>();

  constructor({ studio, logger }: { studio: OpusStudio; logger: Logger }) {
    this.#studio = studio;
    this.#logger = logger;
  }

  /** Streams that are being listened to. */
  get size(): number {
    return this.#jobs.size;
  }

  /**
   * Listens to a stream until the function it returns is called (twice is fine), or the stream ends.
   * Listening makes a camera wanted, as every reader does.
   */
  listen(stream: Stream, listener: OpusListener): () => void {
    let job = this.#jobs.get(stream);
    if (job === undefined) {
      job = new OpusJob(stream, this.#studio, this.#logger, () => this.#jobs.delete(stream));
      this.#jobs.set(stream, job);
      job.start();
    }
    return job.add(listener);
  }

  /** Ends every job. Safe to call twice. */
  close(): void {
    for (const job of [...this.#jobs.values()]) job.close();
  }
}

/** One stream's sound, for all who listen. */
class OpusJob implements Reader {
  readonly name = 'opus';
  readonly #stream: Stream;
  readonly #studio: OpusStudio;
  readonly #logger: Logger;
  readonly #onClosed: () => void;
  readonly #listeners = new Set<OpusListener>();
  #source: AudioTrack | undefined;
  #opus: OpusTrack | undefined;
  #channel: Channel | undefined;
  #isOpening = false;
  #retryTimer: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** What to add to stream time, in ms, to have the wall clock. */
  #wallOffsetMs = Number.NaN;

  constructor(stream: Stream, studio: OpusStudio, logger: Logger, onClosed: () => void) {
    this.#stream = stream;
    this.#studio = studio;
    this.#logger = logger.child({ camera: stream.id });
    this.#onClosed = onClosed;
  }

  start(): void {
    this.#stream.addReader(this);
  }

  add(listener: OpusListener): () => void {
    this.#listeners.add(listener);
    if (this.#opus !== undefined) listener.onTrack(this.#opus);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.close();
    };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#retryTimer);
    this.#stream.removeReader(this);
    this.#channel?.close();
    this.#listeners.clear();
    this.#onClosed();
  }

  onTracks(tracks: readonly Track[]): void {
    const source = tracks.find((track) => track.kind === 'audio');
    if (source === this.#source) return;
    this.#source = source;
    if (source?.codec === 'opus') {
      this.#channel?.close();
      this.#channel = undefined;
      this.#declare(source);
    } else if (source === undefined) {
      this.#channel?.close();
      this.#channel = undefined;
    } else if (this.#channel === undefined) {
      void this.#open();
    } else {
      this.#channel.setTracks([source]);
    }
  }

  onUnit(unit: AccessUnit, isReplay: boolean): void {
    if (unit.track.id !== this.#source?.id || isReplay) return;
    if (unit.track.codec === 'opus') {
      this.#give(unit);
      return;
    }
    this.#wallOffsetMs = unit.wallClockMs - (unit.pts * 1000) / unit.track.clockRate;
    this.#channel?.write(unit);
  }

  onEnd(): void {
    this.close();
  }

  async #open(): Promise<void> {
    clearTimeout(this.#retryTimer);
    if (this.#isOpening) return;
    this.#isOpening = true;
    try {
      this.#begin(await this.#studio.link(this.#stream.id));
    } catch (error) {
      this.#retryLater(error instanceof Error ? error.message : String(error));
    } finally {
      this.#isOpening = false;
    }
  }

  #begin(link: MediaLink): void {
    const source = this.#source;
    if (this.#isClosed || source === undefined || source.codec === 'opus') return;
    const channel = link.openChannel({
      onTracks: ([track]) => {
        if (track?.codec === 'opus') this.#declare(track);
      },
      onUnit: (unit) => {
        unit.wallClockMs = this.#wallOffsetMs + (unit.pts * 1000) / unit.track.clockRate;
        this.#give(unit);
      },
      onEnd: (reason) => {
        if (this.#channel !== channel) return;
        this.#channel = undefined;
        // The next worker is there in a moment; a worker that gave up will not like it better soon.
        if (link.isClosed) void this.#open();
        else this.#retryLater(reason);
      },
    });
    this.#channel = channel;
    link
      .request('sound', {
        channel: channel.number,
        camera: this.#stream.id,
        target: soundTarget(source, 'opus'),
      })
      .catch((error: unknown) => {
        if (!link.isClosed) channel.close(String(error));
      });
    channel.setTracks([source]);
  }

  #retryLater(reason: string): void {
    if (this.#isClosed) return;
    this.#logger.warn({ reason }, 'no sound for WebRTC: it cannot be transcoded');
    this.#retryTimer = setTimeout(() => void this.#open(), RETRY_MS);
  }

  #declare(track: OpusTrack): void {
    this.#opus = track;
    for (const listener of this.#listeners) listener.onTrack(track);
  }

  #give(unit: AccessUnit): void {
    for (const listener of this.#listeners) listener.onUnit(unit);
  }
}
