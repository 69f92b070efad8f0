import { unixMsToNtp } from '@vedette/media';
import type { ReportBlock, SenderReport } from '../rtcp/packets.ts';
import { burstPacketCount } from './burst.ts';
import type { RtpBurst } from './burst.ts';
import type { RtpHeader } from './packet.ts';
import { MAX_DROPOUT, sequenceDistance } from './sequence.ts';

/** What a receiver counts of one RTP stream, for its receiver reports (RFC 3550 §6.4, A.3, A.8). */
export class ReceiverStatistics {
  readonly #clockRate: number;
  #ssrc: number | undefined;
  #firstSequence = 0;
  /** Highest sequence number, counted on beyond 65,535. */
  #highestSequence = 0;
  #received = 0;
  #expectedBefore = 0;
  #receivedBefore = 0;
  /** In ticks. */
  #jitter = 0;
  #lastTransit: number | undefined;
  #lastTimestamp = 0;
  #lastReport: { readonly compactNtp: number; readonly atMs: number } | undefined;

  /** @param clockRate Ticks per second of the payload, Hz. */
  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  /** SSRC of the stream; `undefined` before its first packet. */
  get ssrc(): number | undefined {
    return this.#ssrc;
  }

  get packetsReceived(): number {
    return this.#received;
  }

  /** Expected minus received: duplicates count as received, so it may be negative (RFC 3550 A.3). */
  get packetsLost(): number {
    return this.#expected - this.#received;
  }

  /** Interarrival jitter (RFC 3550 §6.4.1), in milliseconds. */
  get jitterMs(): number {
    return (this.#jitter / this.#clockRate) * 1000;
  }

  /** Takes every packet, in order of arrival. `nowMs` is any steady clock. */
  onPacket({ ssrc, sequenceNumber, timestamp }: RtpHeader, nowMs: number): void {
    const step = sequenceDistance(this.#highestSequence & 0xffff, sequenceNumber);
    if (ssrc !== this.#ssrc || Math.abs(step) > MAX_DROPOUT) this.#restart(ssrc, sequenceNumber);
    else if (step > 0) this.#highestSequence += step;
    this.#received += 1;
    this.#measureJitter(timestamp, nowMs);
  }

  onSenderReport(report: SenderReport, nowMs: number): void {
    const { seconds, fraction } = report.ntp;
    this.#lastReport = { compactNtp: (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0, atMs: nowMs };
  }

  /** The block for the next report, and starts the next interval; `undefined` before the first packet. */
  report(nowMs: number): ReportBlock | undefined {
    if (this.#ssrc === undefined) return undefined;
    const expected = this.#expected - this.#expectedBefore;
    const lost = expected - (this.#received - this.#receivedBefore);
    this.#expectedBefore = this.#expected;
    this.#receivedBefore = this.#received;
    const last = this.#lastReport;
    return {
      ssrc: this.#ssrc,
      fractionLost: expected > 0 && lost > 0 ? Math.min(255, Math.floor((lost * 256) / expected)) : 0,
      packetsLost: Math.max(-0x80_0000, Math.min(0x7f_ffff, this.packetsLost)),
      highestSequenceNumber: this.#highestSequence >>> 0,
      jitter: Math.floor(this.#jitter),
      lastSenderReport: last?.compactNtp ?? 0,
      delaySinceLastSenderReport: last === undefined ? 0 : Math.round((nowMs - last.atMs) * 65.536) >>> 0,
    };
  }

  get #expected(): number {
    return this.#ssrc === undefined ? 0 : this.#highestSequence - this.#firstSequence + 1;
  }

  #restart(ssrc: number, sequenceNumber: number): void {
    this.#ssrc = ssrc;
    this.#firstSequence = sequenceNumber;
    this.#highestSequence = sequenceNumber;
    this.#received = 0;
    this.#expectedBefore = 0;
    this.#receivedBefore = 0;
    this.#jitter = 0;
    this.#lastTransit = undefined;
  }

  /** RFC 3550 A.8. Packets of one picture share a timestamp: only its first one is an interarrival. */
  #measureJitter(timestamp: number, nowMs: number): void {
    if (this.#lastTransit !== undefined && timestamp === this.#lastTimestamp) return;
    const transit = (nowMs / 1000) * this.#clockRate - timestamp;
    if (this.#lastTransit !== undefined) {
      // Timestamps wrap: so does the difference.
      const difference = Math.abs(transit - this.#lastTransit) % 2 ** 32;
      this.#jitter += (Math.min(difference, 2 ** 32 - difference) - this.#jitter) / 16;
    }
    this.#lastTransit = transit;
    this.#lastTimestamp = timestamp;
  }
}

/** What a sender counts of one RTP stream, for its sender reports (RFC 3550 §6.4.1). */
export class SenderStatistics {
  readonly #ssrc: number;
  #packetCount = 0;
  #octetCount = 0;

  constructor(ssrc: number) {
    this.#ssrc = ssrc;
  }

  get packetCount(): number {
    return this.#packetCount;
  }

  /** Payload bytes. */
  get octetCount(): number {
    return this.#octetCount;
  }

  onBurst(burst: RtpBurst): void {
    this.#packetCount += burstPacketCount(burst);
    this.#octetCount += burst.payloadLength;
  }

  /** The report that says: RTP time `rtpTimestamp` is wall-clock time `unixMs` (milliseconds since 1970). */
  report(rtpTimestamp: number, unixMs: number): SenderReport {
    return {
      type: 'sr',
      ssrc: this.#ssrc,
      ntp: unixMsToNtp(unixMs),
      rtpTimestamp,
      packetCount: this.#packetCount >>> 0,
      octetCount: this.#octetCount >>> 0,
      reports: [],
    };
  }
}
