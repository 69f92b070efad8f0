import type { Config } from '@vedette/contract';
import { RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';
import type { LimitKind } from '../rate-limit.ts';

/** How many of each kind, in how long: `access.limits`. */
export type LimitRates = Config['access']['limits'];

export const LIMIT_KINDS = ['login', 'tokens', 'api', 'sessions'] as const satisfies readonly LimitKind[];

/** Counts one more. @returns 0, or ms until the next one is let through. */
export async function msUntilNext(limiter: RateLimiterAbstract, key: string): Promise<number> {
  try {
    await limiter.consume(key);
    return 0;
  } catch (refused) {
    // Anything else is a fault of the counting, which must not shut anybody out.
    return refused instanceof RateLimiterRes ? Math.max(1, refused.msBeforeNext) : 0;
  }
}
