import type { SrtWire } from '../wire.ts';

/** How a network treats datagrams; the same seed treats them the same way. */
export interface NetworkOptions {
  readonly seed: number;
  /** Share that is lost, 0 to 1. */
  readonly loss?: number;
  /** Share that comes twice. */
  readonly duplication?: number;
  /** Least delay, and how much more it may be at random: more than the gap of two packets reorders them. */
  readonly delayUs: number;
  readonly jitterUs?: number;
}

interface Flight {
  readonly atUs: number;
  readonly datagram: Uint8Array;
}

/** One direction of a network under a fake clock: loses, doubles, delays and reorders. */
export class FakeNetwork {
  readonly #options: NetworkOptions;
  readonly #random: () => number;
  #flights: Flight[] = [];
  sent = 0;
  sentBytes = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.#random = mulberry(options.seed);
  }

  send(datagram: Uint8Array, nowUs: number): void {
    const { loss = 0, duplication = 0, delayUs, jitterUs = 0 } = this.#options;
    this.sent += 1;
    this.sentBytes += datagram.length;
    const copies = this.#random() < loss ? 0 : this.#random() < duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      this.#flights.push({
        atUs: nowUs + delayUs + this.#random() * jitterUs,
        datagram: Uint8Array.from(datagram),
      });
    }
  }

  /** What has arrived by `nowUs`, in the order of arrival. */
  arrivals(nowUs: number): Uint8Array[] {
    const arrived = this.#flights.filter(({ atUs }) => atUs <= nowUs);
    if (arrived.length > 0) this.#flights = this.#flights.filter(({ atUs }) => atUs > nowUs);
    return arrived.sort((one, other) => one.atUs - other.atUs).map(({ datagram }) => datagram);
  }
}

/** A wire into a network. */
export function networkWire(network: FakeNetwork, now: () => number): SrtWire {
  const buffer = new Uint8Array(1500);
  return { buffer, send: (length) => network.send(buffer.subarray(0, length), now()) };
}

/** A small random generator with a seed (mulberry32). */
export function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
