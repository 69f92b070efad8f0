const RTP_WRAP = 2 ** 32;
const RTP_HALF = 2 ** 31;
const NTP_FRACTION = 2 ** 32;
/** Seconds from the NTP epoch (1900) to the Unix epoch (1970). */
const NTP_TO_UNIX_SECONDS = 2_208_988_800;

/**
 * Maps 32-bit RTP timestamps onto a PTS that never wraps and starts at zero.
 *
 * One instance per track: `clockRate` (Hz) comes from `a=rtpmap`, 90 000 for video.
 * A step of up to 2^31 ticks either way is read as the shortest path, so reordered
 * packets may yield a PTS lower than the one before, even a negative one at the very start.
 *
 * Spec: RFC 3550 §5.1 (timestamp), RFC 8866 §6.6 (rtpmap).
 *
 * @throws {RangeError} `clockRate` is not a positive integer.
 */
export class TimestampUnwrapper {
  readonly clockRate: number;
  #timestamp: number | undefined;
  #pts = 0;

  constructor(clockRate: number) {
    if (!Number.isInteger(clockRate) || clockRate <= 0) {
      throw new RangeError(`clockRate must be a positive integer, got ${clockRate}`);
    }
    this.clockRate = clockRate;
  }

  /** PTS in ticks of `clockRate` of the unit stamped `timestamp` (unsigned, 32 bits); the first one is 0. */
  unwrap(timestamp: number): number {
    this.#pts = this.nearest(timestamp);
    this.#timestamp = timestamp;
    return this.#pts;
  }

  /**
   * PTS of a timestamp that carries no unit, such as a sender report's (RFC 3550 §6.4.1): read
   * relative to the last unit and not remembered. Before the first unit every timestamp reads as 0.
   */
  nearest(timestamp: number): number {
    if (this.#timestamp === undefined) return 0;
    let step = (timestamp - this.#timestamp) % RTP_WRAP;
    if (step >= RTP_HALF) step -= RTP_WRAP;
    else if (step < -RTP_HALF) step += RTP_WRAP;
    return this.#pts + step;
  }
}

/**
 * Converts a count of ticks from one clock rate to another, to the nearest tick (halves go up).
 *
 * Exact for every safe integer whose result is one, for rates up to 2^26 Hz: the quotient and the
 * remainder are scaled apart, so that no intermediate product loses bits.
 */
export function rescale(ticks: number, fromRate: number, toRate: number): number {
  if (fromRate === toRate) return ticks;
  const remainder = ticks % fromRate;
  const whole = (ticks - remainder) / fromRate;
  return whole * toRate + Math.floor((2 * remainder * toRate + fromRate) / (2 * fromRate));
}

/** A 64-bit NTP timestamp: whole seconds since 1900 and a fraction of 2^-32 s, both unsigned 32 bits. */
export interface NtpTimestamp {
  readonly seconds: number;
  readonly fraction: number;
}

/**
 * Milliseconds since the Unix epoch, with fraction, of a 64-bit NTP timestamp.
 *
 * Seconds below 2^31 belong to the era that begins in February 2036 (RFC 4330 §3), so the range is
 * 1968 to 2104.
 */
export function ntpToUnixMs(seconds: number, fraction: number): number {
  const era = seconds < 2 ** 31 ? 2 ** 32 : 0;
  return (seconds + era - NTP_TO_UNIX_SECONDS) * 1000 + (fraction / NTP_FRACTION) * 1000;
}

/** The 64-bit NTP timestamp of a moment given in milliseconds since the Unix epoch (1968 to 2104). */
export function unixMsToNtp(ms: number): NtpTimestamp {
  const unixSeconds = Math.floor(ms / 1000);
  const fraction = Math.round(((ms - unixSeconds * 1000) / 1000) * NTP_FRACTION);
  const carry = fraction === NTP_FRACTION ? 1 : 0;
  return {
    seconds: (unixSeconds + carry + NTP_TO_UNIX_SECONDS) % 2 ** 32,
    fraction: carry === 1 ? 0 : fraction,
  };
}
