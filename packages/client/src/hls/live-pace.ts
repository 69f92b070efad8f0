/** Further behind than this, catching up by speed takes too long: jump. */
const JUMP_BEHIND_SECONDS = 4;
/** Behind by more than the first is caught up, until it is less than the second. */
const CATCH_UP_FROM_SECONDS = 0.1;
const CATCH_UP_TO_SECONDS = 0.03;
/** What has to be left in the buffer at its lowest, or there would be more haste than speed. */
const SPARE_SECONDS = 0.2;
/** Samples over which the lowest is looked for: parts arrive in between, whatever their length. */
const WINDOW = 4;
/** Nobody sees or hears either. */
const RATE = 1.08;
const FAR_RATE = 1.2;
const FAR_SECONDS = 1;

/** Where playing is, in seconds. */
export interface LivePlace {
  /** How far behind where it should be; negative: ahead of it. */
  readonly behind: number;
  /** What is buffered and not played yet. */
  readonly ahead: number;
}

/** What to do about it. */
export type Pace = { readonly action: 'play'; readonly rate: number } | { readonly action: 'jump' };

/**
 * Keeps live video live: every hiccup of a busy machine leaves a player further behind, and it stays there
 * unless it plays a little faster for a while. hls.js does so only with more than a second in the buffer,
 * which low-latency HLS never has. Ask a few times a second.
 */
export class LivePace {
  #aheads: number[] = [];
  #isCatchingUp = false;

  next({ behind, ahead }: LivePlace): Pace {
    this.#aheads = [...this.#aheads.slice(1 - WINDOW), ahead];
    if (behind > JUMP_BEHIND_SECONDS) {
      this.#aheads = [];
      this.#isCatchingUp = false;
      return { action: 'jump' };
    }
    const isSpare = this.#aheads.length === WINDOW && Math.min(...this.#aheads) > SPARE_SECONDS;
    this.#isCatchingUp =
      isSpare && behind > (this.#isCatchingUp ? CATCH_UP_TO_SECONDS : CATCH_UP_FROM_SECONDS);
    if (!this.#isCatchingUp) return { action: 'play', rate: 1 };
    return { action: 'play', rate: behind > FAR_SECONDS ? FAR_RATE : RATE };
  }
}
