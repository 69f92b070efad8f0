import type { AccessUnit, Track } from '@vedette/media';
import {
  burstPacket,
  burstPacketCount,
  createPacketizer,
  playoutDelayElement,
  rtpClockRate,
  serializeExtensionElements,
  WEBRTC_MAX_PACKET_LENGTH,
  type RtpPacketizer,
} from '@vedette/protocols';
import type { StreamSettings } from './messages.ts';

/**
 * One access unit as RTP packets, made once for all viewers. Each viewer's own numbers are written
 * into the same bytes just before they are sent to it: the library copies what it is given.
 */
export interface PacketRun {
  readonly track: Track;
  readonly packets: readonly Buffer[];
  /** The stream's own RTP timestamp. */
  readonly timestamp: number;
  /** RTP packets, in bytes. */
  readonly byteLength: number;
  /** Payload alone, as sender reports count it. */
  readonly payloadLength: number;
  /** Decoding can start here. */
  readonly isEntry: boolean;
}

/** Where the word with the playout delay stands in each packet with a piece of a picture. */
export const PLAYOUT_DELAY_OFFSET = 16;

/** Where the transport-wide sequence number stands, after that. */
export const TRANSPORT_SEQUENCE_OFFSET = 20;

/** The extensions as they are laid out in every packet; viewers that know them by ids get those written in. */
const EXTENSIONS = serializeExtensionElements([
  playoutDelayElement(1, 0, 0),
  { id: 2, data: Uint8Array.of(0, 0) },
]);

/** Makes the packets of one track. */
export class RunMaker {
  readonly #packetizer: RtpPacketizer;

  constructor(track: Track, { videoSsrc, audioSsrc, firstTimestamp }: StreamSettings) {
    const isVideo = track.kind === 'video';
    this.#packetizer = createPacketizer(track, {
      payloadType: 96,
      ssrc: isVideo ? videoSsrc : audioSsrc,
      firstSequenceNumber: 0,
      firstTimestamp,
      maxPacketLength: WEBRTC_MAX_PACKET_LENGTH,
      extension: isVideo ? EXTENSIONS : undefined,
    });
  }

  make(unit: AccessUnit): PacketRun {
    const burst = this.#packetizer.packetize(unit);
    const packets: Buffer[] = [];
    for (let index = 0; index < burstPacketCount(burst); index += 1) {
      const { buffer, byteOffset, byteLength } = burstPacket(burst, index);
      packets.push(Buffer.from(buffer, byteOffset, byteLength));
    }
    const { timestamp, payloadLength, bytes } = burst;
    const { track, isRandomAccess: isEntry } = unit;
    return { track, packets, timestamp, byteLength: bytes.byteLength, payloadLength, isEntry };
  }
}

/** An instant in the track's RTP time and the wall clock. */
export interface ClockReading {
  readonly timestamp: number;
  readonly wallClockMs: number;
  /** When the unit that says so came, by the steady clock. */
  readonly atMs: number;
}

/** Clocks further apart than this are not of one world: then the camera's is passed on. */
const SAME_CLOCK_MS = 10_000;

/**
 * The instant for a sender report (RFC 3550 §6.4.1): a wall-clock time and the same in RTP time.
 *
 * By the gateway's clock, so that players can tell the whole way's delay from it; by the camera's
 * where that is set wrong, so that RTP time need not be stretched over hours.
 *
 * @param nowMs steady clock; milliseconds since the Unix epoch
 */
export function reportInstant(
  track: Track,
  { timestamp, wallClockMs, atMs }: ClockReading,
  nowMs: number,
): { unixMs: number; timestamp: number } {
  const isSameClock = Math.abs(nowMs - wallClockMs) < SAME_CLOCK_MS;
  const unixMs = isSameClock ? nowMs : wallClockMs + (nowMs - atMs);
  const ticks = Math.round(((unixMs - wallClockMs) * rtpClockRate(track)) / 1000);
  return { unixMs, timestamp: (timestamp + ticks) >>> 0 };
}
