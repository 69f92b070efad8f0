import { VIEWER_BOUNDS, type DropGateOptions } from '../../stream/drop-gate.ts';
import { steadyClock, type Clock, type Stream } from '../../stream/stream.ts';
import { RtspSink } from './rtsp-sink.ts';
import type { RtspViewer, ViewerEnd } from './rtsp-viewer.ts';
import { hasSameDescription } from './track-description.ts';

export interface RtspSinksOptions {
  readonly clock?: Clock;
  /** What one viewer may cost. */
  readonly bounds?: DropGateOptions;
  /** Time between sender reports; default 5 s. */
  readonly senderReportMs?: number;
}

/** The RTSP sinks of all streams: one a stream, made for its first viewer and gone with its last. */
export class RtspSinks {
  readonly #sinks = new Map<Stream, RtspSink>();
  readonly #clock: Clock;
  readonly #bounds: DropGateOptions;
  readonly #senderReportMs: number;

  constructor({ clock = steadyClock, bounds = VIEWER_BOUNDS, senderReportMs = 5000 }: RtspSinksOptions = {}) {
    this.#clock = clock;
    this.#bounds = bounds;
    this.#senderReportMs = senderReportMs;
  }

  /** Sinks at work. */
  get size(): number {
    return this.#sinks.size;
  }

  /**
   * Makes a viewer of `stream`, which must know its tracks. The caller closes it.
   *
   * @param onEnd called when the stream ends the viewer; it is closed by then.
   */
  open(stream: Stream, onEnd: ViewerEnd): RtspViewer {
    let sink = this.#sinks.get(stream);
    if (sink === undefined || !hasSameDescription(sink.tracks, stream.tracks)) {
      sink = new RtspSink(stream, {
        now: this.#clock,
        bounds: this.#bounds,
        senderReportMs: this.#senderReportMs,
        onUnused: (unused) => {
          if (this.#sinks.get(stream) === unused) this.#sinks.delete(stream);
        },
      });
      this.#sinks.set(stream, sink);
    }
    return sink.open(onEnd);
  }
}
