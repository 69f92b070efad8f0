import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import type { Logger } from '../../observability/logger.ts';
import type { LimitKind, RateLimits } from '../rate-limit.ts';
import { limitKey } from './limit-key.ts';
import { LIMIT_KINDS, msUntilNext, type LimitRates } from './limit-rates.ts';
import { BoundedLimiter } from './memory-limits.ts';

export interface RedisLimitsOptions {
  /** `redis://` or `rediss://`; may hold a password. */
  readonly url: string;
  readonly rates: LimitRates;
  readonly logger: Logger;
}

/** A door does not wait longer for a count. */
const ANSWER_LIMIT_MS = 250;
const CONNECT_LIMIT_MS = 3000;
const MAX_RETRY_MS = 2000;

/** Counts in Redis, for all gateways together; while it is away, each counts for itself. */
export class RedisLimits implements RateLimits {
  readonly #redis: Redis;
  readonly #limiters: ReadonlyMap<LimitKind, RateLimiterRedis>;
  readonly #logger: Logger;
  #isAway = false;

  constructor({ url, rates, logger }: RedisLimitsOptions) {
    this.#logger = logger;
    this.#redis = new Redis(url, {
      commandTimeout: ANSWER_LIMIT_MS,
      connectTimeout: CONNECT_LIMIT_MS,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      retryStrategy: (attempt) => Math.min(attempt * 100, MAX_RETRY_MS),
    });
    this.#redis.on('error', (error: Error) => this.#away(error));
    this.#redis.on('close', () => this.#away(new Error('the connection ended')));
    this.#redis.on('ready', () => this.#back());
    this.#limiters = new Map(
      LIMIT_KINDS.map((kind) => [
        kind,
        new RateLimiterRedis({
          storeClient: this.#redis,
          keyPrefix: `vedette:limit:${kind}`,
          points: rates[kind].count,
          duration: rates[kind].seconds,
          rejectIfRedisNotReady: true,
          insuranceLimiter: new BoundedLimiter(rates[kind], kind),
        }),
      ]),
    );
  }

  /** Whether Redis counts now; else memory does. */
  get isShared(): boolean {
    return this.#redis.status === 'ready';
  }

  async take(kind: LimitKind, key: string): Promise<number> {
    const limiter = this.#limiters.get(kind);
    return limiter === undefined ? 0 : msUntilNext(limiter, limitKey(key));
  }

  /** Safe to call twice. */
  close(): Promise<void> {
    this.#redis.removeAllListeners('close');
    this.#redis.disconnect();
    return Promise.resolve();
  }

  #away(error: Error): void {
    if (this.#isAway) return;
    this.#isAway = true;
    this.#logger.warn(
      { reason: reasonOf(error) },
      'Redis is away: each gateway counts its limits for itself',
    );
  }

  #back(): void {
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#logger.info({}, 'Redis is back: limits are counted together again');
  }
}

/** Never the whole error: it may hold the command with which the password was sent. */
function reasonOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message.slice(0, 100);
}
