import type { SrtReject } from '@vedette/protocols';

/** Callers repeat themselves every quarter of a second until they are answered; one that is silent for this has gone. */
const GONE_MS = 1500;
/** A caller that missed its refusal hears the same again, and nobody is asked about it again. */
const REMEMBERED_MS = 3000;
const MAX_REMEMBERED = 4096;

interface Refused {
  readonly reject: SrtReject;
  readonly untilMs: number;
}

/** The calls that are being decided, and those that were refused just now. */
export class CallBook {
  readonly #now: () => number;
  /** When each was last heard of. */
  readonly #pending = new Map<string, number>();
  /** Oldest first. */
  readonly #refused = new Map<string, Refused>();

  /** @param now steady clock in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A caller is heard: for the first time, again while it is being decided about, or after it was refused. */
  again(identity: string): 'new' | 'pending' | SrtReject {
    if (this.#pending.has(identity)) {
      this.#pending.set(identity, this.#now());
      return 'pending';
    }
    const refused = this.#refused.get(identity);
    return refused !== undefined && this.#now() < refused.untilMs ? refused.reject : 'new';
  }

  /** What is to be decided about it begins. */
  begin(identity: string): void {
    this.#pending.set(identity, this.#now());
  }

  /**
   * It was decided.
   *
   * @param reject of those that are refused.
   * @returns whether the caller still waits for it.
   */
  end(identity: string, reject: SrtReject | undefined): boolean {
    const heardMs = this.#pending.get(identity) ?? Number.NEGATIVE_INFINITY;
    this.#pending.delete(identity);
    const nowMs = this.#now();
    if (reject !== undefined) this.#remember(identity, { reject, untilMs: nowMs + REMEMBERED_MS }, nowMs);
    return nowMs - heardMs < GONE_MS;
  }

  #remember(identity: string, refused: Refused, nowMs: number): void {
    this.#refused.delete(identity);
    this.#refused.set(identity, refused);
    for (const [oldest, { untilMs }] of this.#refused) {
      if (untilMs > nowMs && this.#refused.size <= MAX_REMEMBERED) break;
      this.#refused.delete(oldest);
    }
  }
}
