/** Taken entries are cut off once there are this many, so that a queue that never empties does not grow. */
const COMPACT_AT = 256;

/** Units that wait for one viewer, first in, first out: references, the bytes are shared. */
export class UnitQueue<Unit extends { readonly byteLength: number }> {
  #units: Unit[] = [];
  #head = 0;
  #byteLength = 0;

  get byteLength(): number {
    return this.#byteLength;
  }

  get first(): Unit | undefined {
    return this.#units[this.#head];
  }

  push(unit: Unit): void {
    this.#units.push(unit);
    this.#byteLength += unit.byteLength;
  }

  shift(): Unit | undefined {
    const unit = this.#units[this.#head];
    if (unit === undefined) return undefined;
    this.#head += 1;
    this.#byteLength -= unit.byteLength;
    if (this.#head === this.#units.length) this.clear();
    else if (this.#head >= COMPACT_AT) {
      this.#units = this.#units.slice(this.#head);
      this.#head = 0;
    }
    return unit;
  }

  clear(): void {
    this.#units = [];
    this.#head = 0;
    this.#byteLength = 0;
  }
}
