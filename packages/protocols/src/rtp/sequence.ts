import type { RtpHeader } from './packet.ts';

/** A step forward larger than this is no loss: the sender began anew (RFC 3550 A.1). */
export const MAX_DROPOUT = 3000;

/** Packets up to this far behind are duplicates or late, not a sender that began anew (RFC 3550 A.1). */
export const MAX_MISORDER = 100;

/** How far `to` is after `from` on the circle of 16-bit numbers: −32,768 to 32,767. */
export function sequenceDistance(from: number, to: number): number {
  return ((to - from) << 16) >> 16;
}

/**
 * How a packet follows the ones before it: the very next one (or the first), one with packets
 * missing in front of it, or one that is a duplicate or too old to use.
 */
export type Continuity = 'next' | 'gap' | 'stale';

/** Watches the sequence numbers of one RTP stream whose packets are already in order. */
export class SequenceWatcher {
  #expected: number | undefined;
  #ssrc = 0;
  /** What a sender that began anew at a lower number would send next (RFC 3550 A.1, `bad_seq`). */
  #restartAt: number | undefined;

  next({ sequenceNumber, ssrc }: RtpHeader): Continuity {
    const expected = this.#expected;
    const following = (sequenceNumber + 1) & 0xffff;
    const distance = expected === undefined ? 0 : sequenceDistance(expected, sequenceNumber);
    const isNewSource = expected !== undefined && ssrc !== this.#ssrc;
    if (distance < 0 && !isNewSource) {
      // Two in a row from far behind: the sender began anew.
      const isRestart = distance < -MAX_MISORDER && sequenceNumber === this.#restartAt;
      this.#restartAt = following;
      if (!isRestart) return 'stale';
    }
    this.#expected = following;
    this.#restartAt = undefined;
    this.#ssrc = ssrc;
    return distance === 0 && !isNewSource ? 'next' : 'gap';
  }
}
