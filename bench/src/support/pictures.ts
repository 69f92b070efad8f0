import { randomFillSync } from 'node:crypto';
import type { AccessUnit, H264Track } from '@vedette/media';

export const FRAMES_PER_SECOND = 25;
const PICTURES_PER_GROUP = 50;
const CLOCK_RATE = 90_000;
/** A key picture is about this many times as large as the ones that follow it. */
const KEY_WEIGHT = 5;

const track: H264Track = {
  id: 0,
  kind: 'video',
  codec: 'h264',
  clockRate: CLOCK_RATE,
  // Of x264, Constrained Baseline, 1280x720: containers read them.
  sps: [Uint8Array.from(Buffer.from('6742c01fda014016ec0440000003004000000c83c60ca8', 'hex'))],
  pps: [Uint8Array.of(0x68, 0xce, 0x0f, 0xc8)],
  video: {
    codecString: 'avc1.42c01f',
    profile: 'Constrained Baseline',
    level: '3.1',
    width: 1280,
    height: 720,
    frameRate: FRAMES_PER_SECOND,
    reorderDepth: 0,
  },
};

/** A camera's stream as far as carrying it goes: the sizes and the order of pictures, filled with noise. */
export class Pictures {
  readonly track = track;
  readonly length = PICTURES_PER_GROUP;
  readonly #nals: readonly Uint8Array[];

  constructor(bitsPerSecond: number) {
    const bytesPerGroup = ((bitsPerSecond / 8) * PICTURES_PER_GROUP) / FRAMES_PER_SECOND;
    const bytes = Math.round(bytesPerGroup / (PICTURES_PER_GROUP - 1 + KEY_WEIGHT));
    this.#nals = Array.from({ length: PICTURES_PER_GROUP }, (_, index) => {
      const isKey = index === 0;
      const nal = randomFillSync(new Uint8Array(isKey ? bytes * KEY_WEIGHT : bytes));
      nal[0] = isKey ? 0x65 : 0x41;
      return nal;
    });
  }

  /** One group of pictures. */
  group(): AccessUnit[] {
    return Array.from({ length: PICTURES_PER_GROUP }, (_, index) => this.at(index));
  }

  /** Picture `index` of a stream that never ends. */
  at(index: number): AccessUnit {
    const place = index % PICTURES_PER_GROUP;
    const nal = this.#nals[place] ?? new Uint8Array(0);
    const isRandomAccess = place === 0;
    const data = isRandomAccess ? [...track.sps, ...track.pps, nal] : [nal];
    const byteLength = data.reduce((sum, part) => sum + part.length, 0);
    const pts = (index * CLOCK_RATE) / FRAMES_PER_SECOND;
    return { track, pts, dts: pts, isRandomAccess, data, byteLength, wallClockMs: Number.NaN };
  }
}
