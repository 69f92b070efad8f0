/** The ways to play that this package knows. */
export type Protocol = 'webrtc' | 'mse' | 'hls';

/** In the order in which `auto` tries them. */
export const PROTOCOLS: readonly Protocol[] = ['webrtc', 'mse', 'hls'];

/** What the person asked for; `auto` is WebRTC, where that does not get through MSE, where neither does LL-HLS. */
export type ProtocolChoice = 'auto' | Protocol;

/** Which rendition of a camera is wanted. */
export interface QualityWish {
  /** Its name, or `auto`. */
  readonly quality: string;
  /** Lines that there is room for; absent: any number. */
  readonly maxHeight?: number;
}

/** A rendition that may be chosen. */
export interface QualityOption {
  readonly name: string;
  /** Lines; 0 where nobody knows. */
  readonly height: number;
}

/** Which rendition is playing. */
export interface QualityState {
  readonly quality: string;
  /** Nobody chose it: it follows the line. */
  readonly isAutomatic: boolean;
  readonly available: readonly QualityOption[];
}

/** Why a playback did not begin or did not go on. */
export type PlaybackFailure =
  /** The gateway does not answer. */
  | { readonly kind: 'unreachable' }
  /** The gateway has no pictures of this camera now. */
  | { readonly kind: 'offline'; readonly reason: string }
  /** This protocol or browser can't carry what the camera sends. */
  | { readonly kind: 'unsupported'; readonly obstacle: Obstacle }
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'notFound' }
  /** No picture in time: UDP is blocked, or the network is very slow. */
  | { readonly kind: 'timeout' }
  /** It played, and the connection broke. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'refused'; readonly reason: string };

/** What stands in the way of playing a camera in one protocol. */
export interface Obstacle {
  readonly kind: 'reorderedPictures' | 'codec' | 'browser' | 'disabled';
  /** The codec as people know it (`H.265`), where it is the codec that stands in the way. */
  readonly codec?: string;
}

/** Told by a playback to its owner. After `onFailure` it is silent, and closed by the owner. */
export interface PlaybackListener {
  onFirstFrame(): void;
  /** Pictures have stopped (`true`) or are back (`false`); the connection itself may be well. */
  onStall(isStalled: boolean): void;
  onFailure(failure: PlaybackFailure): void;
  onQuality?(state: QualityState): void;
}

/** Measured over the last second or so. Absent: this protocol or browser can't tell. */
export interface PlaybackStats {
  readonly protocol: Protocol;
  readonly codec?: string;
  readonly width: number;
  readonly height: number;
  /** Frames shown per second. */
  readonly frameRate?: number;
  /** Bits per second received, audio included. */
  readonly bitrate?: number;
  /**
   * WebRTC: network, jitter buffer and decoder, without what happened before the gateway sent it.
   * MSE and HLS: behind the camera's clock.
   */
  readonly latencyMs?: number;
  readonly roundTripMs?: number;
  /** Since playing began. */
  readonly droppedFrames: number;
  readonly lostPackets?: number;
}

/** One attempt to play one camera in one protocol into one `<video>`. */
export interface Playback {
  readonly protocol: Protocol;
  readonly video: HTMLVideoElement;
  /** Begins; call once. What follows is told to the listener. */
  open(): void;
  /** Costs a little: ask once a second, and only while the figures are looked at. */
  stats(): Promise<PlaybackStats>;
  /** Asks for another rendition; playing goes on. */
  setQuality?(wish: QualityWish): void;
  /** Ends it and frees the decoder. Safe to call twice; tells the listener nothing. */
  close(): void;
}
