import type { LineReport } from './quality-decision.ts';

/** Units that are remembered: ten seconds and more of pictures and sound. */
const REMEMBERED = 1024;
/** Throughput is measured over this time. */
const WINDOW_MS = 1000;
/** How slowly the way's own delay is believed to have grown: by this share of the difference a report. */
const BASE_DRIFT = 0.01;

/**
 * How the way to a viewer fares that acknowledges units over a reliable connection: what it has not acknowledged
 * waits somewhere, be it in buffers of this process, of the kernel or of the network.
 */
export class AckedLine {
  readonly #sentMs = new Float64Array(REMEMBERED);
  readonly #bytes = new Float64Array(REMEMBERED);
  #sent = 0;
  #sentBytes = 0;
  #acked = 0;
  #baseMs = Number.POSITIVE_INFINITY;
  #delayMs = 0;
  #throughput: number | undefined;
  #window: { readonly startMs: number; readonly bytes: number } | undefined;

  /** Units sent so far. */
  get sentUnits(): number {
    return this.#sent;
  }

  /** A unit was handed to the connection. */
  sent(byteLength: number, nowMs: number): void {
    const slot = this.#sent % REMEMBERED;
    this.#sent += 1;
    this.#sentBytes += byteLength;
    this.#sentMs[slot] = nowMs;
    this.#bytes[slot] = this.#sentBytes;
  }

  /** The viewer has received so many units in all. */
  acked(units: number, nowMs: number): void {
    if (units < this.#acked || units > this.#sent) return; // not of this connection
    this.#acked = units;
    const delayMs = this.#oldestMs(nowMs);
    this.#baseMs = Math.min(delayMs, this.#baseMs + (delayMs - this.#baseMs) * BASE_DRIFT || delayMs);
    this.#delayMs = delayMs;
    this.#measure(nowMs);
  }

  /** Whether the viewer acknowledges at all. */
  get isAcked(): boolean {
    return this.#acked > 0;
  }

  report(nowMs: number): LineReport {
    // A viewer that says nothing any more: what it has not acknowledged grows older.
    const delayMs = Math.max(this.#delayMs, this.#oldestMs(nowMs)) - (this.isAcked ? this.#baseMs : 0);
    return { delayMs: Math.max(0, delayMs), loss: 0, throughput: this.#throughput };
  }

  /** How long the oldest unit waits that is not acknowledged. */
  #oldestMs(nowMs: number): number {
    if (this.#acked === this.#sent) return 0;
    const oldest = Math.max(this.#acked, this.#sent - REMEMBERED);
    return nowMs - (this.#sentMs[oldest % REMEMBERED] ?? nowMs);
  }

  #measure(nowMs: number): void {
    if (this.#acked === 0 || this.#sent - this.#acked >= REMEMBERED) return;
    const bytes = this.#bytes[(this.#acked - 1) % REMEMBERED] ?? 0;
    const window = this.#window;
    if (window !== undefined && nowMs - window.startMs < WINDOW_MS) return;
    this.#window = { startMs: nowMs, bytes };
    if (window !== undefined) this.#throughput = ((bytes - window.bytes) * 8000) / (nowMs - window.startMs);
  }
}
