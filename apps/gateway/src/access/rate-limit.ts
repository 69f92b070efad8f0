/** What is counted apart. */
export type LimitKind = 'login' | 'tokens' | 'api' | 'sessions';

/** Counts what one identity or address does, in memory or in Redis. */
export interface RateLimits {
  /**
   * Counts one more.
   *
   * @param key `identityKey(identity)` or an address; every key counts for itself.
   * @returns 0, or ms until the next one is let through. Never rejects: where Redis is away, memory counts.
   */
  take(kind: LimitKind, key: string): Promise<number> | number;
}
