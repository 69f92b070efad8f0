import { setTimeout as rest } from 'node:timers/promises';

/**
 * Whose work it is: `known` for somebody who has proven something before (a session, a device, an address that he
 * logged in from), `stranger` for everybody else.
 */
export type Lane = 'known' | 'stranger';

export interface WorkLanesOptions {
  /** How many run at a time, both lanes together. */
  readonly running: number;
  /** How many wait in each lane; further ones are turned away. */
  readonly waiting: number;
}

/** However slow the machine, a stranger waits no longer than this for the rest after another's work. */
const MAX_REST_MS = 1000;

/**
 * Runs dear work, few at a time, so that a flood of it takes a bounded share of the machine and those who are known
 * are served all the same: strangers have one place at a time, never the last one, and after each of their works the
 * place rests for as long as the work took. However many come, they have at most half a core.
 */
export class WorkLanes {
  readonly #options: WorkLanesOptions;
  readonly #waiting: { readonly [L in Lane]: (() => void)[] } = { known: [], stranger: [] };
  #running = 0;
  #isStrangerServed = false;

  constructor(options: WorkLanesOptions) {
    this.#options = options;
  }

  /** How many run and wait now. */
  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running, waiting: this.#waiting.known.length + this.#waiting.stranger.length };
  }

  /** @returns what `work` gives; `undefined` at once where too many wait already. */
  async run<T>(lane: Lane, work: () => Promise<T>): Promise<T | undefined> {
    if (!this.#isFree(lane)) {
      const queue = this.#waiting[lane];
      if (queue.length >= this.#options.waiting) return undefined;
      const turn = Promise.withResolvers<undefined>();
      queue.push(() => turn.resolve(undefined));
      await turn.promise;
    } else this.#take(lane);
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      this.#running -= 1;
      if (lane === 'stranger') void this.#restAfter(performance.now() - startedAt);
      this.#next();
    }
  }

  #isFree(lane: Lane): boolean {
    return this.#running < this.#options.running && !(lane === 'stranger' && this.#isStrangerServed);
  }

  #take(lane: Lane): void {
    this.#running += 1;
    if (lane === 'stranger') this.#isStrangerServed = true;
  }

  async #restAfter(tookMs: number): Promise<void> {
    await rest(Math.min(tookMs, MAX_REST_MS));
    this.#isStrangerServed = false;
    this.#next();
  }

  #next(): void {
    for (const lane of ['known', 'stranger'] as const) {
      while (this.#isFree(lane)) {
        const start = this.#waiting[lane].shift();
        if (start === undefined) break;
        this.#take(lane);
        start();
      }
    }
  }
}
