import { randomInt } from 'node:crypto';
import type { AccessUnit, Track } from '@vedette/media';
import {
  createPacketizer,
  SenderStatistics,
  RTSP_MAX_PACKET_LENGTH,
  rtspPayloadType,
  serializeRtcp,
  type RtpPacketizer,
} from '@vedette/protocols';
import { WireUnit } from './wire-unit.ts';

/** Channels that most clients ask for, and whose bytes are shared: 2i for RTP, 2i + 1 for RTCP. */
export function customaryChannel(trackId: number): number {
  return (trackId * 2) % 256;
}

/** The RTP stream of one track: one SSRC and one run of sequence numbers for all viewers. */
export class TrackSender {
  readonly #cname: string;
  readonly #clockRate: number;
  readonly #packetizer: RtpPacketizer;
  readonly #statistics: SenderStatistics;

  /** @param cname Names the sender to receivers; the same for all tracks of a stream (RFC 3550 §6.5.1). */
  constructor(track: Track, cname: string) {
    const ssrc = randomInt(2 ** 32);
    this.#cname = cname;
    this.#clockRate = track.clockRate;
    this.#statistics = new SenderStatistics(ssrc);
    this.#packetizer = createPacketizer(track, {
      ssrc,
      payloadType: rtspPayloadType(track),
      firstSequenceNumber: randomInt(2 ** 16),
      firstTimestamp: randomInt(2 ** 32),
      maxPacketLength: RTSP_MAX_PACKET_LENGTH,
      interleavedChannel: customaryChannel(track.id),
    });
  }

  get ssrc(): number {
    return this.#packetizer.ssrc;
  }

  get nextSequenceNumber(): number {
    return this.#packetizer.nextSequenceNumber;
  }

  /** RTP time of an instant on the stream's time line. */
  timestampAt(streamMs: number): number {
    return this.#packetizer.timestampOf((streamMs * this.#clockRate) / 1000);
  }

  /** @throws {ProtocolError} The unit does not fit the payload format. */
  packetize(unit: AccessUnit): WireUnit {
    const burst = this.#packetizer.packetize(unit);
    this.#statistics.onBurst(burst);
    return new WireUnit(unit, burst);
  }

  /** A compound packet that maps RTP time to the camera's clock (RFC 3550 §6.4.1). */
  senderReport(streamMs: number, wallClockMs: number): Uint8Array {
    return serializeRtcp([
      this.#statistics.report(this.timestampAt(streamMs), wallClockMs),
      { type: 'sdes', chunks: [{ ssrc: this.ssrc, cname: this.#cname }] },
    ]);
  }

  /** A compound packet that says the RTP stream is over (RFC 3550 §6.6). */
  goodbye(reason: string): Uint8Array {
    return serializeRtcp([
      { type: 'rr', ssrc: this.ssrc, reports: [] },
      { type: 'sdes', chunks: [{ ssrc: this.ssrc, cname: this.#cname }] },
      { type: 'bye', ssrcs: [this.ssrc], reason },
    ]);
  }
}
