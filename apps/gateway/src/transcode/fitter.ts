import type { Stream } from '../stream/stream.ts';
import type { Carriage } from './carriage.ts';

/** Makes of any stream what a way out can carry. */
export interface StreamFitter {
  /**
   * The stream itself where it can be carried as it is, else one that is made of it while somebody reads it, in
   * the same time: its tracks are known once it is live. Ask when `stream` is live.
   *
   * @param quality the rung of the ladder that is wanted; the source where absent.
   * @throws {ProtocolError} `ERR_QUALITY_UNKNOWN`: the camera has no such rung.
   */
  fit(stream: Stream, carriage: Carriage, quality?: string): Stream;
}
