import { srtClock } from './srt-socket.ts';

/** What wants to know the time. */
export interface Ticking {
  tick(nowUs: number): void;
}

/** The interval of full acknowledgements (draft-sharabayko-srt §4.8.1). */
const TICK_MS = 10;

/** One timer for any number of connections; none while there is no connection. */
export class Ticker {
  readonly #members = new Set<Ticking>();
  #timer: NodeJS.Timeout | undefined;

  get size(): number {
    return this.#members.size;
  }

  add(member: Ticking): void {
    this.#members.add(member);
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
  }

  /** Safe to call twice. */
  remove(member: Ticking): void {
    this.#members.delete(member);
    if (this.#members.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const nowUs = srtClock();
    for (const member of this.#members) member.tick(nowUs);
  }
}
