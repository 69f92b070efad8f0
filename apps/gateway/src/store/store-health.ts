import type { Logger } from '../observability/logger.ts';
import type { StoreHealth } from './store.ts';

/** Whether the database is there, and who wants to know. */
export class HealthState {
  readonly #listeners = new Set<(health: StoreHealth) => void>();
  readonly #logger: Logger;
  #health: StoreHealth;

  constructor(kind: StoreHealth['kind'], logger: Logger) {
    this.#logger = logger;
    this.#health = { kind, isUp: true, reason: undefined, sinceMs: Date.now() };
  }

  get current(): StoreHealth {
    return this.#health;
  }

  onChange(listener: (health: StoreHealth) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  up(): void {
    if (this.#health.isUp) return;
    const awayMs = Date.now() - this.#health.sinceMs;
    this.#logger.info({ store: this.#health.kind, awayMs }, 'the database is back');
    this.#set({ kind: this.#health.kind, isUp: true, reason: undefined, sinceMs: Date.now() });
  }

  /** @param reason a sentence without secrets: people read it. */
  down(reason: string): void {
    if (!this.#health.isUp) {
      // What is told first began it; what follows is mostly the same in other words.
      return;
    }
    this.#logger.error({ store: this.#health.kind, reason }, 'the database is away');
    this.#set({ kind: this.#health.kind, isUp: false, reason, sinceMs: Date.now() });
  }

  #set(health: StoreHealth): void {
    this.#health = health;
    for (const listener of this.#listeners) listener(health);
  }
}
