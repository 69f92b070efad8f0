import { unwrapTimestamp } from './sequence.ts';

/** Measurements that make one correction: at one a 10 ms, ten seconds. */
const DRIFT_SAMPLES = 1000;
/** Less than this is noise. */
const DRIFT_TOLERANCE_US = 5000;

/**
 * When a received packet is to be handed on: its timestamp moved onto our clock, plus the latency (TSBPD). The
 * peer's clock runs at a rate of its own, so the mapping follows it slowly.
 *
 * Spec: draft-sharabayko-srt §4.5.
 */
export class PlayOutClock {
  #baseUs: number;
  readonly #latencyUs: number;
  #lastTimestamp: number;
  #driftSum = 0;
  #driftSamples = 0;
  #firstRoundTripUs: number | undefined;

  /** @param timestamp of the handshake that came at `nowUs`: that pair ties the two clocks. */
  constructor(timestamp: number, nowUs: number, latencyUs: number) {
    this.#baseUs = nowUs - timestamp;
    this.#latencyUs = latencyUs;
    this.#lastTimestamp = timestamp;
  }

  /** A packet's 32-bit timestamp as the time, on our clock, at which it is due. */
  dueUs(timestamp: number): number {
    const unwrapped = unwrapTimestamp(timestamp, this.#lastTimestamp);
    if (unwrapped > this.#lastTimestamp) this.#lastTimestamp = unwrapped;
    return this.#baseUs + unwrapped + this.#latencyUs;
  }

  /** An answer that the peer sent at `timestamp` has just come. */
  observe(timestamp: number, nowUs: number, roundTripUs: number): void {
    this.#firstRoundTripUs ??= roundTripUs;
    const sentUs = this.#baseUs + unwrapTimestamp(timestamp, this.#lastTimestamp);
    this.#driftSum += nowUs - sentUs - (roundTripUs - this.#firstRoundTripUs) / 2;
    this.#driftSamples += 1;
    if (this.#driftSamples < DRIFT_SAMPLES) return;
    const drift = this.#driftSum / this.#driftSamples;
    if (Math.abs(drift) > DRIFT_TOLERANCE_US) this.#baseUs += drift;
    this.#driftSum = 0;
    this.#driftSamples = 0;
  }
}
