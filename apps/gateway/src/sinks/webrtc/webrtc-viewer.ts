import type { Track } from '@vedette/media';
import {
  planViewing,
  serializeIceCandidate,
  WEBRTC_OFFER_LIMITS,
  type IceCandidate,
  type ViewingPlan,
  type WebrtcOffer,
} from '@vedette/protocols';
import type { SessionOwner, SessionTotals } from '../../sessions/session-registry.ts';
import type { ViewerLineFigures, ViewerTotals } from '../../workers/webrtc/messages.ts';

const NO_TOTALS: SessionTotals = { bytes: 0, dropped: 0, queuedBytes: 0 };

/** What a viewer needs of the worker that serves it. */
export interface ViewerLine {
  close(reason: string): void;
  /** No pictures until it has gone over to another stream. */
  rest(): void;
  addCandidates(candidates: readonly string[]): void;
}

/** One peer that views a stream, as the gateway knows it: what it agreed to, and how it fares. */
export class WebrtcViewer implements SessionOwner {
  /** Its name towards the worker. */
  readonly number: number;
  readonly offer: WebrtcOffer;
  readonly plan: ViewingPlan;
  readonly #line: ViewerLine;
  #totals = NO_TOTALS;
  #candidatesLeft = WEBRTC_OFFER_LIMITS.candidates;
  #endReason: string | undefined;
  #isConnected = false;
  #onConnected = (): void => undefined;
  readonly #listeners: ((reason: string) => void)[] = [];
  /** Told how the line fares, a few times a second. */
  onLine: (figures: ViewerLineFigures) => void = () => undefined;

  constructor(number: number, offer: WebrtcOffer, plan: ViewingPlan, line: ViewerLine) {
    this.number = number;
    this.offer = offer;
    this.plan = plan;
    this.#line = line;
  }

  totals(): SessionTotals {
    return this.#totals;
  }

  /** Ends it; the peer sees its connection closed. Safe to call twice. */
  close(reason: string): void {
    if (this.#endReason === undefined) this.#line.close(reason);
    this.ended(reason);
  }

  /** Its line is overrun: sends no more pictures until it is given another stream. */
  rest(): void {
    this.#line.rest();
  }

  /** Told why when it is over, at once if it is. */
  onEnd(listener: (reason: string) => void): void {
    if (this.#endReason === undefined) this.#listeners.push(listener);
    else listener(this.#endReason);
  }

  /** Told when media is sent, at once if it is. */
  onConnected(listener: () => void): void {
    if (this.#isConnected) listener();
    else this.#onConnected = listener;
  }

  /** The worker says that it is sent media. */
  connected(): void {
    this.#isConnected = true;
    this.#onConnected();
  }

  /** It is over: the worker says so, or is gone. */
  ended(reason: string): void {
    if (this.#endReason !== undefined) return;
    this.#endReason = reason;
    for (const listener of this.#listeners) listener(reason);
  }

  update({ bytes, dropped, queuedBytes, lossPercent, jitterMs, roundTripMs }: ViewerTotals): void {
    this.#totals = {
      bytes,
      dropped,
      queuedBytes,
      network: { lossPercent, jitterMs, ...(roundTripMs === null ? {} : { roundTripMs }) },
    };
  }

  /** Further addresses of the peer's; those over the limit are left out. */
  addCandidates(candidates: readonly IceCandidate[]): void {
    const taken = candidates.slice(0, this.#candidatesLeft);
    this.#candidatesLeft -= taken.length;
    if (taken.length > 0) this.#line.addCandidates(taken.map(serializeIceCandidate));
  }

  /**
   * Whether what was agreed still holds when the stream has other tracks.
   *
   * @returns `undefined` where it does, else why not.
   */
  mismatch(tracks: readonly Track[], agreed: ViewingPlan): string | undefined {
    try {
      const plan = planViewing(this.offer, tracks);
      return isSamePlan(agreed, plan) ? undefined : 'the camera changed its codecs';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}

/** Other parameters of the same codec are no matter: they travel with the media. */
function isSamePlan(before: ViewingPlan, after: ViewingPlan): boolean {
  const keyOf = ({ video, audio }: ViewingPlan): string =>
    [video?.track.id, video?.track.codec, audio?.track.id, audio?.track.codec].join();
  return keyOf(before) === keyOf(after);
}
