export interface H264Load {
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
  /** Bits a second. */
  readonly bitRate: number;
}

/** Level number, and what it allows: macroblocks a second and in a picture, kilobits a second (H.264 table A-1). */
const LEVELS = [
  [30, 40_500, 1620, 10_000],
  [31, 108_000, 3600, 14_000],
  [32, 216_000, 5120, 20_000],
  [40, 245_760, 8192, 20_000],
  [42, 522_240, 8704, 50_000],
  [50, 589_824, 22_080, 135_000],
  [51, 983_040, 36_864, 240_000],
] as const;
const HIGHEST = 52;

/** `level_idc` of pictures like these: 3.0 at least, the least that every player takes. */
export function h264Level({ width, height, frameRate, bitRate }: H264Load): number {
  const macroblocks = Math.ceil(width / 16) * Math.ceil(height / 16);
  const fitting = LEVELS.find(
    ([, perSecond, perPicture, kilobits]) =>
      macroblocks * frameRate <= perSecond && macroblocks <= perPicture && bitRate <= kilobits * 1000,
  );
  return fitting?.[0] ?? HIGHEST;
}
