import type { Av1Track, Vp8Track, Vp9Track } from '../track.ts';

/** Video whose units are frames: everything but NAL units and JPEG. */
export type FrameTrack = Av1Track | Vp9Track | Vp8Track;

/** One frame, looked through. */
export interface CodedFrame {
  readonly track: FrameTrack;
  readonly isRandomAccess: boolean;
  /** As an access unit holds it. */
  readonly data: readonly Uint8Array[];
}

/** What `FrameAssembler` needs to know of a codec; it holds what the last key frame said. */
export interface FrameCodec {
  readonly track: FrameTrack | undefined;
  /**
   * Looks through one frame (superframe, temporal unit).
   *
   * @returns `undefined` where there is no frame in it, or nothing is known yet to decode it with.
   * @throws {ProtocolError} the frame is bad.
   */
  read(data: readonly Uint8Array[]): CodedFrame | undefined;
}
