import type { HlsConfig, LoaderCallbacks, LoaderConfiguration, LoaderContext } from 'hls.js';

type FragmentLoader = NonNullable<HlsConfig['fLoader']>;

/** Loads that have to agree: one that is slow may be a hiccup of a busy machine, and one that is fast luck. */
const AGREEING_DOWN = 2;
const AGREEING_UP = 5;
/** Of what a level takes on average: what its line has to carry to keep it, and to begin it. */
const ROOM_TO_STAY = 1.05;
const ROOM_TO_RISE = 1.5;
/** Loads below this say nothing: they come in one piece, whatever the line. */
const LEAST_BYTES = 4 * 1024;
const NO_CAP = -1;

/** What is needed of a level of hls.js; `bitrate` in bits a second. */
interface Level {
  readonly bitrate: number;
}

/**
 * How good a rendition a line can carry, by what each of the last parts took.
 *
 * hls.js reckons a mean over seconds of loading, begins with what the line carried when it was wide, and takes a
 * segment whose parts came one after another for one load: on a line that has become narrow it takes half a minute to
 * choose less, and a low-latency player has half a second in its buffer. So its choice is capped.
 */
export class LineMeter {
  #rates: number[] = [];
  #cap = NO_CAP;

  /**
   * A part has been loaded.
   *
   * @param seconds from its first byte to its last.
   */
  add(bytes: number, seconds: number): void {
    if (bytes < LEAST_BYTES) return;
    this.#rates = [...this.#rates.slice(1 - AGREEING_UP), (bytes * 8) / Math.max(seconds, 0.001)];
  }

  /** The best level to choose now, an index into `levels`, worst first as hls.js has them; -1: any. */
  cap(levels: readonly Level[]): number {
    const best = levels.length - 1;
    const present = this.#cap === NO_CAP ? best : Math.min(this.#cap, best);
    const recent = this.#rates.slice(-AGREEING_DOWN);
    const bound =
      recent.length < AGREEING_DOWN ? best : this.#carried(levels, Math.max(...recent), ROOM_TO_STAY);
    const isLong = this.#rates.length === AGREEING_UP;
    const reach = isLong ? this.#carried(levels, Math.min(...this.#rates), ROOM_TO_RISE) : present;
    const next = Math.min(bound, Math.max(present, reach));
    this.#cap = next === best ? NO_CAP : next;
    return this.#cap;
  }

  #carried(levels: readonly Level[], rate: number, room: number): number {
    return Math.max(
      0,
      levels.findLastIndex(({ bitrate }) => bitrate * room <= rate),
    );
  }
}

/** hls.js's loader of fragments and parts, telling what each load took. */
export function measuringLoader(
  Base: HlsConfig['loader'],
  onLoaded: (bytes: number, seconds: number) => void,
): FragmentLoader {
  const Measuring: HlsConfig['loader'] = class extends Base {
    override load(
      context: LoaderContext,
      config: LoaderConfiguration,
      callbacks: LoaderCallbacks<LoaderContext>,
    ): void {
      super.load(context, config, {
        ...callbacks,
        onSuccess: (response, stats, ...rest) => {
          onLoaded(stats.loaded, (stats.loading.end - stats.loading.first) / 1000);
          callbacks.onSuccess(response, stats, ...rest);
        },
      } satisfies LoaderCallbacks<LoaderContext>);
    }
  };
  // Loads anything, so fragments too.
  return Measuring as FragmentLoader;
}
