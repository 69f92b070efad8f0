/** MaxDpbMbs by level_idc (H.264 table A-1): the decoded picture buffer in macroblocks. */
const MAX_DPB_MBS = new Map<number, number>([
  [9, 396],
  [10, 396],
  [11, 900],
  [12, 2376],
  [13, 2376],
  [20, 2376],
  [21, 4752],
  [22, 8100],
  [30, 8100],
  [31, 18_000],
  [32, 20_480],
  [40, 32_768],
  [41, 32_768],
  [42, 34_816],
  [50, 110_400],
  [51, 184_320],
  [52, 184_320],
  [60, 696_320],
  [61, 696_320],
  [62, 696_320],
]);

const LEVEL_1B = 9;
/** Profiles that spell level 1b as 11 with constraint_set3_flag (H.264 §A.3.4.1). */
const PROFILES_WITH_11_AS_1B: readonly number[] = [66, 77, 88];

/** The three bytes behind the header of an SPS, from which profile and level are named. */
export interface H264ProfileLevel {
  readonly profileIdc: number;
  /** constraint_set0_flag is the most significant bit. */
  readonly constraintFlags: number;
  readonly levelIdc: number;
}

function effectiveLevel({ profileIdc, constraintFlags, levelIdc }: H264ProfileLevel): number {
  const is1b =
    levelIdc === 11 && (constraintFlags & 0x10) !== 0 && PROFILES_WITH_11_AS_1B.includes(profileIdc);
  return is1b ? LEVEL_1B : levelIdc;
}

/** Level as people write it: `3.1`, `4.0`, `1b`. */
export function h264LevelName(profileLevel: H264ProfileLevel): string {
  const level = effectiveLevel(profileLevel);
  return level === LEVEL_1B ? '1b' : (level / 10).toFixed(1);
}

/** MaxDpbFrames (H.264 §A.3.1 h): frames that the decoded picture buffer holds, 1 to 16. */
export function h264MaxDpbFrames(profileLevel: H264ProfileLevel, frameSizeMbs: number): number {
  const mbs = MAX_DPB_MBS.get(effectiveLevel(profileLevel)) ?? 696_320;
  return Math.min(16, Math.max(1, Math.floor(mbs / frameSizeMbs)));
}

const PROFILE_NAMES = new Map<number, string>([
  [44, 'CAVLC 4:4:4 Intra'],
  [66, 'Baseline'],
  [77, 'Main'],
  [83, 'Scalable Baseline'],
  [86, 'Scalable High'],
  [88, 'Extended'],
  [100, 'High'],
  [110, 'High 10'],
  [118, 'Multiview High'],
  [122, 'High 4:2:2'],
  [128, 'Stereo High'],
  [244, 'High 4:4:4 Predictive'],
]);

/** Profile as people write it (H.264 §A.2), e.g. `Constrained Baseline`, `High`, `High 10 Intra`. */
export function h264ProfileName({ profileIdc, constraintFlags }: H264ProfileLevel): string {
  const name = PROFILE_NAMES.get(profileIdc) ?? `Profile ${profileIdc}`;
  if (profileIdc === 66 && (constraintFlags & 0x40) !== 0) return 'Constrained Baseline';
  if (profileIdc === 100 && (constraintFlags & 0x0c) === 0x0c) return 'Constrained High';
  if (profileIdc === 100 && (constraintFlags & 0x08) !== 0) return 'Progressive High';
  if (isIntraProfile(profileIdc, constraintFlags) && profileIdc !== 44) return `${name} Intra`;
  return name;
}

/** Profiles in which every picture is an IDR picture: no reordering (H.264 §E.2.1, max_num_reorder_frames). */
export function isIntraProfile(profileIdc: number, constraintFlags: number): boolean {
  if (profileIdc === 44) return true;
  return [110, 122, 244].includes(profileIdc) && (constraintFlags & 0x10) !== 0;
}
