/** Where a live player of fragments is, in seconds. */
export interface EdgePlace {
  /** What is buffered and not played yet. */
  readonly ahead: number;
  /** Pictures have stopped for want of data since the last call. */
  readonly hasStarved: boolean;
}

/** What to do: play at a rate, or jump to so far behind the end of the buffer. */
export type EdgeStep =
  { readonly action: 'play'; readonly rate: number } | { readonly action: 'jump'; readonly behind: number };

/** What has to be left at its lowest, right before a picture arrives: the least, and the most on a bad network. */
const FIRST_SPARE_SECONDS = 0.04;
const MOST_SPARE_SECONDS = 0.6;
const STARVED_STEP_SECONDS = 0.06;
/** A quiet network is trusted again, by so much each call. */
const TRUST_PER_CALL = 0.000_2;
/** What nothing has touched for a while is given up sooner, as long as this much is left at its lowest. */
const QUICK_TRUST_PER_CALL = 0.002;
const UNTOUCHED_SECONDS = 0.08;
/** The while, in calls; twice as long each time that it was too short. */
const FIRST_PATIENCE = 100;
const MOST_PATIENCE = 1600;
/** More than this over what is needed is played faster, until half of it is left. */
const SLACK_SECONDS = 0.03;
/** Too much to be caught up by speed; less at first, when nobody has seen anything yet. */
const JUMP_SECONDS = 0.6;
const FIRST_JUMP_SECONDS = 0.25;
const FIRST_CALLS = 20;
/** Nobody sees or hears these. */
const FAST = 1.05;
const FASTEST = 1.1;
const SLOW = 0.95;
const FAR_SECONDS = 0.15;
/** Calls over which the lowest is looked for: pictures arrive in between. */
const WINDOW = 6;

/**
 * Holds a player of live fragments right behind the newest: the buffer is kept as small as the network allows, by
 * playing a little faster or slower. What the network allows is learned: each time it starves the player, more is
 * kept. Ask ten times a second.
 */
export class EdgePace {
  #aheads: number[] = [];
  #spare = FIRST_SPARE_SECONDS;
  #isCatchingUp = false;
  #calls = 0;
  /** The lowest in the present and in the last stretch of calls without starving, and how long they are. */
  #lowest = Number.POSITIVE_INFINITY;
  #lowestBefore = Number.POSITIVE_INFINITY;
  #calmCalls = 0;
  #patience = FIRST_PATIENCE;
  #hasTrusted = false;

  /** How far behind the newest to begin, in seconds. */
  get startBehind(): number {
    return this.#spare + 2 * SLACK_SECONDS;
  }

  next({ ahead, hasStarved }: EdgePlace): EdgeStep {
    this.#calls += 1;
    if (ahead > (this.#calls < FIRST_CALLS ? FIRST_JUMP_SECONDS : JUMP_SECONDS) + this.startBehind) {
      this.#aheads = [];
      return { action: 'jump', behind: this.startBehind };
    }
    if (hasStarved) this.#starve();
    else this.#spare = Math.max(FIRST_SPARE_SECONDS, this.#spare - this.#trust(ahead));
    this.#aheads = [...this.#aheads.slice(1 - WINDOW), ahead];
    const over = Math.min(...this.#aheads) - this.#spare;
    if (this.#aheads.length < WINDOW || over <= 0) this.#isCatchingUp = false;
    else if (over > SLACK_SECONDS) this.#isCatchingUp = true;
    else if (over < SLACK_SECONDS / 2) this.#isCatchingUp = false;
    if (this.#isCatchingUp) return { action: 'play', rate: over > FAR_SECONDS ? FASTEST : FAST };
    return { action: 'play', rate: over < -this.#spare / 2 ? SLOW : 1 };
  }

  /** The buffer ran empty: more is kept from now on. */
  #starve(): void {
    this.#spare = Math.min(MOST_SPARE_SECONDS, this.#spare + STARVED_STEP_SECONDS);
    if (this.#hasTrusted) this.#patience = Math.min(MOST_PATIENCE, 2 * this.#patience);
    this.#hasTrusted = false;
    this.#calmCalls = 0;
    this.#lowest = this.#lowestBefore = Number.POSITIVE_INFINITY;
  }

  /** By how much less is to be kept from now on. A busy page at its start is no reason to be late for minutes. */
  #trust(ahead: number): number {
    this.#calmCalls += 1;
    this.#lowest = Math.min(this.#lowest, ahead);
    if (this.#calmCalls % this.#patience === 0) {
      this.#lowestBefore = this.#lowest;
      this.#lowest = ahead;
    }
    const isCalm = this.#calmCalls >= this.#patience;
    if (!isCalm || Math.min(this.#lowest, this.#lowestBefore) < UNTOUCHED_SECONDS) return TRUST_PER_CALL;
    this.#hasTrusted = true;
    return QUICK_TRUST_PER_CALL;
  }
}
