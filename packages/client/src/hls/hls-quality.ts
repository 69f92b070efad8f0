import type { QualityState } from '../player/playback.ts';

/** What is needed of a level of hls.js. */
export interface HlsLevel {
  /** `NAME` of the playlist, where it has one. */
  readonly name?: string | undefined;
  readonly height: number;
  readonly bitrate: number;
}

const AUTOMATIC = -1;

/** The levels from the best to the least; the best is what the camera sends. */
function ranked(
  levels: readonly HlsLevel[],
): { readonly name: string; readonly height: number; readonly index: number }[] {
  return levels
    .map(({ name, height, bitrate }, index) => ({ name, height, bitrate, index }))
    .sort((a, b) => b.height - a.height || b.bitrate - a.bitrate)
    .map(({ name, height, index }, place) => ({
      name: name !== undefined && name !== '' ? name : place === 0 ? 'source' : `${height}p`,
      height,
      index,
    }));
}

/** The level of hls.js that a quality means; -1 leaves the choice to it. */
export function hlsLevel(levels: readonly HlsLevel[], quality: string): number {
  return ranked(levels).find(({ name }) => name === quality)?.index ?? AUTOMATIC;
}

/** What plays and what could. */
export function hlsQuality(levels: readonly HlsLevel[], current: number, quality: string): QualityState {
  const all = ranked(levels);
  return {
    quality: all.find(({ index }) => index === current)?.name ?? 'source',
    isAutomatic: hlsLevel(levels, quality) === AUTOMATIC,
    available: all.map(({ name, height }) => ({ name, height })),
  };
}
