/** One count of failures that an attempt goes by. */
export interface FailureCount {
  readonly key: string;
  /** So many failures cost nothing; from then on each doubles the wait, from one second. */
  readonly free: number;
  readonly maxWaitMs: number;
}

/** One attempt that was let through; its end is told once. */
export interface Attempt {
  /** @returns ms until the next attempt is let through; 0: now. */
  failed(): number;
  /** @param forgives keys whose failures are forgotten. */
  succeeded(forgives: readonly string[]): void;
  /** Nothing was found out. */
  abandoned(): void;
}

interface Failures {
  count: number;
  /** Let through, and not at their end yet. */
  pending: number;
  lastAtMs: number;
  blockedUntilMs: number;
}

const FORGOTTEN_AFTER_MS = 60 * 60_000;
const MAX_KEYS = 20_000;
const FIRST_WAIT_MS = 1000;

/**
 * Waits that grow with failures. An attempt that is under way counts like a failure until its end is known, so that a
 * thousand at once get no further than one after the other. In memory, and bounded: the oldest count is forgotten first.
 */
export class FailureDelays {
  readonly #failures = new Map<string, Failures>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get size(): number {
    return this.#failures.size;
  }

  /** Ms to wait for the next attempt; 0: it is let through now. */
  waitMs(counts: readonly FailureCount[]): number {
    const now = this.#now();
    return Math.max(0, ...counts.map((count) => this.#waitMs(count, now)));
  }

  /** @returns the attempt, or ms to wait (> 0) where one of the counts lets none through now. */
  begin(counts: readonly FailureCount[]): Attempt | number {
    const waitMs = this.waitMs(counts);
    if (waitMs > 0) return waitMs;
    const now = this.#now();
    const begun = counts.map((count) => ({ count, failures: this.#enter(count.key, now) }));
    for (const { failures } of begun) failures.pending += 1;
    let isOver = false;
    const end = (): boolean => {
      if (isOver) return false;
      isOver = true;
      for (const { failures } of begun) failures.pending -= 1;
      return true;
    };
    return {
      failed: () => (end() ? Math.max(0, ...begun.map((entry) => this.#fail(entry))) : 0),
      succeeded: (forgives) => {
        if (!end()) return;
        for (const { count, failures } of begun) {
          if (!forgives.includes(count.key)) continue;
          failures.count = 0;
          failures.blockedUntilMs = 0;
        }
      },
      abandoned: () => void end(),
    };
  }

  /** Lets none through before `untilMs`: another count said so. */
  block(key: string, untilMs: number): void {
    const failures = this.#enter(key, this.#now());
    failures.blockedUntilMs = Math.max(failures.blockedUntilMs, untilMs);
  }

  #waitMs({ key, free }: FailureCount, now: number): number {
    const failures = this.#failures.get(key);
    if (failures === undefined) return 0;
    if (failures.blockedUntilMs > now) return failures.blockedUntilMs - now;
    const isOneAtATime = failures.pending > 0 && this.#countNow(failures, now) + failures.pending >= free;
    return isOneAtATime ? FIRST_WAIT_MS : 0;
  }

  #fail({ count, failures }: { readonly count: FailureCount; readonly failures: Failures }): number {
    const now = this.#now();
    failures.count = this.#countNow(failures, now) + 1;
    failures.lastAtMs = now;
    const over = failures.count - count.free;
    const waitMs = over < 0 ? 0 : Math.min(FIRST_WAIT_MS * 2 ** Math.min(over, 30), count.maxWaitMs);
    failures.blockedUntilMs = Math.max(failures.blockedUntilMs, now + waitMs);
    return failures.blockedUntilMs - now;
  }

  #countNow({ count, lastAtMs }: Failures, now: number): number {
    return now - lastAtMs > FORGOTTEN_AFTER_MS ? 0 : count;
  }

  #enter(key: string, now: number): Failures {
    const known = this.#failures.get(key);
    // Entered anew at each use, so that the first of the map is the one that was not used for longest.
    if (known !== undefined) this.#failures.delete(key);
    else this.#makeRoom();
    const failures = known ?? { count: 0, pending: 0, lastAtMs: now, blockedUntilMs: 0 };
    this.#failures.set(key, failures);
    return failures;
  }

  #makeRoom(): void {
    if (this.#failures.size < MAX_KEYS) return;
    for (const [key, { pending }] of this.#failures) {
      if (pending > 0) continue;
      this.#failures.delete(key);
      return;
    }
  }
}
