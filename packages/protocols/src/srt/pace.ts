import { RateMeter } from './statistics.ts';

/** Sent at once at most: what the smallest default receive buffer (208 KB on Linux) takes with ease. */
const BURST_BYTES = 64 * 1024;
/** 32 Mbit/s: catches up with the group of pictures of a 4 Mbit/s camera in a quarter of a second. */
const MIN_BYTES_PER_SECOND = 4_000_000;
/** Above the stream's own rate: room for key pictures and for what is sent again. */
const HEADROOM = 4;
/** A late timer is made up for, up to this. */
const MAX_LAPSE_US = 25_000;

/** A token bucket: a burst must not overflow the peer's socket, where it would be lost whole. */
export class Pace {
  readonly #input: RateMeter;
  #tokens = BURST_BYTES;
  #filledUs: number;

  constructor(nowUs: number) {
    this.#input = new RateMeter(nowUs);
    this.#filledUs = nowUs;
  }

  /** Bytes that the stream wants to send from now on. */
  add(bytes: number): void {
    this.#input.add(bytes);
  }

  refill(nowUs: number): void {
    const perSecond = Math.max(MIN_BYTES_PER_SECOND, HEADROOM * this.#input.perSecond(nowUs));
    const lapseUs = Math.min(nowUs - this.#filledUs, MAX_LAPSE_US);
    const most = Math.max(BURST_BYTES, (perSecond * MAX_LAPSE_US) / 1e6);
    this.#tokens = Math.min(most, this.#tokens + (perSecond * lapseUs) / 1e6);
    this.#filledUs = nowUs;
  }

  get isOpen(): boolean {
    return this.#tokens > 0;
  }

  take(bytes: number): void {
    this.#tokens -= bytes;
  }
}
