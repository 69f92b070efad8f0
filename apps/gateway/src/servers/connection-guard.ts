/** What strangers may open. */
export interface ConnectionLimits {
  /** Connections at a time, over all listeners. */
  readonly connections: number;
  /** Connections at a time from one address. */
  readonly connectionsPerAddress: number;
}

/** Counts connections, in total and by address. */
export class ConnectionGuard {
  readonly #limits: ConnectionLimits;
  readonly #byAddress = new Map<string, number>();
  #total = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  get total(): number {
    return this.#total;
  }

  /** Enters a connection. Returns why it may not be, in words, or `undefined`: then `leave` must follow. */
  enter(address: string): string | undefined {
    const count = this.#byAddress.get(address) ?? 0;
    if (this.#total >= this.#limits.connections) return `there are ${this.#total} connections already`;
    if (count >= this.#limits.connectionsPerAddress) {
      return `there are ${count} connections from ${address} already`;
    }
    this.#byAddress.set(address, count + 1);
    this.#total += 1;
    return undefined;
  }

  leave(address: string): void {
    const count = this.#byAddress.get(address) ?? 0;
    if (count <= 1) this.#byAddress.delete(address);
    else this.#byAddress.set(address, count - 1);
    this.#total -= 1;
  }
}
