import type { ErrorCode } from '@vedette/media';
import type { CameraView } from '../../cameras/directory.ts';
import { HttpProblem } from './problems.ts';

/** Seconds, where nothing says when the camera will be back. */
const RETRY_SECONDS = 5;

/** The camera is not live; whether waiting helps, the code and `Retry-After` say. */
export function cameraAway({ state }: CameraView, nowMs = Date.now()): HttpProblem {
  const away = (code: ErrorCode, why: string, seconds: number): HttpProblem =>
    new HttpProblem(503, code, 'Camera not live', why, { headers: { 'retry-after': String(seconds) } });
  switch (state.name) {
    case 'offline': {
      const waitMs = (state.nextAttemptMs ?? nowMs + RETRY_SECONDS * 1000) - nowMs;
      return away('ERR_CAMERA_OFFLINE', state.reason, Math.max(1, Math.ceil(waitMs / 1000)));
    }
    case 'waiting':
      return away('ERR_CAMERA_WAITING', 'Nobody publishes to this camera yet.', RETRY_SECONDS);
    default:
      return away('ERR_CAMERA_CONNECTING', 'The camera is not there yet.', 1);
  }
}
