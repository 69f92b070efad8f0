const SEQUENCE_MASK = 0x7fff_ffff;
const HALF_SEQUENCE = 0x4000_0000;

/**
 * The packet sequence number (31 bits) nearest to `reference` on a line that never wraps; may be negative when
 * `reference` is near zero.
 *
 * Spec: draft-sharabayko-srt §3.1.
 */
export function unwrapSequence(value: number, reference: number): number {
  const distance = (value - (reference & SEQUENCE_MASK)) & SEQUENCE_MASK;
  return reference + (distance >= HALF_SEQUENCE ? distance - SEQUENCE_MASK - 1 : distance);
}

/** The timestamp (32 bits of microseconds, wrapping every 71 minutes) nearest to `reference` on a line without end. */
export function unwrapTimestamp(value: number, reference: number): number {
  return reference + ((value - reference) | 0);
}
