import type { AccessUnit, Track } from '@vedette/media';
import {
  serializeIceCandidate,
  WEBRTC_OFFER_LIMITS,
  type IceCandidate,
  type WebrtcOffer,
} from '@vedette/protocols';
import type { CameraDirectory } from '../../cameras/directory.ts';
import type { SessionOwner, SessionTotals } from '../../sessions/session-registry.ts';
import type { Feed, Stream } from '../../stream/stream.ts';
import type { PublisherTotals } from '../../workers/webrtc/messages.ts';
import type { PublisherHandler, PublisherLine } from '../../workers/webrtc/publishing.ts';

/** A publisher of which nothing could be shown for so long is ended, in milliseconds. */
const FIRST_PICTURE_MS = 20_000;
/** While somebody watches, a group of pictures that lasts longer is ended: browsers make endless ones. */
const GROUP_MS = 4000;
const CHECK_MS = 1000;

/** One peer that publishes by WebRTC: its media goes into the camera's stream from the first picture on. */
export class WebrtcPublisher implements SessionOwner, PublisherHandler {
  readonly offer: WebrtcOffer;
  readonly #cameraId: string;
  readonly #cameras: CameraDirectory;
  readonly #now: () => number;
  readonly #startedMs: number;
  readonly #listeners: ((reason: string) => void)[] = [];
  #line: PublisherLine | undefined;
  #feed: Feed | undefined;
  #stream: Stream | undefined;
  #tracks: readonly Track[] = [];
  #timer: NodeJS.Timeout | undefined;
  #totals: SessionTotals = { bytes: 0, dropped: 0, queuedBytes: 0 };
  #candidatesLeft = WEBRTC_OFFER_LIMITS.candidates;
  #endReason: string | undefined;

  constructor(
    cameraId: string,
    offer: WebrtcOffer,
    { cameras, now = Date.now }: { readonly cameras: CameraDirectory; readonly now?: () => number },
  ) {
    this.offer = offer;
    this.#cameraId = cameraId;
    this.#cameras = cameras;
    this.#now = now;
    this.#startedMs = now();
  }

  /** Its connection is being made; call once. */
  start(line: PublisherLine): void {
    this.#line = line;
    if (this.#endReason === undefined) this.#timer = setInterval(() => this.#check(), CHECK_MS);
    else line.close(this.#endReason);
  }

  totals(): SessionTotals {
    return this.#totals;
  }

  /** Ends it; the peer sees its connection closed. Safe to call twice. */
  close(reason: string): void {
    this.#line?.close(reason);
    this.onEnd(reason);
  }

  /** Told why when it is over, at once if it is. */
  whenEnded(listener: (reason: string) => void): void {
    if (this.#endReason === undefined) this.#listeners.push(listener);
    else listener(this.#endReason);
  }

  /** Further addresses of the peer's; those over the limit are left out. */
  addCandidates(candidates: readonly IceCandidate[]): void {
    const taken = candidates.slice(0, this.#candidatesLeft);
    this.#candidatesLeft -= taken.length;
    if (taken.length > 0) this.#line?.addCandidates(taken.map(serializeIceCandidate));
  }

  onTracks(tracks: readonly Track[]): void {
    this.#tracks = tracks;
    if (this.#feed !== undefined || this.#endReason !== undefined) return;
    const answer = this.#cameras.publish({
      cameraId: this.#cameraId,
      tracks,
      onRevoked: (reason) => this.close(reason),
      onKeyFrameWanted: () => this.#line?.requestKeyFrame(),
    });
    if (!answer.ok) {
      this.close(answer.message);
      return;
    }
    this.#feed = answer.feed;
    this.#stream = this.#cameras.find(this.#cameraId)?.stream;
  }

  onUnit(unit: AccessUnit): void {
    this.#feed?.write(unit);
  }

  onReport(trackId: number, pts: number, unixMs: number): void {
    const track = this.#tracks.find(({ id }) => id === trackId);
    if (track !== undefined) this.#feed?.report(track, pts, unixMs);
  }

  onTotals({ bytes, damagedPictures, lossPercent, jitterMs, roundTripMs }: PublisherTotals): void {
    const network = { lossPercent, jitterMs, ...(roundTripMs === null ? {} : { roundTripMs }) };
    this.#totals = { bytes, dropped: damagedPictures, queuedBytes: 0, network };
  }

  onEnd(reason: string): void {
    if (this.#endReason !== undefined) return;
    this.#endReason = reason;
    clearInterval(this.#timer);
    this.#feed?.close();
    for (const listener of this.#listeners) listener(reason);
  }

  #check(): void {
    const nowMs = this.#now();
    if (this.#feed === undefined) {
      if (nowMs - this.#startedMs > FIRST_PICTURE_MS) {
        this.close('the publisher sent nothing that can be decoded');
      }
      return;
    }
    const stream = this.#stream;
    const isWatched = stream !== undefined && stream.readerCount > 0;
    if (isWatched && nowMs - stream.lastEntryMs > GROUP_MS) this.#line?.requestKeyFrame();
  }
}
