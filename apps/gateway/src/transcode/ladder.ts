import { ProtocolError, type VideoTrack } from '@vedette/media';
import { h264Level } from '../workers/media/video/h264-level.ts';
import type { PictureOrder } from './derived-stream.ts';

/** A rendition as it is configured. */
export interface RenditionConfig {
  /** Its name; `720p` for a height of 720 where absent. */
  readonly name?: string | undefined;
  readonly height: number;
  /** Bits a second at most. */
  readonly bitrate: number;
  /** Pictures a second at most. */
  readonly frameRate?: number | undefined;
}

/** One way to see a camera. */
export interface Rung {
  /** `source`, `sub`, or the rendition's. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Pictures a second; `undefined` where nobody knows yet. */
  readonly frameRate: number | undefined;
  /** Bits a second: measured of the source, at most of a rendition; 0 where nobody knows yet. */
  readonly bitrate: number;
  /** RFC 6381 name of its video codec. */
  readonly codec: string;
}

const SOURCE_RUNG = 'source';
const SUB_RUNG = 'sub';
/** A source that is no H.264, as H.264. */
const H264_RUNG = 'h264';

/** The qualities that clients may ask for without knowing the camera. */
const PRESETS: Readonly<Record<string, { readonly height: number; readonly frameRate: number }>> = {
  low: { height: 480, frameRate: 15 },
  medium: { height: 720, frameRate: 25 },
  high: { height: 1080, frameRate: 30 },
  ultra: { height: 2160, frameRate: 60 },
};

/** The height that pictures are brought down to which have to be coded anew for a player's sake. */
const MAX_RECODED_HEIGHT = 1080;
const BITS_PER_PIXEL = 0.08;
const MIN_BIT_RATE = 300_000;
const MAX_BIT_RATE = 8_000_000;
const USUAL_FRAME_RATE = 25;

function nameOf({ name, height }: RenditionConfig): string {
  return name ?? `${height}p`;
}

/** Renditions that make sense of a source of this height, best first. */
function renditionsBelow(height: number, renditions: readonly RenditionConfig[]): readonly RenditionConfig[] {
  return renditions
    .filter((rendition) => rendition.height < height)
    .sort((one, other) => other.height - one.height);
}

/**
 * The ladder of a camera's pictures, best first.
 *
 * @param measured bits a second of the source, and the camera's own smaller stream where it has one.
 */
export function buildLadder(
  video: VideoTrack,
  renditions: readonly RenditionConfig[],
  { bitrate, sub }: { readonly bitrate: number; readonly sub: VideoTrack | undefined },
): readonly Rung[] {
  const { width, height, frameRate, codecString } = video.video;
  const source: Rung = { name: SOURCE_RUNG, width, height, frameRate, bitrate, codec: codecString };
  const rungs = renditions.map((rendition): Rung => {
    const size = { width: 2 * Math.round((width * rendition.height) / height / 2), height: rendition.height };
    const rate = Math.min(rendition.frameRate ?? Number.POSITIVE_INFINITY, frameRate ?? USUAL_FRAME_RATE);
    const level = h264Level({ ...size, frameRate: rate, bitRate: rendition.bitrate });
    const codec = `avc1.42c0${level.toString(16).padStart(2, '0')}`;
    const told = frameRate === undefined ? rendition.frameRate : rate;
    return { name: nameOf(rendition), ...size, frameRate: told, bitrate: rendition.bitrate, codec };
  });
  return [source, ...rungs, ...(sub === undefined ? [] : [subRung(sub)])];
}

function subRung(track: VideoTrack): Rung {
  const { width, height, frameRate, codecString } = track.video;
  const bitrate = recodedOrder(track).bitRate;
  return { name: SUB_RUNG, width, height, frameRate, bitrate, codec: codecString };
}

/** The renditions of a camera that can be made of this source, best first. */
export function renditionsOf(
  video: VideoTrack,
  configured: readonly RenditionConfig[],
): readonly RenditionConfig[] {
  const smaller = renditionsBelow(video.video.height, configured);
  if (video.codec === 'h264') return smaller;
  // For players that take nothing but H.264, as large as the source.
  const { height, bitRate } = recodedOrder(video);
  return [{ name: H264_RUNG, height, bitrate: bitRate }, ...smaller.filter((other) => other.height < height)];
}

/** What pictures become that a player cannot take as they are: as large, at a rate that keeps their quality. */
export function recodedOrder({ video }: VideoTrack): PictureOrder {
  const height = Math.min(video.height, MAX_RECODED_HEIGHT);
  const pixels = (video.width * height * height) / video.height;
  const bitRate = Math.round(pixels * (video.frameRate ?? USUAL_FRAME_RATE) * BITS_PER_PIXEL);
  return { height, bitRate: Math.min(MAX_BIT_RATE, Math.max(MIN_BIT_RATE, bitRate)) };
}

function orderOf({ height, bitrate, frameRate }: RenditionConfig): PictureOrder {
  return { height, bitRate: bitrate, ...(frameRate === undefined ? {} : { frameRate }) };
}

/** What a quality means for one camera. */
export type QualityChoice =
  | { readonly kind: 'source' }
  | { readonly kind: 'sub' }
  | { readonly kind: 'rendition'; readonly order: PictureOrder };

export interface QualityChoices {
  readonly sourceHeight: number;
  /** Height of the camera's own second stream, where it has one that is known. */
  readonly subHeight: number | undefined;
  /** Best first. */
  readonly renditions: readonly RenditionConfig[];
}

/**
 * Which rung a quality means: that of its name, or the best one that a preset does not forbid.
 *
 * @throws {ProtocolError} `ERR_QUALITY_UNKNOWN`.
 */
export function chooseQuality(quality: string, choices: QualityChoices): QualityChoice {
  const { sourceHeight, subHeight, renditions } = choices;
  if (quality === SOURCE_RUNG) return { kind: 'source' };
  if (quality === SUB_RUNG && subHeight !== undefined) return { kind: 'sub' };
  const named = renditions.find((rendition) => nameOf(rendition) === quality);
  if (named !== undefined) return { kind: 'rendition', order: orderOf(named) };
  const preset = Object.hasOwn(PRESETS, quality) ? PRESETS[quality] : undefined;
  if (preset === undefined) {
    const known = [SOURCE_RUNG, ...renditions.map(nameOf), ...Object.keys(PRESETS)].join(', ');
    throw new ProtocolError('ERR_QUALITY_UNKNOWN', `There is no such quality; there are ${known}`);
  }
  return presetChoice(preset, sourceHeight, subHeight, renditions);
}

function presetChoice(
  preset: { readonly height: number; readonly frameRate: number },
  sourceHeight: number,
  subHeight: number | undefined,
  renditions: readonly RenditionConfig[],
): QualityChoice {
  // Coding anew only to leave pictures out is worth nobody's while: of source and sub only the size counts.
  if (sourceHeight <= preset.height) return { kind: 'source' };
  const fitting = renditions.find(({ height }) => height <= preset.height);
  const best = fitting ?? (subHeight === undefined ? renditions.at(-1) : undefined);
  if (
    subHeight !== undefined &&
    (best === undefined || (subHeight <= preset.height && subHeight >= best.height))
  ) {
    return { kind: 'sub' };
  }
  if (best === undefined) return { kind: 'source' };
  const frameRate = Math.min(best.frameRate ?? Number.POSITIVE_INFINITY, preset.frameRate);
  return { kind: 'rendition', order: { ...orderOf(best), frameRate } };
}
