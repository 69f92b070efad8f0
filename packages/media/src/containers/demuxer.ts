import type { AccessUnit } from '../access-unit.ts';
import type { Track } from '../track.ts';

/** Told by a demuxer what it finds, in the order of the container. */
export interface DemuxerOutput {
  /**
   * The tracks, ids 0…n−1 in order: once before the first unit, and again when the set changes (other codecs,
   * more tracks or fewer). A track that only changes its parameters is announced by its first unit.
   */
  onTracks(tracks: readonly Track[]): void;
  /**
   * One unit, in decoding order of its track. Times are those of the container, unwrapped, in the track's clock
   * rate, moved by the same amount for all tracks so that the first is near zero, and joined where the
   * container's clock jumps.
   */
  onUnit(unit: AccessUnit): void;
}

/** Takes the bytes of a container in pieces of any size. */
export interface Demuxer {
  /** @throws {ProtocolError} the bytes are none of this container, or break a limit: of no further use. */
  push(bytes: Uint8Array): void;
  /** The bytes are over: what is held comes out. */
  flush(): void;
}
