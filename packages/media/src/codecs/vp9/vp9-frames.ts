import type { Vp9Track } from '../../track.ts';
import type { CodedFrame, FrameCodec } from '../frame-codec.ts';
import { parseVp9FrameHeader, splitSuperframe, type Vp9FrameHeader } from './frame-header.ts';
import { createVp9Track } from './vp9-track.ts';

/** Finds the key frames of VP9, and what they say of the track. */
export class Vp9Frames implements FrameCodec {
  readonly #id: number;
  readonly #clockRate: number;
  #track: Vp9Track | undefined;

  constructor(id: number, clockRate: number) {
    this.#id = id;
    this.#clockRate = clockRate;
  }

  get track(): Vp9Track | undefined {
    return this.#track;
  }

  /** A superframe starts with the frame that decides whether decoding can start there. */
  read(data: readonly Uint8Array[]): CodedFrame | undefined {
    const [first] = data;
    if (first === undefined || first.length === 0) return undefined;
    const [frame = first] = data.length === 1 ? splitSuperframe(first) : [first];
    const header = parseVp9FrameHeader(frame);
    if (header.key !== undefined) this.#activate(header.profile, header.key);
    const track = this.#track;
    return track && { track, isRandomAccess: header.isKeyFrame, data };
  }

  #activate(profile: number, key: NonNullable<Vp9FrameHeader['key']>): void {
    const next = createVp9Track(this.#id, this.#clockRate, profile, key);
    const known = this.#track?.video;
    const isSame =
      known?.codecString === next.video.codecString &&
      known.width === next.video.width &&
      known.height === next.video.height;
    if (!isSame) this.#track = next;
  }
}
