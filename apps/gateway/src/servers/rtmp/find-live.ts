import { ProtocolError } from '@vedette/media';
import type { RtmpCodecs } from '@vedette/protocols';
import type { CameraDirectory, CameraView } from '../../cameras/directory.ts';
import type { Stream } from '../../stream/stream.ts';
import type { FitStream } from './ports.ts';
import type { RtmpTarget } from './rtmp-target.ts';

/** What live media is served from. */
export interface LiveMedia {
  readonly cameras: CameraDirectory;
  readonly fit: FitStream;
  readonly limits: { readonly playWaitMs: number };
}

/**
 * The media of a camera, live, as this player can be sent it; what is being connected or made is waited for.
 *
 * @returns why not, in words, where there is none.
 */
export async function findLive(
  { cameras, fit, limits }: LiveMedia,
  { cameraId, quality }: RtmpTarget,
  codecs: RtmpCodecs,
  signal: AbortSignal,
): Promise<Stream | string> {
  const camera = cameras.find(cameraId);
  if (camera === undefined) return `there is no camera "${cameraId}"`;
  const { stream, state } = camera;
  const hasHope = stream.isLive || state.name === 'connecting' || state.name === 'idle';
  if (!hasHope || !(await becomesLive(stream, limits.playWaitMs, signal))) return absence(camera);
  try {
    const fitted = fit(stream, codecs, quality);
    if (await becomesLive(fitted, limits.playWaitMs, signal)) return fitted;
  } catch (error) {
    if (error instanceof ProtocolError) return error.message;
    throw error;
  }
  return `the media of camera "${cameraId}" cannot be made ready now`;
}

async function becomesLive(stream: Stream, waitMs: number, signal: AbortSignal): Promise<boolean> {
  if (stream.isLive) return true;
  try {
    await stream.live(AbortSignal.any([signal, AbortSignal.timeout(waitMs)]));
    return true;
  } catch {
    return false; // still away, or gone for good: the camera's state says which
  }
}

function absence({ id, state }: CameraView): string {
  switch (state.name) {
    case 'waiting':
      return `nobody publishes to camera "${id}" now`;
    case 'offline':
      return `camera "${id}" is offline: ${state.reason}`;
    default:
      return `camera "${id}" is not connected yet`;
  }
}
