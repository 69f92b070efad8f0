import type { SessionTotals } from '../../sessions/session-registry.ts';
import type { Stream } from '../../stream/stream.ts';

/** How one track reaches one viewer, as agreed in SETUP. */
export type TrackTransport =
  | {
      readonly kind: 'interleaved';
      readonly socket: InterleavedSocket;
      readonly rtpChannel: number;
      readonly rtcpChannel: number;
    }
  | { readonly kind: 'datagram'; readonly peer: DatagramPeer };

/** The part of a connection that interleaved media is written to. */
export interface InterleavedSocket {
  write(bytes: Uint8Array): boolean;
  cork(): void;
  uncork(): void;
  readonly writableLength: number;
  on(event: 'drain', listener: () => void): unknown;
  off(event: 'drain', listener: () => void): unknown;
}

/** One track's pair of ports at a peer. */
export interface DatagramPeer {
  sendRtp(packet: Uint8Array): void;
  sendRtcp(packet: Uint8Array): void;
}

/** Where a track begins for a viewer (RFC 2326 §12.33). */
export interface TrackStart {
  readonly trackId: number;
  readonly sequenceNumber: number;
  readonly rtpTimestamp: number;
}

/** What the server needs of a sink: one viewer of one stream. */
export interface Viewer {
  ssrcOf(trackId: number): number;
  setup(trackId: number, isVideo: boolean, transport: TrackTransport): void;
  /**
   * Calls `respond` once and sends the first picture behind what it writes; `false`, without that call, when
   * the stream has ended or has other tracks than this viewer was told of.
   */
  play(respond: (starts: readonly TrackStart[]) => void): boolean;
  pause(): void;
  /** Leaves the stream, saying goodbye where a reason is given. Safe to call twice. */
  close(goodbye?: string): void;
  totals(): SessionTotals;
}

/**
 * What RTSP can carry of a stream that is live: itself, or one made of it.
 *
 * @throws {ProtocolError} `ERR_QUALITY_UNKNOWN`.
 */
export type FitStream = (stream: Stream, quality: string | undefined) => Stream;

/**
 * Makes a viewer.
 *
 * @param onEnd called when the stream ends the viewer; `isStalled`: the peer reads nothing.
 */
export type OpenViewer = (stream: Stream, onEnd: (reason: string, isStalled: boolean) => void) => Viewer;

export type RecordAnswer =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'unknown' | 'notPublish' | 'busy'; readonly message: string };

/** What the server needs of a source: one peer that publishes. */
export interface Publisher {
  /** `a=control` of each media of the description, in order; `undefined` where there is none. */
  readonly controls: readonly (string | undefined)[];
  /** Whether media `index` is taken; others are set up and ignored. */
  setup(index: number, isDatagram: boolean, sendRtcp: (packet: Uint8Array) => void): void;
  record(): RecordAnswer;
  /** A packet of media `index`. Never throws: bad packets are counted. */
  onRtp(index: number, packet: Uint8Array): void;
  onRtcp(index: number, packet: Uint8Array): void;
  /** Leaves the camera. Safe to call twice. */
  close(): void;
  totals(): SessionTotals;
}

/**
 * Makes a publisher out of the description in ANNOUNCE.
 *
 * @param onEnd called when the publisher is not wanted any more, or is silent for too long.
 * @throws {ProtocolError} the description is bad, or holds nothing that can be received.
 */
export type OpenPublisher = (
  cameraId: string,
  description: string,
  onEnd: (reason: string) => void,
) => Publisher;
