import type { Logger } from '../../observability/logger.ts';
import { type Store, StoreUnavailableError } from '../../store/store.ts';

const MAX_WAITING = 1000;
const RETRY_MS = 5000;

/**
 * Writes to the store that must not fail because the database is away: a token that is revoked is void at once, and
 * the store is told when it is back. One after the other, in the order in which they were asked for: what was changed
 * last is what is kept. At most 1,000 wait.
 */
export class DeferredWrites {
  readonly #waiting: (() => Promise<void>)[] = [];
  readonly #store: Pick<Store, 'onHealth'>;
  readonly #logger: Logger;
  #stopListening: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #draining: Promise<void> | undefined;
  /** Settles when the last write that was asked for is written or waits. */
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(store: Pick<Store, 'onHealth'>, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  /** How many wait. */
  get size(): number {
    return this.#waiting.length;
  }

  /**
   * Writes, or keeps what is to be written while the store is away.
   *
   * @throws what `write` throws where that is anything else; {@link StoreUnavailableError} where too many wait.
   */
  async run(write: () => Promise<void>): Promise<void> {
    const written = this.#last.then(async () => this.#writeOrKeep(write));
    this.#last = written.catch(() => undefined);
    return written;
  }

  /** Tries once more what waits; what is then left is given up. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unwatch();
    await this.#last;
    await this.#drain();
    if (this.#waiting.length > 0) {
      this.#logger.error(
        { writes: this.#waiting.length },
        'changes of tokens were not kept: the database is away',
      );
    }
  }

  async #writeOrKeep(write: () => Promise<void>): Promise<void> {
    if (this.#waiting.length === 0) {
      try {
        await write();
        return;
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) throw error;
      }
    }
    if (this.#waiting.length >= MAX_WAITING || this.#isClosed) {
      throw new StoreUnavailableError('The database is away, and too much waits for it already.');
    }
    this.#waiting.push(write);
    this.#watch();
  }

  #watch(): void {
    this.#stopListening ??= this.#store.onHealth(({ isUp }) => {
      if (isUp) void this.#drain();
    });
    this.#timer ??= setInterval(() => void this.#drain(), RETRY_MS).unref();
  }

  #unwatch(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #drain(): Promise<void> {
    this.#draining ??= this.#writeAll().finally(() => {
      this.#draining = undefined;
    });
    return this.#draining;
  }

  async #writeAll(): Promise<void> {
    for (let write = this.#waiting[0]; write !== undefined; write = this.#waiting[0]) {
      try {
        await write();
      } catch (error) {
        if (error instanceof StoreUnavailableError) return;
        this.#logger.error({ err: error }, 'a change of tokens was not kept');
      }
      this.#waiting.shift();
    }
    this.#unwatch();
  }
}
