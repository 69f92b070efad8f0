import type { Codec } from '@vedette/media';
import type { LineFigures } from './line-estimate.ts';

/** What is sent to one viewer in one section of its offer. */
export interface SentTrack {
  /** Of the channel. */
  readonly trackId: number;
  /** As the viewer's offer numbers the codec. */
  readonly payloadType: number;
  /** Of its RTP timestamps, in Hz. */
  readonly clockRate: number;
  /** Id of the playout-delay extension (1-14) in the viewer's offer; 0 where it has none. */
  readonly playoutDelayId: number;
  /** Id of the transport-wide sequence number (1-14) in the viewer's offer; 0 where it has none. */
  readonly transportSequenceId: number;
}

/** A peer that wants to view the stream of a channel. */
export interface ViewerRequest {
  /** Chosen by the gateway; never used twice in a worker's life. */
  readonly viewer: number;
  readonly channel: number;
  /** For the WebRTC library: see `serializeLibraryOffer`. */
  readonly offer: string;
  readonly video: SentTrack | null;
  readonly audio: SentTrack | null;
}

/** A destination has answered our offer: it is sent to as a viewer is. */
export interface AcceptRequest extends Omit<ViewerRequest, 'offer'> {
  /** For the WebRTC library: see `serializeLibraryAnswer`. */
  readonly answer: string;
  /** Addresses of the destination, values of `a=candidate`. */
  readonly candidates: readonly string[];
}

/** How a stream goes out, the same to all its viewers. */
export interface StreamSettings {
  readonly channel: number;
  /** SSRCs of pictures and sound (RFC 3550 §8). */
  readonly videoSsrc: number;
  readonly audioSsrc: number;
  /** Names the clock that pictures and sound share (RFC 3550 §6.5.1). */
  readonly cname: string;
  /** RTP timestamp of PTS 0: the same for all, so that a viewer can go from one to another in the same time. */
  readonly firstTimestamp: number;
  /** Range, in milliseconds, that players may choose their buffering from. */
  readonly playoutDelay: { readonly minMs: number; readonly maxMs: number };
}

/** What became of one viewer so far. */
export interface ViewerTotals {
  readonly viewer: number;
  /** RTP bytes handed to the network, retransmissions not counted. */
  readonly bytes: number;
  /** Units left out because the viewer was slow or its network lossy. */
  readonly dropped: number;
  /** Bytes that wait to be sent, by arithmetic. */
  readonly queuedBytes: number;
  /** What the viewer last reported of its pictures (of its sound, where there are none). */
  readonly lossPercent: number;
  readonly jitterMs: number;
  /** Round trip, in milliseconds; `null` until measured. */
  readonly roundTripMs: number | null;
}

/** How one viewer's line fares: what the quality it is given follows. */
export interface ViewerLineFigures extends LineFigures {
  readonly viewer: number;
}

/** A viewer goes over to another stream, whose codecs are the same. */
export interface MoveRequest {
  readonly viewer: number;
  readonly channel: number;
  /** Of the channel; -1 where the viewer is sent none. */
  readonly videoTrackId: number;
  readonly audioTrackId: number;
}

/** What a publisher sends in one section of its offer. */
export interface ReceivedTrack {
  readonly kind: 'video' | 'audio';
  readonly codec: Codec;
  /** As its offer names it, in lower case. */
  readonly encoding: string;
  readonly payloadType: number;
  /** Of packets that are sent again; -1 where they come as they were. */
  readonly rtxPayloadType: number;
  /** Of its RTP timestamps, in Hz. */
  readonly clockRate: number;
  readonly channels: number;
  /** As in `a=fmtp`. */
  readonly fmtp: string;
  /** Id of the transport-wide sequence number (1-14); 0 where it has none. */
  readonly transportSequenceId: number;
}

/** A peer that wants to publish; its media comes back on the channel. */
export interface PublisherRequest {
  /** Chosen by the gateway; never used twice in a worker's life. */
  readonly publisher: number;
  readonly channel: number;
  /** For the WebRTC library: see `serializeLibraryPublishOffer`. */
  readonly offer: string;
  readonly tracks: readonly ReceivedTrack[];
  /** Ours, in what we report. */
  readonly ssrc: number;
}

/** What came of one publisher so far. */
export interface PublisherTotals {
  readonly publisher: number;
  /** RTP bytes, those sent again included. */
  readonly bytes: number;
  /** Packets that did not come in time, in spite of being asked for. */
  readonly lostPackets: number;
  readonly damagedPictures: number;
  readonly lossPercent: number;
  readonly jitterMs: number;
  /** Round trip, in milliseconds; `null` until a lost packet was sent again. */
  readonly roundTripMs: number | null;
}

/** What the gateway asks of a WebRTC worker, and tells it. */
export interface WebrtcOrders {
  readonly requests: {
    /** Takes the one UDP port of this worker; once, before all else. Fails where it is taken. */
    readonly listen: {
      readonly params: { readonly address: string; readonly port: number };
      readonly result: null;
    };
    /** Joins the channel on which a stream's media follows. */
    readonly openStream: { readonly params: StreamSettings; readonly result: null };
    /** The library's answer, all its candidates in it. */
    readonly view: { readonly params: ViewerRequest; readonly result: { readonly answer: string } };
    /** Makes a connection to a destination, under a number as of viewers: the library's offer, all candidates in it. */
    readonly offer: {
      readonly params: { readonly viewer: number };
      readonly result: { readonly offer: string };
    };
    /** Connects what made the offer, and sends it the channel's stream. */
    readonly accept: { readonly params: AcceptRequest; readonly result: null };
    /** Answered when the viewer has gone over, at an entry point of the other stream, or will not. */
    readonly move: { readonly params: MoveRequest; readonly result: { readonly hasMoved: boolean } };
    /** Joins the channel, and sends what the publisher does on it. */
    readonly receive: { readonly params: PublisherRequest; readonly result: { readonly answer: string } };
  };
  readonly notices: {
    /** Further addresses of a viewer, values of `a=candidate`. */
    readonly candidates: { readonly viewer: number; readonly candidates: readonly string[] };
    /** Also of one that has made an offer and got no answer. */
    readonly close: { readonly viewer: number; readonly reason: string };
    /** Its line is overrun: no pictures until it has gone over to another stream. */
    readonly rest: { readonly viewer: number };
    /** Further addresses of a publisher. */
    readonly publisherCandidates: { readonly publisher: number; readonly candidates: readonly string[] };
    readonly closePublisher: { readonly publisher: number; readonly reason: string };
    /** Asks a publisher for a picture to begin with. */
    readonly keyFrame: { readonly publisher: number };
  };
}

/** What a WebRTC worker tells the gateway. */
export interface WebrtcNews {
  readonly requests: Record<string, never>;
  readonly notices: {
    readonly connected: { readonly viewer: number; readonly setupMs: number };
    /** Also answers `close`. */
    readonly closed: { readonly reason: string; readonly totals: ViewerTotals };
    /** Of viewers whose totals changed; once a second. */
    readonly totals: readonly ViewerTotals[];
    /** Of viewers that give feedback; a few times a second. */
    readonly lines: readonly ViewerLineFigures[];
    /** A viewer of the channel's stream has nothing to begin with. */
    readonly keyFrameWanted: { readonly channel: number };
    readonly publisherConnected: { readonly publisher: number };
    /** A sender report: `pts` of a track of its channel was captured at `unixMs`. */
    readonly publisherReport: {
      readonly publisher: number;
      readonly trackId: number;
      readonly pts: number;
      readonly unixMs: number;
    };
    /** Also answers `closePublisher`. */
    readonly publisherClosed: { readonly reason: string; readonly totals: PublisherTotals };
    /** Once a second, of all. */
    readonly publisherTotals: readonly PublisherTotals[];
  };
}
