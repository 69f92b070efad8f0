import {
  createStatistics,
  SrtConnection,
  type PayloadListener,
  type SrtAgreement,
  type SrtEnd,
  type SrtStatistics,
  type SrtWire,
} from '@vedette/protocols';
import type { NetworkQuality } from '../../sessions/session-registry.ts';
import { srtClock } from './srt-socket.ts';

/** What the owner of a connection hears; set before the first packet can come. */
export interface SrtLinkListener {
  readonly onPayload: PayloadListener;
  /** The connection is over, in words for the log. */
  readonly onClosed: (reason: string) => void;
}

const ENDS: Readonly<Record<SrtEnd, string>> = {
  shutdown: 'the peer said goodbye',
  silent: 'the peer has said nothing for 5 s',
  peerError: 'the peer has failed',
};
/** Loss is told of about the last seconds: old ones fade by this much every second. */
const FADING = 0.7;
const SAMPLE_US = 1_000_000;

/** An established SRT connection on a socket: the state machine, with the clock and the wire that it needs. */
export class SrtLink {
  readonly #connection: SrtConnection;
  #listener: SrtLinkListener | undefined;
  #sampled: SrtStatistics = createStatistics();
  #sampledUs: number;
  #lossShare = 0;

  constructor(agreement: SrtAgreement, wire: SrtWire) {
    const nowUs = srtClock();
    this.#sampledUs = nowUs;
    this.#connection = new SrtConnection(
      agreement,
      {
        wire,
        onPayload: (payload, isBehindGap) => this.#listener?.onPayload(payload, isBehindGap),
        onClosed: (end) => this.#listener?.onClosed(ENDS[end]),
      },
      nowUs,
    );
  }

  get agreement(): SrtAgreement {
    return this.#connection.agreement;
  }

  get statistics(): SrtStatistics {
    return this.#connection.statistics;
  }

  get unsentBytes(): number {
    return this.#connection.unsentBytes;
  }

  /** Bytes held for the peer: not sent, or not acknowledged. */
  get keptBytes(): number {
    return this.#connection.keptBytes;
  }

  get isClosed(): boolean {
    return this.#connection.isClosed;
  }

  /** What the peer calls itself, as far as SRT tells. */
  get peerVersion(): string {
    return srtVersionName(this.agreement.peerVersion);
  }

  /** How the network does lately. */
  get network(): NetworkQuality {
    const { roundTrip } = this.#connection;
    return {
      lossPercent: Math.round(this.#lossShare * 10_000) / 100,
      jitterMs: (roundTrip?.varianceUs ?? 0) / 1000,
      ...(roundTrip === undefined ? {} : { roundTripMs: roundTrip.us / 1000 }),
    };
  }

  listen(listener: SrtLinkListener): void {
    this.#listener = listener;
  }

  /** Whether something was given up lately because it could not be brought to the peer in time. */
  hasDroppedWithin(ms: number): boolean {
    return srtClock() - this.#connection.droppedUs < ms * 1000;
  }

  /** Sends media; `bytes` must not change any more. */
  write(bytes: Uint8Array): void {
    this.#connection.write(bytes, srtClock());
  }

  receive(packet: Uint8Array): void {
    this.#connection.receive(packet, srtClock());
  }

  tick(nowUs: number): void {
    this.#connection.tick(nowUs);
    if (nowUs - this.#sampledUs >= SAMPLE_US) this.#sample(nowUs);
  }

  /** Says goodbye. Safe to call twice. */
  close(): void {
    this.#connection.close(srtClock());
  }

  #sample(nowUs: number): void {
    const now = this.statistics;
    const before = this.#sampled;
    const lost = now.lost - before.lost + (now.reportedLost - before.reportedLost);
    const packets = now.received - before.received + (now.sent - before.sent);
    const share = packets === 0 ? 0 : Math.min(1, lost / Math.max(packets, lost));
    this.#lossShare = FADING * this.#lossShare + (1 - FADING) * share;
    this.#sampled = { ...now };
    this.#sampledUs = nowUs;
  }
}

/** A version of a handshake as people know it: `SRT/1.5.1`. */
export function srtVersionName(version: number): string {
  return `SRT/${(version >> 16) & 0xff}.${(version >> 8) & 0xff}.${version & 0xff}`;
}
