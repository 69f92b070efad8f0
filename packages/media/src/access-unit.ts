import type { Track } from './track.ts';

/**
 * The unit that moves: one coded picture, or one audio frame.
 *
 * Rules that every source keeps, so that no sink has to:
 * - H.264/H.265 `data` holds whole NAL units in decoding order, without start codes or lengths;
 *   access unit delimiters, filler data and end-of-sequence NAL units are taken out.
 * - A random access unit carries its parameter sets in front, whether or not the camera repeats them.
 * - AV1 `data` holds the OBUs of one temporal unit, each with its size field; temporal delimiters and padding are
 *   taken out, and a random access unit carries its sequence header in front.
 * - VP8, VP9 and JPEG `data` hold one frame, superframe or file.
 * - Audio `data` holds exactly one frame (AAC without ADTS, MPEG audio with its header, one Opus packet, one
 *   G.711 run of samples).
 * - Elements are views of the buffers they arrived in: read, never written.
 */
export interface AccessUnit {
  readonly track: Track;
  /** Presentation time, integer ticks of `track.clockRate`, unwrapped, starting near zero. */
  readonly pts: number;
  /** Decoding time, same clock; equals `pts` where pictures are not reordered. Never decreases within a track. */
  readonly dts: number;
  /** Decoding can start here: IDR, CRA/BLA, or a recovery point. Always true for audio. */
  readonly isRandomAccess: boolean;
  readonly data: readonly Uint8Array[];
  /** Sum of the lengths in `data`. */
  readonly byteLength: number;
  /**
   * When this was captured: milliseconds since the Unix epoch, with fraction. `NaN` until
   * `Stream.write` sets it from the stream's clock.
   */
  wallClockMs: number;
}

/** Sum of the lengths of `data`, in bytes. */
export function totalLength(data: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of data) sum += part.byteLength;
  return sum;
}
