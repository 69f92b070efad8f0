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
