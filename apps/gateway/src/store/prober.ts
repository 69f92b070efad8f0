import type { HealthState } from './store-health.ts';

const FIRST_MS = 100;
const MAX_MS = 3000;

/**
 * Asks a database that is away whether it is back, at growing intervals, and says so once it is.
 *
 * `probe` writes: a disk that is full answers every question.
 */
export class Prober {
  readonly #health: HealthState;
  readonly #probe: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #isAsking = false;
  #failures = 0;
  #isClosed = false;

  constructor(health: HealthState, probe: () => Promise<void>) {
    this.#health = health;
    this.#probe = probe;
  }

  /** The database is in trouble: from now on it is asked. */
  trouble(reason: string): void {
    if (this.#isClosed) return;
    this.#health.down(reason);
    if (this.#timer !== undefined || this.#isAsking) return;
    const base = Math.min(MAX_MS, FIRST_MS * 2 ** this.#failures);
    // Gateways that lost one database together do not come back to it together.
    this.#timer = setTimeout(() => void this.#ask(), base * (0.8 + 0.4 * Math.random()));
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #ask(): Promise<void> {
    this.#timer = undefined;
    this.#isAsking = true;
    try {
      await this.#probe();
      this.#isAsking = false;
      this.#failures = 0;
      if (!this.#isClosed) this.#health.up();
    } catch (error) {
      this.#isAsking = false;
      this.#failures += 1;
      this.trouble(error instanceof Error ? error.message : String(error));
    }
  }
}
