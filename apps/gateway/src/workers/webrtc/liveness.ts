/** Silence that is always forgiven. */
const MIN_SILENCE_MS = 5000;
/** Silence that never is. */
const MAX_SILENCE_MS = 20_000;
/** Until this many signs have told how often a peer gives them … */
const FIRST_SIGNS = 6;
/** … this much is forgiven. */
const FIRST_SILENCE_MS = 8000;

/**
 * Notices that a peer has vanished, by the RTCP that no longer comes: five seconds, or twice the
 * longest pause between its reports where that is more.
 *
 * Browsers report on pictures each second, but on sound alone every five or so, as GStreamer does on
 * both. A peer that is sent nothing may have nothing to report: its silence does not count.
 */
export class Liveness {
  #heardMs: number;
  #longestPauseMs: number | undefined;
  #signs = 0;

  /** @param nowMs when it connected */
  constructor(nowMs: number) {
    this.#heardMs = nowMs;
  }

  /** The peer gave a sign of life. */
  heard(nowMs: number): void {
    this.#signs += 1;
    // Compounds come in pairs, one for each section: those say nothing of the pace.
    const pauseMs = nowMs - this.#heardMs;
    if (this.#signs > 1) this.#longestPauseMs = Math.max(this.#longestPauseMs ?? 0, pauseMs);
    this.#heardMs = nowMs;
  }

  /** Nothing is sent, so nothing need come back. */
  excuse(nowMs: number): void {
    this.#heardMs = nowMs;
  }

  /** How long the peer has been silent, in milliseconds, or `undefined` where that is no reason to worry. */
  tooSilentFor(nowMs: number): number | undefined {
    const silentMs = nowMs - this.#heardMs;
    return silentMs > this.#limitMs() ? silentMs : undefined;
  }

  #limitMs(): number {
    if (this.#longestPauseMs === undefined || this.#signs < FIRST_SIGNS) return FIRST_SILENCE_MS;
    return Math.min(MAX_SILENCE_MS, Math.max(MIN_SILENCE_MS, 2 * this.#longestPauseMs));
  }
}
