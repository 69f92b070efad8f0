import type { AccessUnit, DemuxerOutput, Track } from '@vedette/media';
import type { Feed } from '../stream/stream.ts';

/**
 * Feeds a stream from a demuxer: opens it with the first tracks, and anew when the demuxer finds altogether
 * different ones.
 */
export class DemuxedFeed implements DemuxerOutput {
  readonly #open: (tracks: readonly Track[]) => Feed;
  #feed: Feed | undefined;
  #units = 0;

  /** @param open of the source's context, or a publisher's. */
  constructor(open: (tracks: readonly Track[]) => Feed) {
    this.#open = open;
  }

  /** Whether there was anything to watch. */
  get isOpen(): boolean {
    return this.#feed !== undefined;
  }

  /** Units written so far; a source that looks at it now and then knows whether its peer fell silent. */
  get units(): number {
    return this.#units;
  }

  onTracks(tracks: readonly Track[]): void {
    this.#feed = tracks.length === 0 ? undefined : this.#open(tracks);
  }

  onUnit(unit: AccessUnit): void {
    this.#units += 1;
    this.#feed?.write(unit);
  }

  /** Leaves the stream. Safe to call twice. */
  close(): void {
    this.#feed?.close();
    this.#feed = undefined;
  }
}
