import type { Track } from '@vedette/media';
import type { Carriage } from './carriage.ts';
import type { PictureOrder } from './derived-stream.ts';

/** How pictures are wanted as JPEGs: none of it ever above what the camera gives. */
export interface JpegWish {
  readonly width: number;
  readonly height: number;
  /** Whole pictures a second. */
  readonly framesPerSecond: number;
  /** 1 to 100. */
  readonly quality: number;
}

/** The qualities that clients may ask for. */
export const JPEG_PRESETS = {
  low: { width: 640, height: 480, framesPerSecond: 15, quality: 50 },
  medium: { width: 1280, height: 720, framesPerSecond: 25, quality: 70 },
  high: { width: 1920, height: 1080, framesPerSecond: 30, quality: 85 },
  ultra: { width: 3840, height: 2160, framesPerSecond: 60, quality: 95 },
} as const satisfies Readonly<Record<string, JpegWish>>;

/** Pictures alone. */
export const JPEG_CARRIAGE: Carriage = { video: ['mjpeg'], reorders: false, audio: [] };

/** What is asked of the media worker. */
export function jpegOrder({ width, height, framesPerSecond, quality }: JpegWish): PictureOrder {
  return { height, bitRate: 0, frameRate: framesPerSecond, jpeg: { width, quality } };
}

/** Whether the pictures of a stream are JPEGs of such a size already. */
export function fitsAsJpegs(tracks: readonly Track[], { width, height }: JpegWish): boolean {
  const video = tracks.find((track) => track.kind === 'video');
  return video?.codec === 'mjpeg' && video.video.width <= width && video.video.height <= height;
}
