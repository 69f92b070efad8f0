import type { NtpTimestamp } from '@vedette/media';

/** What a receiver says of one sender (RFC 3550 §6.4.1). */
export interface ReportBlock {
  readonly ssrc: number;
  /** Share lost since the report before, in 1/256. */
  readonly fractionLost: number;
  /** Lost since the start, signed 24 bits: duplicates can make it negative. */
  readonly packetsLost: number;
  /** Highest sequence number received, with the number of wraps in the upper 16 bits. */
  readonly highestSequenceNumber: number;
  /** Ticks of the payload's clock. */
  readonly jitter: number;
  /** Middle 32 bits of the NTP time of the last sender report; 0 if there was none. */
  readonly lastSenderReport: number;
  /** Time since that report, in 1/65536 s. */
  readonly delaySinceLastSenderReport: number;
}

/** RFC 3550 §6.4.1. */
export interface SenderReport {
  readonly type: 'sr';
  readonly ssrc: number;
  readonly ntp: NtpTimestamp;
  /** The same instant in RTP time. */
  readonly rtpTimestamp: number;
  /** Since the start, wraps at 2^32. */
  readonly packetCount: number;
  /** Payload bytes since the start, wraps at 2^32. */
  readonly octetCount: number;
  readonly reports: readonly ReportBlock[];
}

/** RFC 3550 §6.4.2. */
export interface ReceiverReport {
  readonly type: 'rr';
  readonly ssrc: number;
  readonly reports: readonly ReportBlock[];
}

/** RFC 3550 §6.5; of the items only CNAME is kept. */
export interface SourceDescription {
  readonly type: 'sdes';
  readonly chunks: readonly { readonly ssrc: number; readonly cname: string | undefined }[];
}

/** RFC 3550 §6.6. */
export interface Goodbye {
  readonly type: 'bye';
  readonly ssrcs: readonly number[];
  readonly reason: string | undefined;
}

/** RFC 3550 §6.7. */
export interface ApplicationDefined {
  readonly type: 'app';
  readonly subtype: number;
  readonly ssrc: number;
  /** Four ASCII characters. */
  readonly name: string;
  readonly data: Uint8Array;
}

/** Some pictures were lost: send a random access point (RFC 4585 §6.3.1). */
export interface PictureLossIndication {
  readonly type: 'pli';
  readonly senderSsrc: number;
  readonly mediaSsrc: number;
}

/** Send a random access point (RFC 5104 §4.3.1). */
export interface FullIntraRequest {
  readonly type: 'fir';
  readonly senderSsrc: number;
  readonly entries: readonly { readonly ssrc: number; readonly sequenceNumber: number }[];
}

/** Generic NACK: these packets are missing (RFC 4585 §6.2.1). */
export interface Nack {
  readonly type: 'nack';
  readonly senderSsrc: number;
  readonly mediaSsrc: number;
  /** In the order of the message; at most 17 per 4 bytes of it. */
  readonly sequenceNumbers: readonly number[];
}

/** Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb-03). */
export interface ReceiverEstimatedMaxBitrate {
  readonly type: 'remb';
  readonly senderSsrc: number;
  readonly bitsPerSecond: number;
  readonly ssrcs: readonly number[];
}

/** Fate of one packet: not received, or received this long after the one before. */
export interface PacketArrival {
  /** Transport-wide sequence number. */
  readonly sequenceNumber: number;
  /** Microseconds, steps of 250, since the arrival before; for the first since the reference time. `undefined`: not received. */
  readonly deltaUs: number | undefined;
}

/** Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1). */
export interface TransportFeedback {
  readonly type: 'twcc';
  readonly senderSsrc: number;
  readonly mediaSsrc: number;
  /** Multiple of 64 ms, signed 24 bits of it. */
  readonly referenceTimeMs: number;
  /** Number of this message, 8 bits, wraps. */
  readonly feedbackCount: number;
  /** One entry per packet, sequence numbers rising by one. */
  readonly packets: readonly PacketArrival[];
}

/** A packet of a type not known here; tolerated. */
export interface UnknownRtcp {
  readonly type: 'unknown';
  readonly packetType: number;
  /** The five bits after the version: report count, subtype or feedback format. */
  readonly count: number;
  /** Without the 4-byte header. */
  readonly body: Uint8Array;
}

export type RtcpPacket =
  | SenderReport
  | ReceiverReport
  | SourceDescription
  | Goodbye
  | ApplicationDefined
  | PictureLossIndication
  | FullIntraRequest
  | Nack
  | ReceiverEstimatedMaxBitrate
  | TransportFeedback
  | UnknownRtcp;
