import { limitKey } from '../limits/limit-key.ts';

/** The most recent ones of a user count. */
const MAX_ADDRESSES = 50;

/** From which addresses users have logged in well before. */
export class KnownAddresses {
  readonly #ofUsers = new Map<string, Set<string>>();

  note(userId: string, address: string): void {
    const addresses = this.#ofUsers.get(userId) ?? new Set();
    const key = limitKey(address);
    addresses.delete(key);
    addresses.add(key);
    const [oldest] = addresses;
    if (addresses.size > MAX_ADDRESSES && oldest !== undefined) addresses.delete(oldest);
    this.#ofUsers.set(userId, addresses);
  }

  has(userId: string, address: string): boolean {
    return this.#ofUsers.get(userId)?.has(limitKey(address)) ?? false;
  }
}
