import type { JpegTrack } from '../../track.ts';
import type { JpegHeader } from './jpeg-header.ts';

const PROFILES: Readonly<Record<JpegHeader['process'], string>> = {
  baseline: 'Baseline',
  extended: 'Extended',
  progressive: 'Progressive',
};

/**
 * The track of JPEGs with this header.
 *
 * @param id place of the track in its stream
 * @param clockRate ticks per second of PTS and DTS
 * @param frameRate pictures per second where it is agreed on
 */
export function createJpegTrack(
  id: number,
  clockRate: number,
  { width, height, process }: Pick<JpegHeader, 'width' | 'height' | 'process'>,
  frameRate?: number,
): JpegTrack {
  return {
    kind: 'video',
    codec: 'mjpeg',
    id,
    clockRate,
    video: {
      codecString: 'jpeg',
      profile: PROFILES[process],
      level: '',
      width,
      height,
      frameRate,
      reorderDepth: 0,
    },
  };
}
