import { totalLength, type AccessUnit } from './access-unit.ts';
import { Av1Frames } from './codecs/av1/av1-frames.ts';
import type { FrameCodec, FrameTrack } from './codecs/frame-codec.ts';
import { NAL_LIMITS } from './codecs/nal-units.ts';
import { Vp8Frames } from './codecs/vp8/vp8-frames.ts';
import { Vp9Frames } from './codecs/vp9/vp9-frames.ts';
import { ProtocolError } from './errors.ts';
import type { Av1Track } from './track.ts';

/**
 * Turns frames of AV1, VP9 and VP8, as any source gives them, into access units that keep the rules of
 * {@link AccessUnit}. One instance per track; what `VideoAssembler` is to NAL units.
 */
export class FrameAssembler {
  readonly #codec: FrameCodec;
  /** A random access unit was passed on. */
  #hasStarted = false;

  /**
   * @param id place of the track in its stream
   * @param clockRate ticks per second of the PTS
   * @param announced the track where it is known from elsewhere (a container); AV1's only
   */
  constructor(codec: FrameTrack['codec'], id: number, clockRate: number, announced?: Av1Track) {
    this.#codec =
      codec === 'av1'
        ? new Av1Frames(id, clockRate, announced)
        : codec === 'vp9'
          ? new Vp9Frames(id, clockRate)
          : new Vp8Frames(id, clockRate);
  }

  /** `undefined` until the first key frame, or what announces it, was seen. */
  get track(): FrameTrack | undefined {
    return this.#codec.track;
  }

  /**
   * Takes one frame (AV1: temporal unit; VP9: frame or superframe).
   *
   * @param data its bytes, in parts; AV1: OBUs, none of them cut by the parts.
   * @param pts presentation time, integer ticks of the clock rate, unwrapped.
   * @returns `undefined` where there is nothing to pass on: no frame, or nothing to start decoding with yet.
   * @throws {ProtocolError} the frame is bad, or exceeds a limit: `ERR_PICTURE_SIZE`.
   */
  push(data: readonly Uint8Array[], pts: number): AccessUnit | undefined {
    const length = totalLength(data);
    if (length > NAL_LIMITS.pictureBytes) {
      throw new ProtocolError(
        'ERR_PICTURE_SIZE',
        `${length} bytes in a picture, at most ${NAL_LIMITS.pictureBytes}`,
      );
    }
    const frame = this.#codec.read(data);
    if (frame === undefined) return undefined;
    this.#hasStarted ||= frame.isRandomAccess;
    if (!this.#hasStarted) return undefined;
    return { ...frame, pts, dts: pts, byteLength: totalLength(frame.data), wallClockMs: Number.NaN };
  }
}
