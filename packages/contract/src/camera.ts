import { z } from 'zod';

/** Id of a camera: what addresses, files and metrics carry. */
export const cameraId = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
    'must be 1 to 64 letters, digits, "-" or "_", starting with a letter or digit',
  )
  .meta({ description: 'Id of a camera', example: 'gate' });

/** A moment: ISO 8601, UTC. */
export const instant = z.iso
  .datetime()
  .meta({ description: 'ISO 8601, UTC', example: '2030-01-31T08:15:00.000Z' });

/** The state of a camera, in terms that a person can act on. */
export const cameraState = z
  .discriminatedUnion('name', [
    z.object({ name: z.literal('live'), since: instant }),
    z
      .object({ name: z.literal('waiting'), since: instant })
      .meta({ description: 'A publish camera that nobody sends to' }),
    z.object({ name: z.literal('connecting'), since: instant, attempt: z.int().min(1) }),
    z.object({
      name: z.literal('offline'),
      since: instant,
      code: z.string().meta({ description: 'Stable code of the fault', example: 'ERR_CONNECT_REFUSED' }),
      reason: z.string().meta({ description: 'One sentence: why' }),
      attempt: z.int().min(1),
      nextAttemptAt: instant.nullable().meta({ description: 'null: only a new configuration helps' }),
    }),
    z
      .object({ name: z.literal('idle'), since: instant })
      .meta({ description: 'Made on demand: nobody is watching' }),
  ])
  .meta({ id: 'CameraState' });
export type CameraState = z.infer<typeof cameraState>;

export const trackInfo = z
  .object({
    kind: z.enum(['video', 'audio']),
    codec: z.enum(['h264', 'h265', 'av1', 'vp9', 'vp8', 'mjpeg', 'aac', 'opus', 'pcmu', 'pcma', 'mpa']),
    codecString: z.string().meta({ description: 'RFC 6381, as for MSE', example: 'avc1.64001f' }),
    profile: z.string().optional(),
    width: z.int().optional(),
    height: z.int().optional(),
    frameRate: z.number().optional().meta({ description: 'Declared by the bitstream, frames per second' }),
    hasReorderedPictures: z.boolean().optional().meta({ description: 'B-frames: WebRTC cannot carry it' }),
    sampleRate: z.int().optional(),
    channels: z.int().optional(),
  })
  .meta({ id: 'TrackInfo' });
export type TrackInfo = z.infer<typeof trackInfo>;

export const camera = z
  .object({
    id: cameraId,
    name: z.string().meta({ description: 'For people; the id where none was given' }),
    source: z
      .string()
      .meta({ description: 'Where it comes from, without credentials', example: 'rtsp://10.0.0.5/stream1' }),
    managedBy: z.enum(['file', 'api', 'publisher']).meta({
      description: 'Where it is declared: vedette.yml, the API; publisher: made by whoever publishes to it',
    }),
    groups: z.array(z.string()).meta({ description: 'Groups that it belongs to, by id' }),
    zones: z.array(z.string()).meta({ description: 'Zones that it belongs to, by id' }),
    state: cameraState,
    tracks: z.array(trackInfo),
    viewers: z.int().min(0),
    bitrate: z.number().min(0).meta({ description: 'Measured, bits per second, over the last seconds' }),
    frameRate: z.number().min(0).meta({ description: 'Measured, frames per second' }),
    lastPictureAt: instant.nullable(),
  })
  .meta({ id: 'Camera' });
export type Camera = z.infer<typeof camera>;

export const cameraPage = z
  .object({ items: z.array(camera), nextCursor: z.string().nullable() })
  .meta({ id: 'CameraPage' });
export type CameraPage = z.infer<typeof cameraPage>;
