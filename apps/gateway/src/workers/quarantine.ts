const MAX_SUBJECTS = 10_000;

/**
 * Remembers what a worker was doing when it crashed, so that what kills it again and again is kept
 * away from it for a while.
 */
export class Quarantine {
  readonly #crashes: number;
  readonly #windowMs: number;
  readonly #releaseMs: number;
  readonly #history = new Map<string, number[]>();

  /** A subject (a camera's id) blamed `crashes` times in `windowMs` is refused for `releaseMs`. */
  constructor({ crashes = 3, windowMs = 60_000, releaseMs = 600_000 } = {}) {
    this.#crashes = crashes;
    this.#windowMs = windowMs;
    this.#releaseMs = releaseMs;
  }

  /**
   * The worker crashed at `nowMs` while it worked on `subject`.
   *
   * @returns whether this put the subject into quarantine.
   */
  blame(subject: string, nowMs: number): boolean {
    const was = this.isHeld(subject, nowMs);
    const recent = (this.#history.get(subject) ?? []).filter((at) => nowMs - at < this.#windowMs);
    recent.push(nowMs);
    this.#history.delete(subject);
    this.#history.set(subject, recent.slice(-this.#crashes));
    const [oldest] = this.#history.keys();
    if (this.#history.size > MAX_SUBJECTS && oldest !== undefined) this.#history.delete(oldest);
    return !was && this.isHeld(subject, nowMs);
  }

  /** Whether the worker must not be given this subject now. */
  isHeld(subject: string, nowMs: number): boolean {
    const history = this.#history.get(subject);
    const last = history?.at(-1);
    if (history === undefined || last === undefined || history.length < this.#crashes) return false;
    if (nowMs - last < this.#releaseMs) return true;
    this.#history.delete(subject);
    return false;
  }

  /** Its source changed: what was wrong with the old one is no longer held against it. */
  forgive(subject: string): void {
    this.#history.delete(subject);
  }
}
