import type { PlainEntry } from './chain.ts';

/** A place in the line: entries that came later have greater ones. */
export interface Waiting {
  readonly place: number;
  readonly entry: PlainEntry;
}

/** Entries that found no room, counted. */
export interface Overflow {
  /** Moments of the first and the last, ms since the Unix epoch. */
  readonly fromMs: number;
  toMs: number;
  entries: number;
  readonly actions: Map<string, number>;
}

/** So many different actions are counted apart. */
const MAX_COUNTED_ACTIONS = 100;

/**
 * Entries that wait for the store, at most `limit`. Where there is no more room, the oldest refusals go first (an
 * attacker makes them, as many as he likes), and are counted; then whatever is oldest. Those that are being written
 * stay.
 */
export class WaitingEntries {
  readonly #limit: number;
  readonly #entries = new Map<number, PlainEntry>();
  /** Places of refusals, oldest first; some are gone already. */
  #refusals: number[] = [];
  #nextPlace = 1;
  /** Up to this place they are being written. */
  #reservedPlace = 0;
  #overflow: Overflow | undefined;

  /** @param limit above what is written at once. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Whether nothing waits, also no count. */
  get isEmpty(): boolean {
    return this.#entries.size === 0 && this.#overflow === undefined;
  }

  /** Place of the newest entry that was ever put in. */
  get lastPlace(): number {
    return this.#nextPlace - 1;
  }

  /** Place of the oldest that waits; `undefined` where none does. */
  get firstPlace(): number | undefined {
    return this.#entries.keys().next().value;
  }

  put(entry: PlainEntry): void {
    if (this.#entries.size >= this.#limit) this.#makeRoom();
    const place = this.#nextPlace;
    this.#nextPlace += 1;
    this.#entries.set(place, entry);
    if (entry.result === 'refused') this.#refusals.push(place);
  }

  /** Reserves the oldest ones, to be written; they stay until they are `remove`d. */
  reserve(count: number): Waiting[] {
    const found: Waiting[] = [];
    for (const [place, entry] of this.#entries) {
      if (found.length === count) break;
      found.push({ place, entry });
    }
    this.#reservedPlace = found.at(-1)?.place ?? 0;
    return found;
  }

  /** They are written. */
  remove(written: readonly Waiting[]): void {
    for (const { place } of written) this.#entries.delete(place);
    if (this.#refusals.length > 2 * this.#limit || this.#entries.size === 0)
      this.#refusals = this.#refusals.filter((place) => this.#entries.has(place));
  }

  /** Takes the count of those that found no room. */
  takeOverflow(): Overflow | undefined {
    const overflow = this.#overflow;
    this.#overflow = undefined;
    return overflow;
  }

  #makeRoom(): void {
    const place = this.#oldestRefusal() ?? this.#oldestFree();
    const entry = place === undefined ? undefined : this.#entries.get(place);
    if (place === undefined || entry === undefined) return;
    this.#entries.delete(place);
    this.#overflow ??= { fromMs: entry.at, toMs: entry.at, entries: 0, actions: new Map() };
    this.#overflow.toMs = Math.max(this.#overflow.toMs, entry.at);
    this.#overflow.entries += 1;
    const { actions } = this.#overflow;
    const action = actions.has(entry.action) || actions.size < MAX_COUNTED_ACTIONS ? entry.action : 'other';
    actions.set(action, (actions.get(action) ?? 0) + 1);
  }

  #oldestRefusal(): number | undefined {
    const index = this.#refusals.findIndex(
      (place) => place > this.#reservedPlace && this.#entries.has(place),
    );
    return index < 0 ? undefined : this.#refusals.splice(index, 1)[0];
  }

  #oldestFree(): number | undefined {
    for (const place of this.#entries.keys()) if (place > this.#reservedPlace) return place;
    return undefined;
  }
}
