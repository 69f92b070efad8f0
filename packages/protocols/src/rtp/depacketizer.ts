import type { Codec } from '@vedette/media';
import type { FormatParameters } from './format-parameters.ts';
import type { RtpPacket } from './packet.ts';

/** How a payload is coded: what `a=rtpmap` and `a=fmtp` say. */
export interface RtpFormat {
  readonly codec: Codec;
  /** Encoding name in lower case: `h264`, `h265`, `mpeg4-generic`, `mp4a-latm`, `opus`, `pcmu`, `pcma`. */
  readonly encoding: string;
  /** Ticks per second of the RTP timestamps. */
  readonly clockRate: number;
  /** 1 for video. */
  readonly channels: number;
  readonly fmtp: FormatParameters;
}

/** One coded picture, or one audio frame, as it came out of its packets. */
export interface DepacketizedUnit {
  /** 32-bit RTP timestamp. */
  readonly timestamp: number;
  /** Whole NAL units without start codes, or exactly one audio frame. Views of packets where possible. */
  readonly data: readonly Uint8Array[];
  /** Sum of the lengths in `data`. */
  readonly byteLength: number;
  /**
   * Something between the unit before and this one was lost, or came damaged and was left out:
   * pictures that refer to it cannot be decoded, so video starts again at the next random access point.
   */
  readonly followsLoss: boolean;
}

/**
 * Puts the units of one RTP stream together. Packets come in order of sequence number (see
 * `ReorderBuffer` for UDP); a gap costs the units it touches and no others.
 */
export interface Depacketizer {
  /** Units left out since the start because packets were missing or malformed. */
  readonly damagedUnits: number;
  /**
   * Takes the next packet and returns the units it completes: none, one, or several (audio).
   *
   * @throws {ProtocolError} A malformed payload or a broken limit. The unit in progress is dropped,
   *   and the depacketizer may be fed further.
   */
  push(packet: RtpPacket): readonly DepacketizedUnit[];
  /**
   * Ends the unit in progress, where the stream stops. Not for an idle moment: the rest of a picture
   * that comes later is dropped.
   */
  flush(): readonly DepacketizedUnit[];
}
