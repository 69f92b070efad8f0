import type { NtpTimestamp } from '@vedette/media';
import type { ReportBlock } from '@vedette/protocols';
import type { ViewerTotals } from './messages.ts';

/** Sender reports that a receiver's may still refer to. */
const REMEMBERED_REPORTS = 4;
/**
 * Reports are compared over this time. Browsers add one to each NACK, dozens a second when packets are
 * lost: the share that such a report itself tells, of the few packets since the one before, means nothing.
 */
const WINDOW_MS = 1000;
/** This share lost for good in two windows in a row: the network does not carry the stream. */
const HEAVY_LOSS_PERCENT = 25;

type Figures = Pick<ViewerTotals, 'lossPercent' | 'jitterMs' | 'roundTripMs'>;

/** What one viewer reports of the media it gets. */
export class Reception {
  readonly #clockRate: number;
  readonly #sentAt = new Map<number, number>();
  #figures: Figures = { lossPercent: 0, jitterMs: 0, roundTripMs: null };
  #window: { readonly startMs: number; readonly highest: number; readonly lost: number } | undefined;
  #lossyWindows = 0;

  /** @param clockRate of the media, in Hz */
  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  get figures(): Figures {
    return this.#figures;
  }

  /** A sender report went out, with this time in it. */
  sent(ntp: NtpTimestamp, nowMs: number): void {
    this.#sentAt.set(compactNtp(ntp), nowMs);
    const [oldest] = this.#sentAt.keys();
    if (this.#sentAt.size > REMEMBERED_REPORTS && oldest !== undefined) this.#sentAt.delete(oldest);
  }

  /**
   * A receiver report came (RFC 3550 §6.4.1).
   *
   * @returns whether so much is lost, in spite of retransmission and for so long, that sending less
   * would serve the viewer better.
   */
  received(report: ReportBlock, nowMs: number): boolean {
    const { lossPercent, roundTripMs } = this.#figures;
    const lost = this.#lossOfWindow(report, nowMs);
    this.#figures = {
      lossPercent: lost ?? lossPercent,
      jitterMs: (report.jitter * 1000) / this.#clockRate,
      roundTripMs: this.#roundTrip(report, nowMs) ?? roundTripMs,
    };
    if (lost === undefined) return false;
    this.#lossyWindows = lost >= HEAVY_LOSS_PERCENT ? this.#lossyWindows + 1 : 0;
    if (this.#lossyWindows < 2) return false;
    this.#lossyWindows = 0;
    return true;
  }

  /** Percent lost in the window that `report` closes; `undefined` where it closes none. */
  #lossOfWindow({ highestSequenceNumber, packetsLost }: ReportBlock, nowMs: number): number | undefined {
    const window = this.#window;
    if (window !== undefined && nowMs - window.startMs < WINDOW_MS) return undefined;
    this.#window = { startMs: nowMs, highest: highestSequenceNumber, lost: packetsLost };
    const expected = highestSequenceNumber - (window?.highest ?? highestSequenceNumber);
    if (window === undefined || expected <= 0) return undefined;
    return Math.min(100, Math.max(0, ((packetsLost - window.lost) * 100) / expected));
  }

  #roundTrip(report: ReportBlock, nowMs: number): number | undefined {
    const sentMs = this.#sentAt.get(report.lastSenderReport);
    if (sentMs === undefined) return undefined;
    return Math.max(0, nowMs - sentMs - (report.delaySinceLastSenderReport * 1000) / 65_536);
  }
}

/** The middle 32 bits, by which receivers refer to a sender report (`LSR`, RFC 3550 §6.4.1). */
function compactNtp({ seconds, fraction }: NtpTimestamp): number {
  return (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0;
}
