import type { AccessUnit, MediaSample, Track } from '@vedette/media';
import { silentFrame, type SilentFrame } from './silence.ts';

/** fMP4 has no negative times, but pictures reordered at the start of a stream do, and so has what precedes it. */
const TIME_BASE_SECONDS = 1000;
/** Samples kept while the leading track is silent: more are forgotten. */
const MAX_SAMPLES = 2048;
/** Sound that is this late is taken for missing. */
const PATIENCE_SECONDS = 0.5;
/** After this long without sound nobody is waiting for it any more. */
const SILENT_SECONDS = 3;

/**
 * The samples of one track on their way into a part. A unit is held until the next one tells its duration.
 */
export class TrackRun {
  readonly track: Track;
  /** The newest unit. */
  held: AccessUnit | undefined;
  samples: MediaSample[] = [];
  /** Decoding time of the first sample, as written. */
  baseDts = 0;
  /** Duration of the samples. */
  ticks = 0;
  readonly #silence: SilentFrame | undefined;
  /** Decoding time behind the last sample, as written; `undefined` before the first. */
  #endDts: number | undefined;
  /** The same, as it was behind the last sample that was not made up. */
  #heardDts: number | undefined;
  #lastDuration = 0;

  constructor(track: Track) {
    this.track = track;
    this.#silence = silentFrame(track);
  }

  /** Up to where there are samples, in seconds of the stream. */
  get endSeconds(): number | undefined {
    return this.#endDts === undefined ? undefined : this.#endDts / this.track.clockRate - TIME_BASE_SECONDS;
  }

  /** `dts` of this track as it is written. */
  written(dts: number): number {
    return Math.max(0, dts + TIME_BASE_SECONDS * this.track.clockRate);
  }

  append(unit: AccessUnit, duration: number): void {
    this.#push(this.written(unit.dts), {
      duration,
      ptsOffset: unit.pts - unit.dts,
      isSync: unit.isRandomAccess,
      data: unit.data,
    });
    this.#heardDts = this.#endDts;
    if (duration > 0) this.#lastDuration = duration;
  }

  /** Takes a unit whose duration the next one will tell. @returns bytes that went from being held into the part. */
  push(unit: AccessUnit): number {
    const { held } = this;
    // It comes after its time was filled with silence.
    if (held === undefined && this.#endDts !== undefined && this.written(unit.dts) < this.#endDts) return 0;
    if (this.samples.length > MAX_SAMPLES) this.clear();
    if (held !== undefined) this.append(held, Math.max(0, unit.dts - held.dts));
    else this.#stretchTo(this.written(unit.dts));
    this.held = unit;
    return held?.byteLength ?? 0;
  }

  /** What is held goes out; it lasts as long as the one before it. */
  flush(): void {
    if (this.held !== undefined) this.append(this.held, this.#lastDuration);
    this.held = undefined;
  }

  /**
   * Fills what is missing up to `endSeconds` with silence, for a player waits for every track that its
   * init segment names: cameras announce a microphone that is switched off, and transcoders fail.
   *
   * @param startSeconds where the track begins if it has no samples yet.
   */
  fillSilence(startSeconds: number, endSeconds: number): void {
    const { clockRate } = this.track;
    const silence = this.#silence;
    if (silence === undefined) return;
    const heardSeconds = (this.#heardDts ?? -Infinity) / clockRate;
    const isHeard = this.held !== undefined || endSeconds - heardSeconds < SILENT_SECONDS;
    const until = Math.round((endSeconds - (isHeard ? PATIENCE_SECONDS : 0)) * clockRate);
    const heldDts = this.held === undefined ? undefined : this.written(this.held.dts) + silence.ticks;
    if ((heldDts ?? this.#endDts ?? -Infinity) >= until) return;
    this.flush();
    let dts = this.#endDts ?? Math.round(startSeconds * clockRate);
    for (; dts < until && this.samples.length < MAX_SAMPLES; dts += silence.ticks) {
      this.#push(dts, { duration: silence.ticks, ptsOffset: 0, isSync: true, data: [silence.data] });
    }
  }

  clear(): void {
    this.samples = [];
    this.ticks = 0;
  }

  #push(dts: number, sample: MediaSample): void {
    if (this.samples.length === 0) this.baseDts = dts;
    this.samples.push(sample);
    this.ticks += sample.duration;
    this.#endDts = dts + sample.duration;
  }

  /** The last sample lasts until the next one begins: within a part, times follow from durations alone. */
  #stretchTo(dts: number): void {
    const last = this.samples.at(-1);
    if (last === undefined || this.#endDts === undefined) return;
    const missing = dts - this.#endDts;
    this.samples[this.samples.length - 1] = { ...last, duration: last.duration + missing };
    this.ticks += missing;
    this.#endDts = dts;
  }
}
