import { z } from 'zod';
import { camera, cameraId } from './camera.ts';
import { push } from './push.ts';

/**
 * What the server sends over Socket.IO, by event name. On connecting, a client gets one
 * `cameras` with all of them, then `camera` for each that changed (at most once a second each) and
 * `camera_removed`. The same goes for pushes: `pushes`, `push`, `push_removed`.
 */
export const serverEvents = {
  cameras: z.array(camera),
  camera,
  camera_removed: z.object({ id: cameraId }),
  pushes: z.array(push),
  push,
  push_removed: z.object({ cameraId, id: z.string() }),
} as const;

/** Signatures for `socket.io`'s typed server and client. */
export interface ServerToClientEvents {
  cameras: (cameras: z.infer<typeof serverEvents.cameras>) => void;
  camera: (camera: z.infer<typeof serverEvents.camera>) => void;
  camera_removed: (removed: z.infer<typeof serverEvents.camera_removed>) => void;
  pushes: (pushes: z.infer<typeof serverEvents.pushes>) => void;
  push: (push: z.infer<typeof serverEvents.push>) => void;
  push_removed: (removed: z.infer<typeof serverEvents.push_removed>) => void;
}
