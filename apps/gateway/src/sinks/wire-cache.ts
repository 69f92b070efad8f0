const MAX_BYTES = 32 * 1024 * 1024;
const MAX_UNITS = 4096;

/** A unit as it goes over the wire. */
export interface WireItem {
  readonly byteLength: number;
  readonly isVideo: boolean;
  readonly isRandomAccess: boolean;
}

/**
 * The wire form of the current group of pictures, from its random access point on, for a viewer that
 * appears. Empty for a stream without video, and until the next random access point once a
 * group has outgrown the bounds (as the stream's own cache does).
 */
export class WireCache<Unit extends WireItem> {
  #units: Unit[] = [];
  #byteLength = 0;

  get units(): readonly Unit[] {
    return this.#units;
  }

  push(unit: Unit): void {
    if (unit.isVideo && unit.isRandomAccess) this.clear();
    else if (this.#units.length === 0) return;
    if (this.#byteLength + unit.byteLength > MAX_BYTES || this.#units.length >= MAX_UNITS) {
      this.clear();
      return;
    }
    this.#units.push(unit);
    this.#byteLength += unit.byteLength;
  }

  clear(): void {
    // A new array, not length = 0: a viewer may be walking the old one.
    this.#units = [];
    this.#byteLength = 0;
  }
}
