import { ProtocolError } from '@vedette/media';
import {
  decideQuality,
  startQuality,
  type LineReport,
  type QualityOption,
  type QualityState,
} from './quality-decision.ts';

/** What the camera itself sends. */
export const SOURCE_QUALITY = 'source';
/** The choice is ours. */
export const AUTO_QUALITY = 'auto';

/** A rendition of a camera. */
export interface Rung extends QualityOption {
  /** Lines of its pictures. */
  readonly height: number;
}

/** Names that mean something of every camera, beside those of its renditions; whether it is there, the fitter says. */
const COMMON: ReadonlySet<string> = new Set([
  AUTO_QUALITY,
  SOURCE_QUALITY,
  'sub',
  'low',
  'medium',
  'high',
  'ultra',
]);

/** First pictures come from what is there already; what fits a small window is made after this long. */
const CAP_AFTER_MS = 3000;
/** A window that shows less than one line in so many of the source is given less. */
const WORTH_IT = 2;

export interface ViewerQualityOptions {
  /** All renditions of the camera, from the best to the least; read again each time. */
  readonly rungs: () => readonly Rung[];
  /** A name, or `auto`. */
  readonly choice: string;
  /** Lines that the viewer has room for; `undefined`: any number. */
  readonly maxHeight?: number | undefined;
  readonly nowMs: number;
}

/** Which rendition one viewer is given: the one that was chosen, or the one that fits its line and its window. */
export class ViewerQuality {
  readonly #rungs: () => readonly Rung[];
  readonly #startedMs: number;
  #choice: string;
  #maxHeight: number | undefined;
  #state: QualityState;

  /** @throws {ProtocolError} `ERR_QUALITY_UNKNOWN`. */
  constructor({ rungs, choice, maxHeight, nowMs }: ViewerQualityOptions) {
    this.#rungs = rungs;
    this.#startedMs = nowMs;
    this.#choice = this.#checked(choice);
    this.#maxHeight = maxHeight;
    this.#state = startQuality(choice === AUTO_QUALITY ? SOURCE_QUALITY : choice, nowMs);
  }

  /** What was asked for: a name, or `auto`. */
  get choice(): string {
    return this.#choice;
  }

  /** The rendition that the viewer is to be given. */
  get current(): string {
    return this.#state.current;
  }

  /**
   * The viewer chooses, or has another window.
   *
   * @throws {ProtocolError} `ERR_QUALITY_UNKNOWN`.
   */
  choose(choice: string, maxHeight: number | undefined, nowMs: number): void {
    this.#choice = this.#checked(choice);
    const hasMore = (maxHeight ?? Number.POSITIVE_INFINITY) > (this.#maxHeight ?? Number.POSITIVE_INFINITY);
    this.#maxHeight = maxHeight;
    if (choice !== AUTO_QUALITY) {
      this.#state = { ...this.#state, current: choice, sinceMs: nowMs, isProbe: false };
    } else if (hasMore && this.#state.congestedMs === undefined) {
      // Nothing ever waited: there is no reason to go up by steps.
      this.#state = startQuality(this.#options(nowMs)[0]?.name ?? SOURCE_QUALITY, nowMs);
    }
  }

  /** How the line fares now; changes `current` where that calls for it. */
  report(line: LineReport, nowMs: number): void {
    if (this.#choice !== AUTO_QUALITY) return;
    this.#state = decideQuality(this.#state, line, this.#options(nowMs), nowMs);
  }

  /** The viewer could not be given `current` and is still given `name`; more is tried later. */
  revert(name: string, nowMs: number): void {
    this.#state = { ...startQuality(name, nowMs), congestedMs: nowMs, holdOffMs: 2 * this.#state.holdOffMs };
    if (this.#choice !== AUTO_QUALITY) this.#choice = AUTO_QUALITY;
  }

  #checked(choice: string): string {
    if (COMMON.has(choice) || this.#rungs().some(({ name }) => name === choice)) return choice;
    throw new ProtocolError(
      'ERR_QUALITY_UNKNOWN',
      `There is no quality "${choice.slice(0, 32)}" of this camera.`,
    );
  }

  /** What fits the window: from the smallest that fills it down. */
  #options(nowMs: number): readonly Rung[] {
    const rungs = this.#rungs();
    const all = rungs.length === 0 ? [{ name: SOURCE_QUALITY, height: 0, bitrate: 0 }] : rungs;
    const maxHeight = this.#maxHeight;
    if (maxHeight === undefined || nowMs - this.#startedMs < CAP_AFTER_MS) return all;
    // Making smaller pictures costs the gateway more than it saves, unless there is much to be saved.
    if ((all[0]?.height ?? 0) < WORTH_IT * maxHeight) return all;
    const first = all.findLastIndex(({ height }) => height >= maxHeight);
    return all.slice(Math.max(0, first));
  }
}
