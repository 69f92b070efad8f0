import type { AccessUnit, Track } from '@vedette/media';
import type { SourceTrack } from '@vedette/contract';
import { trackJson } from '../api/camera-json.ts';

/** Where a picture stands: how many came before it, and its PTS. */
interface Place {
  readonly index: number;
  readonly pts: number;
}

/** Measures one track by its units. Times are media times, so that a burst at the start does not count as speed. */
export class TrackMeter {
  #track: Track;
  #units = 0;
  #bytes = 0;
  #lastUnitBytes = 0;
  #firstPts = Infinity;
  #highestPts = -Infinity;
  #firstKey: Place | undefined;
  #lastKey: Place | undefined;
  #longestGop: { readonly pictures: number; readonly ticks: number } | undefined;

  constructor(track: Track) {
    this.#track = track;
  }

  add({ track, pts, isRandomAccess, byteLength }: AccessUnit): void {
    this.#track = track;
    if (isRandomAccess && track.kind === 'video') this.#onKey({ index: this.#units, pts });
    this.#units += 1;
    this.#bytes += byteLength;
    this.#lastUnitBytes = byteLength;
    this.#firstPts = Math.min(this.#firstPts, pts);
    this.#highestPts = Math.max(this.#highestPts, pts);
  }

  report(): SourceTrack {
    const seconds = this.#units < 2 ? 0 : (this.#highestPts - this.#firstPts) / this.#track.clockRate;
    // Between the first unit and the last lie all units but one.
    const bitrate = seconds > 0 ? ((this.#bytes - this.#lastUnitBytes) * 8) / seconds : 0;
    const common = { ...trackJson(this.#track), units: this.#units, bitrate: Math.round(bitrate) };
    if (this.#track.kind === 'audio') return common;
    const { level, reorderDepth } = this.#track.video;
    const gop = this.#gop();
    return {
      ...common,
      level,
      reorderDepth,
      ...(seconds > 0 ? { measuredFrameRate: round(this.#frameRate(seconds)) } : {}),
      ...(gop === undefined ? {} : { gop }),
    };
  }

  #onKey(key: Place): void {
    const before = this.#lastKey;
    this.#firstKey ??= key;
    this.#lastKey = key;
    if (before === undefined) return;
    const gop = { pictures: key.index - before.index, ticks: key.pts - before.pts };
    if (this.#longestGop === undefined || gop.ticks > this.#longestGop.ticks) this.#longestGop = gop;
  }

  /** From key picture to key picture, where no picture is still to come that is shown earlier. */
  #frameRate(seconds: number): number {
    const { clockRate } = this.#track;
    const [first, last] = [this.#firstKey, this.#lastKey];
    if (first === undefined || last === undefined || last.pts <= first.pts)
      return (this.#units - 1) / seconds;
    return ((last.index - first.index) * clockRate) / (last.pts - first.pts);
  }

  #gop(): SourceTrack['gop'] {
    const { clockRate } = this.#track;
    const longest = this.#longestGop;
    if (longest !== undefined) {
      return { pictures: longest.pictures, seconds: round(longest.ticks / clockRate), isComplete: true };
    }
    const key = this.#lastKey;
    if (key === undefined) return undefined;
    const pictures = this.#units - key.index;
    return { pictures, seconds: round((this.#highestPts - key.pts) / clockRate), isComplete: false };
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
