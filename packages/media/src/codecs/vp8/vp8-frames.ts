import type { Vp8Track } from '../../track.ts';
import type { CodedFrame, FrameCodec } from '../frame-codec.ts';
import { parseVp8FrameHeader } from './frame-header.ts';

/**
 * A VP8 track of this size. VP8 has neither profiles nor levels that anybody tells apart; the codec string
 * is that of the VP codec binding for MP4, with a level that fits all.
 */
export function createVp8Track(
  id: number,
  clockRate: number,
  { width, height }: { readonly width: number; readonly height: number },
): Vp8Track {
  return {
    kind: 'video',
    codec: 'vp8',
    id,
    clockRate,
    video: {
      codecString: 'vp08.00.41.08',
      profile: '',
      level: '',
      width,
      height,
      frameRate: undefined,
      reorderDepth: 0,
    },
  };
}

/** Finds the key frames of VP8, and what they say of the track. */
export class Vp8Frames implements FrameCodec {
  readonly #id: number;
  readonly #clockRate: number;
  #track: Vp8Track | undefined;

  constructor(id: number, clockRate: number) {
    this.#id = id;
    this.#clockRate = clockRate;
  }

  get track(): Vp8Track | undefined {
    return this.#track;
  }

  read(data: readonly Uint8Array[]): CodedFrame | undefined {
    const [first] = data;
    if (first === undefined || first.length === 0) return undefined;
    const header = parseVp8FrameHeader(first);
    const known = this.#track?.video;
    const isOther = known?.width !== header.width || known.height !== header.height;
    if (header.isKeyFrame && isOther) this.#track = createVp8Track(this.#id, this.#clockRate, header);
    const track = this.#track;
    return track && { track, isRandomAccess: header.isKeyFrame, data };
  }
}
