import type { Refusal } from '../../access/door.ts';
import { isHidden, noCamera } from '../knock.ts';

/** What a client is told that is not let in. */
export interface RtmpRefusal {
  /** One of those that Adobe's servers send: encoders and players end by them. */
  readonly code: string;
  readonly description: string;
}

/** A refusal of the door in RTMP's words. */
export function rtmpRefusal(
  action: 'view' | 'publish',
  cameraId: string,
  refusal: Pick<Refusal, 'reason' | 'code' | 'message'>,
): RtmpRefusal {
  const { reason, message } = refusal;
  // The word that clients look for, this project's own among them.
  const description = reason === 'unauthenticated' ? `Unauthorized: ${message}` : message;
  if (action === 'publish') {
    const isHis = reason === 'unauthenticated' || reason === 'forbidden';
    return { code: isHis ? 'NetStream.Publish.Unauthorized' : 'NetStream.Publish.Failed', description };
  }
  return isHidden(action, refusal)
    ? { code: 'NetStream.Play.StreamNotFound', description: noCamera(cameraId) }
    : { code: 'NetStream.Play.Failed', description };
}
