import type { CameraDirectory, CameraView } from '../cameras/directory.ts';
import type { Stream } from '../stream/stream.ts';
import { noCamera } from './knock.ts';

export interface LiveQuestion {
  readonly cameras: Pick<CameraDirectory, 'find'>;
  readonly cameraId: string;
  /** What the peer can be sent of a stream that is live: itself, or one made of it. */
  readonly fit: (stream: Stream) => Stream;
  /** How long a camera that is connecting is waited for, and again a stream that is made of it. */
  readonly waitMs: number;
  /** Aborts when the peer is gone. */
  readonly signal: AbortSignal;
}

/**
 * The media of a camera, live, as a peer can be sent it; what is being connected or made is waited for.
 *
 * @returns why not, in words, where there is none.
 * @throws {ProtocolError} what `fit` throws.
 */
export async function findLive({
  cameras,
  cameraId,
  fit,
  waitMs,
  signal,
}: LiveQuestion): Promise<Stream | string> {
  const camera = cameras.find(cameraId);
  if (camera === undefined) return noCamera(cameraId);
  const { stream, state } = camera;
  const hasHope = stream.isLive || state.name === 'connecting' || state.name === 'idle';
  if (!hasHope || !(await becomesLive(stream, waitMs, signal))) return absence(camera);
  const fitted = fit(stream);
  if (await becomesLive(fitted, waitMs, signal)) return fitted;
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
