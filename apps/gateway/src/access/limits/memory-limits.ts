import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import type { LimitKind, RateLimits } from '../rate-limit.ts';
import { limitKey } from './limit-key.ts';
import { LIMIT_KINDS, msUntilNext, type LimitRates } from './limit-rates.ts';

/** Keys of one kind that are counted at a time. */
const MAX_KEYS = 20_000;

/** A limiter that forgets its oldest keys where there are too many: an attacker with many addresses. */
export class BoundedLimiter extends RateLimiterMemory {
  readonly #maxKeys: number;
  /** In the order in which their time began. */
  readonly #keys = new Set<string>();

  constructor({ count, seconds }: LimitRates[LimitKind], keyPrefix: string, maxKeys = MAX_KEYS) {
    super({ points: count, duration: seconds, keyPrefix });
    this.#maxKeys = maxKeys;
  }

  /** How many keys it remembers. */
  get size(): number {
    return this.#keys.size;
  }

  override async consume(key: string, points?: number): Promise<RateLimiterRes> {
    const taken = await super.consume(key, points);
    if (taken.isFirstInDuration) await this.#began(key);
    return taken;
  }

  async #began(key: string): Promise<void> {
    this.#keys.delete(key);
    this.#keys.add(key);
    if (this.#keys.size <= this.#maxKeys) return;
    const [oldest] = this.#keys;
    if (oldest === undefined) return;
    this.#keys.delete(oldest);
    await this.delete(oldest);
  }
}

/** Counts in this process. */
export class MemoryLimits implements RateLimits {
  readonly #limiters: ReadonlyMap<LimitKind, BoundedLimiter>;

  constructor(rates: LimitRates, maxKeys?: number) {
    this.#limiters = new Map(
      LIMIT_KINDS.map((kind) => [kind, new BoundedLimiter(rates[kind], kind, maxKeys)]),
    );
  }

  /** How many keys are remembered. */
  get size(): number {
    let size = 0;
    for (const limiter of this.#limiters.values()) size += limiter.size;
    return size;
  }

  async take(kind: LimitKind, key: string): Promise<number> {
    const limiter = this.#limiters.get(kind);
    return limiter === undefined ? 0 : msUntilNext(limiter, limitKey(key));
  }
}
