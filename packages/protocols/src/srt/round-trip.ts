/** draft-sharabayko-srt §4.10: what is assumed before the first measurement. */
const INITIAL_US = 100_000;

/** The time that a packet takes there and back, smoothed, and how much it varies; microseconds. */
export class RoundTrip {
  #us = INITIAL_US;
  #varianceUs = INITIAL_US / 2;
  #isMeasured = false;

  get us(): number {
    return this.#us;
  }

  get varianceUs(): number {
    return this.#varianceUs;
  }

  get isMeasured(): boolean {
    return this.#isMeasured;
  }

  /** How long an answer may take before it is given up: RTT + 4 × variance. */
  get patienceUs(): number {
    return this.#us + 4 * this.#varianceUs;
  }

  /** Takes a measurement (§4.10). */
  sample(us: number): void {
    if (us < 0) return;
    if (!this.#isMeasured) {
      this.#isMeasured = true;
      this.#us = us;
      this.#varianceUs = us / 2;
      return;
    }
    this.#varianceUs = (3 * this.#varianceUs + Math.abs(us - this.#us)) / 4;
    this.#us = (7 * this.#us + us) / 8;
  }

  /** Takes what the peer, who measures in this direction, says. Values that make no sense are left aside. */
  adopt(us: number, varianceUs: number): void {
    const isSane = us > 0 && us < 60_000_000 && varianceUs < 60_000_000;
    if (!isSane) return;
    this.#isMeasured = true;
    this.#us = us;
    this.#varianceUs = varianceUs;
  }
}
