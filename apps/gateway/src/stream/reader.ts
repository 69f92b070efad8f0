import type { AccessUnit, Track } from '@vedette/media';

/**
 * Anything that takes from a stream: a sink (one per protocol and stream), a recorder, a meter.
 *
 * All calls are synchronous, on the media path: return fast, never block, keep no unit longer than
 * the GOP cache does without copying it. A reader that throws is taken off the stream.
 */
export interface Reader {
  /** What it is, for logs and metrics: `rtsp`, `hls`, `webrtc`, … */
  readonly name: string;
  /**
   * The tracks, before the first unit and again whenever they change. A track that only changed its
   * parameters (resolution, say) keeps its id and codec; after a source was replaced by a
   * different one, anything may differ.
   */
  onTracks(tracks: readonly Track[]): void;
  /**
   * One unit, in decoding order. The first video unit is always a random access point.
   *
   * @param isReplay the unit comes from the GOP cache: it happened before this reader came.
   */
  onUnit(unit: AccessUnit, isReplay: boolean): void;
  /** The source is gone: units come again after the next `onTracks`, which may be soon, late or never. */
  onSourceGone?(): void;
  /** The stream is over, for good: no call follows. A camera that is only away keeps its stream. */
  onEnd(reason: string): void;
}
