import {
  parseFormatParameters,
  RTP_FIXED_HEADER_LENGTH,
  transportSequenceOf,
  unwrapRetransmission,
  type SdpTrack,
} from '@vedette/protocols';
import type { ReceivedTrack } from './messages.ts';

/** What of a publisher's tracks the reception needs, as a description would have it. */
export function sdpTrackOf(track: ReceivedTrack, mediaIndex: number): SdpTrack {
  const { kind, codec, encoding, payloadType, clockRate, channels, fmtp } = track;
  return {
    mediaIndex,
    kind,
    codec,
    encoding,
    payloadType,
    clockRate,
    channels,
    fmtp: parseFormatParameters(fmtp),
    control: undefined,
    vps: [],
    sps: [],
    pps: [],
    audioConfig: undefined,
  };
}

/** RFC 5761 §4: what is RTCP and what RTP, where both come the same way. */
export function isRtcp(packet: Uint8Array): boolean {
  const type = packet[1] ?? 0;
  return type >= 192 && type <= 223;
}

/** An RTP packet and the track that it belongs to. */
export interface SortedPacket {
  /** Of the tracks, from 0. */
  readonly index: number;
  readonly packet: Uint8Array;
  /** It was sent again. */
  readonly isRepair: boolean;
}

/** Tells a publisher's packets apart: by payload type, retransmissions by theirs. */
export class IncomingMedia {
  readonly #tracks: readonly ReceivedTrack[];
  readonly #ssrcOf: (index: number) => number | undefined;

  /** @param ssrcOf of the packets that came of a track so far. */
  constructor(tracks: readonly ReceivedTrack[], ssrcOf: (index: number) => number | undefined) {
    this.#tracks = tracks;
    this.#ssrcOf = ssrcOf;
  }

  /** Transport-wide number of a packet, of whatever track; `undefined` where it has none. */
  transportSequence(packet: Uint8Array): number | undefined {
    const id = this.#tracks.find(({ transportSequenceId }) => transportSequenceId > 0)?.transportSequenceId;
    return id === undefined ? undefined : transportSequenceOf(packet, id);
  }

  /** `undefined`: not of these tracks, or nothing but padding. */
  sort(packet: Uint8Array): SortedPacket | undefined {
    if (packet.length <= RTP_FIXED_HEADER_LENGTH) return undefined;
    const payloadType = (packet[1] ?? 0) & 0x7f;
    const index = this.#tracks.findIndex((track) => track.payloadType === payloadType);
    if (index !== -1) return { index, packet, isRepair: false };
    return this.#repair(packet, payloadType);
  }

  #repair(packet: Uint8Array, payloadType: number): SortedPacket | undefined {
    const index = this.#tracks.findIndex(({ rtxPayloadType }) => rtxPayloadType === payloadType);
    const track = this.#tracks[index];
    const ssrc = this.#ssrcOf(index);
    if (track === undefined || ssrc === undefined) return undefined;
    const unwrapped = unwrapRetransmission(packet, track.payloadType, ssrc);
    return unwrapped && { index, packet: unwrapped, isRepair: true };
  }
}
