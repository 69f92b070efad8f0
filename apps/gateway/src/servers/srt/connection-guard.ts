import type { SrtServerLimits } from './limits.ts';

/** Counts connections, in total and by address. */
export class ConnectionGuard {
  readonly #limits: Pick<SrtServerLimits, 'connections' | 'connectionsPerAddress'>;
  readonly #byAddress = new Map<string, number>();
  #total = 0;

  constructor(limits: Pick<SrtServerLimits, 'connections' | 'connectionsPerAddress'>) {
    this.#limits = limits;
  }

  /** Enters a connection. @returns `false`: there are too many; else `leave` must follow. */
  enter(address: string): boolean {
    const count = this.#byAddress.get(address) ?? 0;
    if (this.#total >= this.#limits.connections || count >= this.#limits.connectionsPerAddress) return false;
    this.#byAddress.set(address, count + 1);
    this.#total += 1;
    return true;
  }

  leave(address: string): void {
    const count = this.#byAddress.get(address) ?? 0;
    if (count <= 1) this.#byAddress.delete(address);
    else this.#byAddress.set(address, count - 1);
    this.#total -= 1;
  }
}
