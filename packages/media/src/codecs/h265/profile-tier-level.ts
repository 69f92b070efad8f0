import type { BitReader } from '../bit-reader.ts';

/** The general part of profile_tier_level() (H.265 §7.3.3). */
export interface H265ProfileTierLevel {
  /** general_profile_space, 0 to 3. */
  readonly profileSpace: number;
  readonly isHighTier: boolean;
  readonly profileIdc: number;
  /** general_profile_compatibility_flag[0..31], flag 0 the most significant bit. */
  readonly compatibilityFlags: number;
  /** The six bytes of constraint flags between compatibility flags and level. */
  readonly constraintBytes: readonly number[];
  /** general_level_idc: thirty times the level. */
  readonly levelIdc: number;
}

export function parseProfileTierLevel(reader: BitReader, maxSubLayersMinus1: number): H265ProfileTierLevel {
  const profileSpace = reader.bits(2);
  const isHighTier = reader.flag();
  const profileIdc = reader.bits(5);
  const compatibilityFlags = reader.bits(32);
  const constraintBytes = Array.from({ length: 6 }, () => reader.bits(8));
  const levelIdc = reader.bits(8);
  let subLayerBits = 0;
  for (let i = 0; i < maxSubLayersMinus1; i++)
    subLayerBits += (reader.flag() ? 88 : 0) + (reader.flag() ? 8 : 0);
  if (maxSubLayersMinus1 > 0) reader.skip(2 * (8 - maxSubLayersMinus1));
  reader.skip(subLayerBits);
  return { profileSpace, isHighTier, profileIdc, compatibilityFlags, constraintBytes, levelIdc };
}

const PROFILE_NAMES = new Map<number, string>([
  [1, 'Main'],
  [2, 'Main 10'],
  [3, 'Main Still Picture'],
  [4, 'Range Extensions'],
  [5, 'High Throughput'],
  [6, 'Multiview Main'],
  [7, 'Scalable Main'],
  [9, 'Screen Content Coding'],
]);

/** Profile as people write it (H.265 §A.3), e.g. `Main 10`. */
export function h265ProfileName({ profileIdc }: H265ProfileTierLevel): string {
  return PROFILE_NAMES.get(profileIdc) ?? `Profile ${profileIdc}`;
}

/** Level as people write it, e.g. `4.1`. */
export function h265LevelName({ levelIdc }: H265ProfileTierLevel): string {
  return (levelIdc / 30).toFixed(1);
}

/**
 * Codec string of ISO 14496-15 §E.3, e.g. `hvc1.1.6.L93.B0`: profile, compatibility flags in reverse
 * bit order, tier and level, constraint bytes without the zero ones at the end.
 */
export function h265CodecString(ptl: H265ProfileTierLevel): string {
  const space = ['', 'A', 'B', 'C'][ptl.profileSpace] ?? '';
  const tier = ptl.isHighTier ? 'H' : 'L';
  const used = ptl.constraintBytes.findLastIndex((byte) => byte !== 0) + 1;
  const constraints = ptl.constraintBytes.slice(0, used).map((byte) => byte.toString(16).toUpperCase());
  const fields = [
    `hvc1.${space}${ptl.profileIdc}`,
    reversedBits(ptl.compatibilityFlags).toString(16).toUpperCase(),
    `${tier}${ptl.levelIdc}`,
    ...constraints,
  ];
  return fields.join('.');
}

function reversedBits(value: number): number {
  let reversed = 0;
  for (let i = 0; i < 32; i++) reversed = reversed * 2 + (Math.floor(value / 2 ** i) % 2);
  return reversed;
}
