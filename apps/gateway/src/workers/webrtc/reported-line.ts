import type { LineFigures } from './line-estimate.ts';

const WINDOW_MS = 1000;

/**
 * How the line of a viewer fares that gives no transport-wide feedback: by the packets that it asks for again, by what
 * its reports say is lost, and by its own estimate (REMB) where it sends one.
 */
export class ReportedLine {
  #estimate: number | null = null;
  #window = { startMs: 0, sent: 0, nacked: 0 };
  #nackedShare = 0;

  /** Packets left. */
  sent(packets: number, nowMs: number): void {
    this.#turn(nowMs);
    this.#window.sent += packets;
  }

  /** The viewer asks for packets again (RFC 4585 §6.2.1). */
  nacked(packets: number, nowMs: number): void {
    this.#turn(nowMs);
    this.#window.nacked += packets;
  }

  /** The viewer's own estimate, in bits a second (draft-alvestrand-rmcat-remb). */
  estimated(bitsPerSecond: number): void {
    this.#estimate = bitsPerSecond;
  }

  /** @param lossPercent as the viewer last reported it */
  figures(lossPercent: number, nowMs: number): LineFigures {
    this.#turn(nowMs);
    const loss = Math.min(1, Math.max(lossPercent / 100, this.#nackedShare));
    return { delayMs: 0, loss, throughput: this.#estimate, capacity: this.#estimate };
  }

  #turn(nowMs: number): void {
    const { startMs, sent, nacked } = this.#window;
    if (nowMs - startMs < WINDOW_MS) return;
    this.#nackedShare = sent === 0 ? 0 : nacked / sent;
    this.#window = { startMs: nowMs, sent: 0, nacked: 0 };
  }
}
