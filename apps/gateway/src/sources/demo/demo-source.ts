import { type AccessUnit, type ErrorCode, sameTrack, type Track } from '@vedette/media';
import { type Source, type SourceContext, SourceError } from '../../cameras/source.ts';
import { steadyClock } from '../../stream/stream.ts';
import type { Feed } from '../../stream/stream.ts';
import type { MediaLink } from '../../workers/media/media-workers.ts';

/** Where the demo's pictures are made. */
export interface DemoStudio {
  /** A worker that is ready, for the camera of this id. */
  link(camera: string): Promise<MediaLink>;
}

/**
 * The demo camera: a street with people and cars, a clock and a beep, made by the media worker while
 * the source runs. When the worker dies, the next one goes on where it was: viewers see a pause.
 */
export class DemoSource implements Source {
  readonly #studio: DemoStudio;
  readonly #cameraId: string;

  constructor(studio: DemoStudio, cameraId: string) {
    this.#studio = studio;
    this.#cameraId = cameraId;
  }

  async run(context: SourceContext): Promise<void> {
    const run = new DemoRun(context);
    while (!context.signal.aborted) {
      try {
        await run.film(await this.#studio.link(this.#cameraId));
      } catch (error) {
        throw asSourceError(error);
      }
    }
  }
}

class DemoRun {
  readonly #context: SourceContext;
  /** Where PTS zero is; kept from one worker to the next. */
  readonly #epochMs = steadyClock();
  #feed: Feed | undefined;
  #tracks: readonly Track[] = [];

  constructor(context: SourceContext) {
    this.#context = context;
  }

  /** Feeds the stream until the signal aborts or the worker is gone. */
  async film(link: MediaLink): Promise<void> {
    const { signal } = this.#context;
    const ended = Promise.withResolvers<string>();
    const channel = link.openChannel({
      onTracks: (tracks) => {
        this.#feed ??= this.#context.open(tracks);
        // The next worker's tracks are the same again; readers need not hear of them.
        const isSame = (track: Track, index: number): boolean => sameTrack(track, tracks[index] ?? track);
        if (!this.#tracks.every(isSame) || this.#tracks.length === 0) this.#tracks = tracks;
      },
      onUnit: (unit) => this.#write({ ...unit, track: this.#tracks[unit.track.id] ?? unit.track }),
      onEnd: ended.resolve,
    });
    const leave = (): void => {
      channel.close();
      ended.resolve('no longer wanted');
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      if (signal.aborted) leave();
      else await link.request('demo', { channel: channel.number, epochMs: this.#epochMs });
      const reason = await ended.promise;
      if (!signal.aborted && !link.isClosed) throw new SourceError('ERR_DEMO', reason);
      if (link.isClosed) this.#context.log('the media worker is gone; the scene goes on with the next one');
    } catch (error) {
      if (!signal.aborted && !link.isClosed) throw error;
    } finally {
      signal.removeEventListener('abort', leave);
      channel.close();
    }
  }

  #write(unit: AccessUnit): void {
    // Every picture knows when it was made; once a GOP is enough for a clock to follow.
    if (unit.track.kind === 'video' && unit.isRandomAccess) {
      this.#feed?.report(unit.track, unit.pts, unit.wallClockMs);
    }
    this.#feed?.write(unit);
  }
}

function asSourceError(error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const hasCode = error instanceof Error && 'code' in error && typeof error.code === 'string';
  const code = hasCode ? (error.code as ErrorCode) : 'ERR_DEMO';
  return new SourceError(code, `the demo scene cannot be made: ${message}`, { cause: error });
}
