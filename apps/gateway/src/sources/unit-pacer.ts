import type { AccessUnit } from '@vedette/media';
import type { Clock } from '../stream/stream.ts';

export interface UnitPacerOptions {
  /** Takes a unit when its time has come. */
  readonly write: (unit: AccessUnit) => void;
  readonly clock: Clock;
  /**
   * What is held above this many milliseconds of media is played a little faster until no more than
   * `catchUpUntilMs` is; never where absent.
   */
  readonly catchUpAboveMs?: number;
  readonly catchUpUntilMs?: number;
}

interface QueuedUnit {
  readonly unit: AccessUnit;
  /** Decoding time in milliseconds. */
  readonly timeMs: number;
}

/** Somebody waits for something about what is held. */
interface Waiter {
  readonly isOver: () => boolean;
  readonly resolve: () => void;
}

/** A unit that comes later than this behind its time stops the clock: time goes on from it. */
const LATE_MS = 100;
/** Faster than life by so much while too much is held. */
const CATCH_UP_RATE = 1.1;
/** Bytes that are held, whatever the times say: who brings more has to wait. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Gives out units by their decoding times, in their order, against a steady clock. */
export class UnitPacer {
  #options: UnitPacerOptions;
  #queue: QueuedUnit[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  /** The media time that belongs to a moment of the clock. */
  #anchor: { readonly mediaMs: number; readonly clockMs: number; readonly rate: number } | undefined;
  readonly #waiters = new Set<Waiter>();
  #isClosed = false;

  constructor(options: UnitPacerOptions) {
    this.#options = options;
  }

  /** How much is held, in milliseconds of media. */
  get heldMs(): number {
    const last = this.#queue.at(-1);
    if (last === undefined || this.#anchor === undefined) return 0;
    return Math.max(0, last.timeMs - this.#position(this.#options.clock()));
  }

  /** When to catch up, where that is known only on the way. */
  catchUp(aboveMs: number, untilMs: number): void {
    this.#options = { ...this.#options, catchUpAboveMs: aboveMs, catchUpUntilMs: untilMs };
  }

  push(unit: AccessUnit): void {
    if (this.#isClosed) return;
    const timeMs = (unit.dts * 1000) / unit.track.clockRate;
    const nowMs = this.#options.clock();
    this.#anchor ??= { mediaMs: timeMs, clockMs: nowMs, rate: 1 };
    const isLate = this.#queue.length === 0 && this.#position(nowMs) > timeMs + LATE_MS;
    if (isLate) this.#anchor = { mediaMs: timeMs, clockMs: nowMs, rate: 1 };
    // Tracks come a little out of order, from separate playlists by whole segments.
    let place = this.#queue.length;
    while (place > 0 && (this.#queue[place - 1]?.timeMs ?? 0) > timeMs) place -= 1;
    this.#queue.splice(place, 0, { unit, timeMs });
    this.#bytes += unit.byteLength;
    if (place === 0) this.#schedule(nowMs);
  }

  /**
   * Resolves at once while no more than `ms` of media is held; then when no more than `untilMs` is, or `signal`
   * aborts: what is brought by many at a time costs less.
   */
  async room(ms: number, signal: AbortSignal, untilMs = ms): Promise<void> {
    if (!this.#holdsMore(ms)) return;
    await this.#until(() => !this.#holdsMore(untilMs), signal);
  }

  /** Resolves when all is given out, or `signal` aborts. */
  async drained(signal: AbortSignal): Promise<void> {
    await this.#until(() => this.#queue.length === 0, signal);
  }

  /** Forgets what is held; nothing is given out any more. Safe to call twice. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#queue = [];
    this.#bytes = 0;
    this.#wake();
  }

  #holdsMore(ms: number): boolean {
    return this.heldMs > ms || this.#bytes > MAX_BYTES;
  }

  #position(nowMs: number): number {
    if (this.#anchor === undefined) return 0;
    const { mediaMs, clockMs, rate } = this.#anchor;
    return mediaMs + (nowMs - clockMs) * rate;
  }

  #schedule(nowMs: number): void {
    clearTimeout(this.#timer);
    const [first] = this.#queue;
    if (first === undefined) return;
    const waitMs = (first.timeMs - this.#position(nowMs)) / (this.#anchor?.rate ?? 1);
    this.#timer = setTimeout(() => this.#drain(), Math.max(0, Math.ceil(waitMs)));
  }

  #drain(): void {
    const nowMs = this.#options.clock();
    const position = this.#position(nowMs);
    let due = 0;
    while (due < this.#queue.length && (this.#queue[due]?.timeMs ?? 0) <= position) due += 1;
    const units = this.#queue.splice(0, due);
    for (const { unit } of units) {
      this.#bytes -= unit.byteLength;
      this.#options.write(unit);
    }
    this.#adjust(nowMs);
    this.#schedule(nowMs);
    this.#wake();
  }

  #adjust(nowMs: number): void {
    const { catchUpAboveMs = Infinity, catchUpUntilMs = 0 } = this.#options;
    const anchor = this.#anchor;
    if (anchor === undefined) return;
    const held = this.heldMs;
    const rate = held > catchUpAboveMs ? CATCH_UP_RATE : held <= catchUpUntilMs ? 1 : anchor.rate;
    if (rate !== anchor.rate) this.#anchor = { mediaMs: this.#position(nowMs), clockMs: nowMs, rate };
  }

  async #until(isOver: () => boolean, signal: AbortSignal): Promise<void> {
    // Of two that wait for room one may have taken it.
    while (!isOver() && !signal.aborted && !this.#isClosed) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const waiter: Waiter = { isOver, resolve: () => resolve(undefined) };
      this.#waiters.add(waiter);
      signal.addEventListener('abort', waiter.resolve, { once: true });
      await promise;
      this.#waiters.delete(waiter);
      signal.removeEventListener('abort', waiter.resolve);
    }
  }

  #wake(): void {
    for (const { isOver, resolve } of this.#waiters) if (this.#isClosed || isOver()) resolve();
  }
}
