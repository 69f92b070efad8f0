import type { NalTrack } from '../track.ts';

/** What a NAL unit means to the assembly of access units. The slices come last, those to start with at the end. */
export const NalRole = {
  /** Delimiters, filler and the like: taken out. */
  dropped: 0,
  /** Kept where it is: SEI, auxiliary pictures, what nobody knows. */
  carried: 1,
  parameterSet: 2,
  /** An SEI that lets decoding start at the picture it stands in front of. */
  recoveryPoint: 3,
  /** A slice of a picture that needs others. */
  slice: 4,
  /** A slice of a picture that needs others from before the last random access point (RASL). */
  skippedLeadingSlice: 5,
  /** A slice of a picture that a recovery point stands in front of. */
  recoverySlice: 6,
  /** A slice of a picture at which decoding can start. */
  randomAccessSlice: 7,
  /** The same, spliced in: what its skipped leading pictures need was never there (BLA). */
  brokenLinkSlice: 8,
} as const;
export type NalRole = (typeof NalRole)[keyof typeof NalRole];

/** What {@link VideoAssembler} needs to know of H.264 or H.265; it holds the parameter sets of one stream. */
export interface PictureCodec {
  roleOf(nal: Uint8Array): NalRole;

  /** @throws {ProtocolError} the set is bad. */
  addParameterSet(nal: Uint8Array): void;

  /** Track by the parameter sets known so far, before any picture; `undefined` where some are missing. */
  announcedTrack(): NalTrack | undefined;

  /**
   * Track of a random access picture that begins with `slice`; `undefined` where its parameter sets are
   * unknown. The same object as last time unless something changed.
   *
   * @throws {ProtocolError} the slice is bad.
   */
  activate(slice: Uint8Array): NalTrack | undefined;

  /** Live parameter sets in the order in which they go in front of a random access unit. */
  parameterSets(): readonly Uint8Array[];

  /**
   * Decoding time of the picture that begins with `slice`. To be called for every picture, in decoding
   * order. Never decreases; above `pts` only where `pts` is not where it can be.
   */
  decodingTime(slice: Uint8Array, pts: number): number;
}
