import { sameBytes } from '../same-track.ts';

/** One parameter set: the whole NAL unit and what was read from it. */
export interface ParameterSet<T> {
  readonly nal: Uint8Array;
  readonly parsed: T;
}

/** The live parameter sets of one kind, by id: a set replaces the one with its id (H.264 §7.4.1.2.1). */
export class ParameterSets<T extends { readonly id: number }> {
  readonly #parse: (nal: Uint8Array) => T;
  readonly #byId = new Map<number, ParameterSet<T>>();

  constructor(parse: (nal: Uint8Array) => T) {
    this.#parse = parse;
  }

  /**
   * Takes in a parameter set and answers whether it changed anything. Repeated sets, the rule, cost a
   * comparison. A new one is copied, so that it does not keep alive the chunk it came in.
   *
   * @throws {ProtocolError} the set is bad.
   */
  add(nal: Uint8Array): boolean {
    for (const known of this.#byId.values()) if (sameBytes(known.nal, nal)) return false;
    const parsed = this.#parse(nal);
    this.#byId.set(parsed.id, { nal: nal.slice(), parsed });
    return true;
  }

  get(id: number): ParameterSet<T> | undefined {
    return this.#byId.get(id);
  }

  /** Every set that `keep` accepts, in the order of their ids. */
  nals(keep: (parsed: T) => boolean = () => true): Uint8Array[] {
    return [...this.#byId.values()]
      .filter(({ parsed }) => keep(parsed))
      .sort((a, b) => a.parsed.id - b.parsed.id)
      .map(({ nal }) => nal);
  }

  values(): IterableIterator<ParameterSet<T>> {
    return this.#byId.values();
  }
}
