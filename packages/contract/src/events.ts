import { z } from 'zod';
import { camera, cameraId } from './camera.ts';

/**
 * What the server sends over Socket.IO, by event name. On connecting, a client gets one
 * `cameras` with all of them, then `camera` for each that changed (at most once a second each) and
 * `camera_removed`.
 */
export const serverEvents = {
  cameras: z.array(camera),
  camera,
  camera_removed: z.object({ id: cameraId }),
} as const;

/** Signatures for `socket.io`'s typed server and client. */
export interface ServerToClientEvents {
  cameras: (cameras: z.infer<typeof serverEvents.cameras>) => void;
  camera: (camera: z.infer<typeof serverEvents.camera>) => void;
  camera_removed: (removed: z.infer<typeof serverEvents.camera_removed>) => void;
}
