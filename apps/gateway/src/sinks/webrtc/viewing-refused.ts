import type { ErrorCode } from '@vedette/media';
import type { CameraState } from '../../cameras/directory.ts';

/** Why nobody can view just now, and when to ask again. */
export class ViewingRefused extends Error {
  override readonly name = 'ViewingRefused';
  readonly code: ErrorCode;
  /** Seconds. */
  readonly retryAfterS: number;

  constructor(code: ErrorCode, message: string, retryAfterS: number) {
    super(message);
    this.code = code;
    this.retryAfterS = retryAfterS;
  }
}

/** How often to ask for a camera of which nobody knows when it comes back. */
const RETRY_S = 5;

/** Why a camera that is not live cannot be viewed. */
export function cameraAway(state: CameraState, nowMs: number): ViewingRefused {
  switch (state.name) {
    case 'offline': {
      const waitMs = (state.nextAttemptMs ?? nowMs + 30_000) - nowMs;
      const message = `The camera is offline: ${state.reason}`;
      return new ViewingRefused('ERR_CAMERA_OFFLINE', message, Math.max(1, Math.ceil(waitMs / 1000)));
    }
    case 'waiting':
      return new ViewingRefused('ERR_CAMERA_WAITING', 'Nobody publishes to this camera yet.', RETRY_S);
    default:
      return new ViewingRefused('ERR_CAMERA_CONNECTING', 'The camera is not there yet.', 1);
  }
}
