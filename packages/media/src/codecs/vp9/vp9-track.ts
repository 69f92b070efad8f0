import type { Vp9Track } from '../../track.ts';
import type { Vp9FrameHeader } from './frame-header.ts';

/** Largest picture of each level, in luma samples (VP9 levels, webmproject.org/vp9/levels), at 30 frames a second. */
const LEVELS: readonly (readonly [level: number, samples: number])[] = [
  [10, 36_864],
  [11, 73_728],
  [20, 122_880],
  [21, 245_760],
  [30, 552_960],
  [31, 983_040],
  [40, 2_228_224],
  [50, 8_912_896],
  [60, 35_651_584],
];

/** A VP9 track by what a key frame says. The level, which no frame tells, is the least that fits its size. */
export function createVp9Track(
  id: number,
  clockRate: number,
  profile: number,
  key: NonNullable<Vp9FrameHeader['key']>,
): Vp9Track {
  const { width, height } = key;
  const [level] = LEVELS.find(([, samples]) => width * height <= samples) ?? [62];
  return {
    kind: 'video',
    codec: 'vp9',
    id,
    clockRate,
    video: {
      codecString: vp9CodecString(profile, level, key),
      profile: `Profile ${profile}`,
      level: `${Math.floor(level / 10)}.${level % 10}`,
      width,
      height,
      frameRate: undefined,
      reorderDepth: 0,
    },
  };
}

/** Codec string of the VP codec binding for MP4: profile, level, bit depth, and chroma where it is not 4:2:0. */
function vp9CodecString(
  profile: number,
  level: number,
  { bitDepth, subsamplingX, subsamplingY }: NonNullable<Vp9FrameHeader['key']>,
): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const chroma = subsamplingX === 0 ? 3 : subsamplingY === 0 ? 2 : 1;
  const short = `vp09.${two(profile)}.${two(level)}.${two(bitDepth)}`;
  return chroma === 1 ? short : `${short}.${two(chroma)}`;
}

/**
 * VPCodecConfigurationBox without its box header, version and flags (VP codec binding for MP4 §3), from a
 * codec string of `vp09.…` or `vp08.…`.
 */
export function vpConfiguration(codecString: string): Uint8Array {
  const [profile = 0, level = 0, bitDepth = 8, chroma = 1] = codecString.split('.').slice(1).map(Number);
  const unspecified = 2; // of colour primaries, transfer and matrix
  return Uint8Array.of(
    profile,
    level,
    (bitDepth << 4) | (chroma << 1),
    unspecified,
    unspecified,
    unspecified,
    0,
    0,
  );
}
