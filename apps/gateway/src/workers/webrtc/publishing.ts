import type { AccessUnit, Track } from '@vedette/media';
import type { PublishingPlan, WebrtcOffer } from '@vedette/protocols';
import type { PublisherTotals } from './messages.ts';

/** What becomes of one publisher's media and life, as its worker tells it. */
export interface PublisherHandler {
  /** Before the first unit, and again when their parameters change. */
  onTracks(tracks: readonly Track[]): void;
  onUnit(unit: AccessUnit): void;
  /** Its clock: `pts` of a track was captured at `unixMs`. */
  onReport(trackId: number, pts: number, unixMs: number): void;
  onTotals(totals: PublisherTotals): void;
  /** It is over, for good. Not called where `receive` failed. */
  onEnd(reason: string): void;
}

/** One publisher's connection, as the gateway holds it. */
export interface PublisherLine {
  /** To the publisher's offer. */
  readonly answer: string;
  /** Values of `a=candidate`. */
  addCandidates(candidates: readonly string[]): void;
  requestKeyFrame(): void;
  /** Ends it; `onEnd` follows. */
  close(reason: string): void;
}

/** The WebRTC workers, as publishing needs them. */
export interface PublisherWorkers {
  /**
   * Connects a publisher.
   *
   * @throws {LinkError} a worker rests after crashing again and again, or refuses the offer.
   * @throws {ProtocolError} `ERR_WEBRTC_TRANSPORT`.
   */
  receive(offer: WebrtcOffer, plan: PublishingPlan, handler: PublisherHandler): Promise<PublisherLine>;
}
