import { ProtocolError, type AccessUnit, type Codec, type Track } from '@vedette/media';
import { writeAac } from './aac-packetizer.ts';
import { writeAv1 } from './av1-packetizer.ts';
import { BurstWriter } from './burst.ts';
import type { BurstOptions, RtpBurst } from './burst.ts';
import { writeG711, writeOpus } from './audio-packetizer.ts';
import { writeH264 } from './h264-packetizer.ts';
import { writeH265 } from './h265-packetizer.ts';
import { writeVp8, writeVp9 } from './vpx-packetizer.ts';

export interface PacketizerOptions extends BurstOptions {
  /** RTP timestamp of PTS 0, 32 bits; should be random (RFC 3550 §5.1). */
  readonly firstTimestamp: number;
}

/** Turns the access units of one track into RTP packets, one buffer a unit. */
export interface RtpPacketizer {
  /** Ticks per second of the RTP timestamps. */
  readonly clockRate: number;
  readonly ssrc: number;
  readonly payloadType: number;
  /** Sequence number the next packet gets (`seq` of `RTP-Info`). */
  readonly nextSequenceNumber: number;
  /** RTP timestamp for a presentation time in ticks of the track (`rtptime` of `RTP-Info`, sender reports). */
  timestampOf(pts: number): number;
  /**
   * The packets of `unit`, marker bit set where the codec's payload format wants it. Parameter sets
   * may change from unit to unit; the codec may not.
   *
   * @throws {ProtocolError} The unit does not fit the payload format (`ERR_AAC_FRAME_TOO_LARGE`), or
   * there is none for its codec (`ERR_RTP_CODEC`).
   */
  packetize(unit: AccessUnit): RtpBurst;
}

/** A payload format: cuts the parts of a unit into packets. */
type PayloadWriter = (parts: readonly Uint8Array[], writer: BurstWriter, track: Track) => void;

const PAYLOAD_WRITERS: Readonly<Record<Codec, PayloadWriter>> = {
  h264: writeH264,
  h265: writeH265,
  aac: writeAac,
  opus: writeOpus,
  pcmu: writeG711,
  pcma: writeG711,
  av1: writeAv1,
  vp9: writeVp9,
  vp8: writeVp8,
  mjpeg: refuse,
  mpa: refuse,
};

function refuse(_parts: readonly Uint8Array[], _writer: BurstWriter, { codec }: Track): never {
  throw new ProtocolError('ERR_RTP_CODEC', `${codec} is not sent by RTP`);
}

/** Ticks per second of a track's RTP timestamps: 90 000 for video, the track's own clock for audio. */
export function rtpClockRate(track: Track): number {
  return track.kind === 'video' ? 90_000 : track.clockRate;
}

/**
 * The payload type a track is sent as by RTSP: the static one for G.711 at 8 kHz mono (RFC 3551 §6),
 * else a dynamic one by the track's place.
 */
export function rtspPayloadType(track: Track): number {
  if (
    (track.codec === 'pcmu' || track.codec === 'pcma') &&
    track.sampleRate === 8000 &&
    track.channels === 1
  ) {
    return track.codec === 'pcmu' ? 0 : 8;
  }
  return 96 + (track.id % 32);
}

/** @throws {RangeError} `maxPacketLength` is too small or too large. */
export function createPacketizer(track: Track, options: PacketizerOptions): RtpPacketizer {
  const writer = new BurstWriter(options);
  const clockRate = rtpClockRate(track);
  const scale = clockRate / track.clockRate;
  const write = PAYLOAD_WRITERS[track.codec];
  // Audio sets the marker at the start of a talkspurt (RFC 3551 §4.1), which a camera's sound never
  // has; AAC sets it like video, on the packet that ends a frame (RFC 3640 §3.1).
  const marksLast = track.kind === 'video' || track.codec === 'aac';
  const timestampOf = (pts: number): number => (options.firstTimestamp + Math.round(pts * scale)) >>> 0;
  return {
    clockRate,
    ssrc: options.ssrc,
    payloadType: options.payloadType,
    get nextSequenceNumber() {
      return writer.nextSequenceNumber;
    },
    timestampOf,
    packetize(unit) {
      writer.begin(timestampOf(unit.pts), unit.data);
      write(unit.data, writer, unit.track);
      return writer.finish(marksLast);
    },
  };
}
