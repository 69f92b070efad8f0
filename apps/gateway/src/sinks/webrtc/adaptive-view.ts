import { planViewing, type ViewingPlan, type WebrtcOffer } from '@vedette/protocols';
import { AUTO_QUALITY, ViewerQuality, type Rung } from '../../adaptation/viewer-quality.ts';
import { steadyClock, type Stream } from '../../stream/stream.ts';
import type { LineFigures } from '../../workers/webrtc/line-estimate.ts';

/** A rendition gets this long to begin. */
const LIVE_TIMEOUT_MS = 8000;
/** With so much on its way the present rendition is not sent to the end. */
const REST_DELAY_MS = 100;

export interface AdaptiveViewOptions {
  readonly offer: WebrtcOffer;
  /** What was agreed on: every rendition is sent in its formats. */
  readonly plan: ViewingPlan;
  /** A name, or `auto`. */
  readonly choice: string;
  readonly maxHeight: number | undefined;
  readonly rungs: () => readonly Rung[];
  /** The stream that makes this quality for this viewer; live or not. */
  readonly fit: (quality: string) => Stream;
  /** Stops sending pictures until the move that follows. */
  readonly rest: () => void;
  /** Sends the viewer another stream. @returns whether it has gone over. */
  readonly move: (stream: Stream, plan: ViewingPlan) => Promise<boolean>;
}

/** What a viewer is told of its quality. */
export interface QualityReport {
  readonly quality: string;
  readonly isAutomatic: boolean;
  readonly available: { readonly name: string; readonly height: number }[];
}

/** One WebRTC viewer and the rendition it is given: follows its line, or its choice. */
export class AdaptiveView {
  readonly #options: AdaptiveViewOptions;
  readonly #quality: ViewerQuality;
  readonly #closed = new AbortController();
  #given: string;
  /** The move that goes on. */
  #moving: { readonly to: string; readonly aborter: AbortController } | undefined;

  /** @throws {ProtocolError} `ERR_QUALITY_UNKNOWN`. */
  constructor(options: AdaptiveViewOptions) {
    const { choice, maxHeight } = options;
    this.#options = options;
    this.#quality = new ViewerQuality({
      rungs: () => this.#rungs(),
      choice,
      maxHeight,
      nowMs: steadyClock(),
    });
    this.#given = this.#quality.current;
  }

  get report(): QualityReport {
    return {
      quality: this.#given,
      isAutomatic: this.#quality.choice === AUTO_QUALITY,
      available: this.#rungs().map(({ name, height }) => ({ name, height })),
    };
  }

  /** How its line fares. */
  onLine({ delayMs, loss, throughput, capacity }: LineFigures): void {
    const before = this.#quality.current;
    const line = { delayMs, loss, throughput: throughput ?? undefined, capacity: capacity ?? undefined };
    this.#quality.report(line, steadyClock());
    if (this.#isLess(this.#quality.current, before) && line.delayMs > REST_DELAY_MS) this.#options.rest();
    void this.#follow();
  }

  /** The viewer chooses. @throws {ProtocolError} `ERR_QUALITY_UNKNOWN`. */
  async choose(choice: string, maxHeight: number | undefined): Promise<void> {
    this.#quality.choose(choice, maxHeight, steadyClock());
    await this.#follow();
  }

  close(): void {
    this.#closed.abort(new Error('the viewer left'));
  }

  /** Renditions in the codec that was agreed on: a player that was promised H.265 takes nothing else. */
  #rungs(): readonly Rung[] {
    const rungs = this.#options.rungs();
    return this.#options.plan.video?.track.codec === 'h264' ? rungs : rungs.slice(0, 1);
  }

  #isLess(name: string, than: string): boolean {
    const place = (wanted: string): number => this.#rungs().findIndex((rung) => rung.name === wanted);
    return place(name) > place(than);
  }

  /** One move at a time: one that is no longer wanted is given up as long as its rendition is waited for. */
  async #follow(): Promise<void> {
    const { current } = this.#quality;
    const moving = this.#moving;
    if (moving !== undefined && moving.to !== current)
      moving.aborter.abort(new Error('something else is wanted'));
    if (moving !== undefined || current === this.#given || this.#closed.signal.aborted) return;
    const aborter = new AbortController();
    this.#moving = { to: current, aborter };
    const hasMoved = await this.#moveTo(current, aborter.signal).catch(() => false);
    this.#moving = undefined;
    if (hasMoved) this.#given = current;
    else if (this.#quality.current === current) this.#quality.revert(this.#given, steadyClock());
  }

  async #moveTo(quality: string, signal: AbortSignal): Promise<boolean> {
    const { offer, fit, move } = this.#options;
    const stream = fit(quality);
    const patience = [signal, this.#closed.signal, AbortSignal.timeout(LIVE_TIMEOUT_MS)];
    await stream.live(AbortSignal.any(patience));
    const plan = planViewing(offer, stream.tracks);
    return this.#fits(plan) && (await move(stream, plan));
  }

  /** Formats stay: other profiles of a codec are sent in the one that was agreed on, as browsers take them. */
  #fits({ video, audio }: ViewingPlan): boolean {
    const { plan } = this.#options;
    return video?.track.codec === plan.video?.track.codec && audio?.track.codec === plan.audio?.track.codec;
  }
}
