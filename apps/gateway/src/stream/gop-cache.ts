import type { AccessUnit } from '@vedette/media';

/**
 * Every unit since the last video random access point, so that the first picture is immediate.
 *
 * Bounded in bytes and units: a GOP that outgrows the bound is forgotten, and the cache stays empty
 * until the next random access point (a new reader then waits for that, as it would without a cache).
 * Audio that precedes the first random access point is not kept; a stream without video keeps nothing.
 */
export class GopCache {
  readonly #maxBytes: number;
  readonly #maxUnits: number;
  #units: AccessUnit[] = [];
  #byteLength = 0;

  constructor({ maxBytes = 32 * 1024 * 1024, maxUnits = 4096 } = {}) {
    this.#maxBytes = maxBytes;
    this.#maxUnits = maxUnits;
  }

  /** Units from the random access point on, in the order they were written. Do not modify. */
  get units(): readonly AccessUnit[] {
    return this.#units;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  push(unit: AccessUnit): void {
    const startsGop = unit.track.kind === 'video' && unit.isRandomAccess;
    if (startsGop) this.clear();
    else if (this.#units.length === 0) return;
    if (this.#byteLength + unit.byteLength > this.#maxBytes || this.#units.length >= this.#maxUnits) {
      this.clear();
      return;
    }
    this.#units.push(unit);
    this.#byteLength += unit.byteLength;
  }

  clear(): void {
    // A new array, not length = 0: a reader may be walking the old one.
    this.#units = [];
    this.#byteLength = 0;
  }
}
