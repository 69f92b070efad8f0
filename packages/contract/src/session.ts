import { z } from 'zod';
import { cameraId, instant } from './camera.ts';

/** One peer's lifetime in one protocol. */
export const session = z
  .object({
    id: z.string(),
    protocol: z.enum(['rtsp', 'webrtc', 'hls', 'rtmp', 'srt', 'mse', 'flv', 'ts', 'mjpeg']),
    kind: z.enum(['view', 'publish']),
    cameraId,
    who: z
      .object({ kind: z.string(), name: z.string() })
      .nullable()
      .meta({ description: 'Who views or publishes; null where nobody has to say', example: null }),
    peer: z.string(),
    userAgent: z.string().nullable(),
    transport: z.string(),
    startedAt: instant,
    bytes: z.int().min(0),
    dropped: z.int().min(0).meta({ description: 'Units dropped because the peer was slow' }),
    queuedBytes: z.int().min(0),
  })
  .meta({ id: 'Session' });
export type Session = z.infer<typeof session>;

export const sessionPage = z
  .object({ items: z.array(session), nextCursor: z.string().nullable() })
  .meta({ id: 'SessionPage' });
export type SessionPage = z.infer<typeof sessionPage>;
