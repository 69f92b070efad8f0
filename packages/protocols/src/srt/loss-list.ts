/** A run of packets that have not come, both ends included, by unwrapped sequence number. */
export interface LostRun {
  first: number;
  last: number;
  /** The sender will not send them again: not to be asked for. */
  isGivenUp: boolean;
}

/** The packets that a receiver misses: runs in order, which never overlap. */
export class LossList {
  readonly #runs: LostRun[] = [];
  #packets = 0;

  get runs(): readonly LostRun[] {
    return this.#runs;
  }

  /** Packets that are missing. */
  get packets(): number {
    return this.#packets;
  }

  /** The first packet that is still waited for. */
  get firstWanted(): number | undefined {
    return this.#runs.find(({ isGivenUp }) => !isGivenUp)?.first;
  }

  /** The first packet at or behind `sequence`, where the first gap begins, that is not missing. */
  endOfGap(sequence: number): number {
    let end = sequence;
    for (const run of this.#runs) {
      if (run.first !== end) break;
      end = run.last + 1;
    }
    return end;
  }

  /** Adds a run behind all others. */
  append(first: number, last: number): void {
    this.#runs.push({ first, last, isGivenUp: false });
    this.#packets += last - first + 1;
  }

  /** A missing packet has come. @returns whether it was missing. */
  remove(sequence: number): boolean {
    const index = this.#find(sequence);
    const run = this.#runs[index];
    if (run === undefined || sequence < run.first) return false;
    this.#packets -= 1;
    if (run.first === run.last) this.#runs.splice(index, 1);
    else if (sequence === run.first) run.first += 1;
    else if (sequence === run.last) run.last -= 1;
    else {
      this.#runs.splice(index + 1, 0, { ...run, first: sequence + 1 });
      run.last = sequence - 1;
    }
    return true;
  }

  /** Takes out everything before `sequence`. @returns how many packets that were. */
  removeBefore(sequence: number): number {
    const before = this.#packets;
    let whole = 0;
    for (const run of this.#runs) {
      if (run.last >= sequence) break;
      this.#packets -= run.last - run.first + 1;
      whole += 1;
    }
    this.#runs.splice(0, whole);
    const [first] = this.#runs;
    if (first !== undefined && first.first < sequence) {
      this.#packets -= sequence - first.first;
      first.first = sequence;
    }
    return before - this.#packets;
  }

  /** The sender has dropped `first` to `last`: they are missing for good. */
  giveUp(first: number, last: number): void {
    this.#splitAt(first);
    this.#splitAt(last + 1);
    for (let index = this.#find(first); index < this.#runs.length; index += 1) {
      const run = this.#runs[index];
      if (run === undefined || run.first > last) return;
      run.isGivenUp = true;
    }
  }

  /** Makes `sequence` the beginning of a run, where it lies within one. */
  #splitAt(sequence: number): void {
    const index = this.#find(sequence);
    const run = this.#runs[index];
    if (run === undefined || sequence <= run.first) return;
    this.#runs.splice(index + 1, 0, { ...run, first: sequence });
    run.last = sequence - 1;
  }

  /** Index of the first run that ends at `sequence` or later. */
  #find(sequence: number): number {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#runs[middle]?.last ?? 0) < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
