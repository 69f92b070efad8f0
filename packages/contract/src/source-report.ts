import { z } from 'zod';
import { trackInfo } from './camera.ts';

/** One track of a source, as declared and as measured. */
export const sourceTrack = trackInfo
  .extend({
    level: z.string().optional().meta({ description: 'As people write it', example: '3.1' }),
    units: z.int().min(0).meta({ description: 'Pictures or audio frames received' }),
    bitrate: z.number().min(0).meta({ description: 'Measured, bits per second' }),
    measuredFrameRate: z.number().min(0).optional().meta({ description: 'Pictures per second' }),
    gop: z
      .object({
        pictures: z.int().min(1),
        seconds: z.number().min(0),
        isComplete: z
          .boolean()
          .meta({ description: 'false: no second key picture came, so it is at least this long' }),
      })
      .optional()
      .meta({ description: 'The longest run from one key picture to the next' }),
    reorderDepth: z
      .int()
      .min(0)
      .optional()
      .meta({ description: 'Pictures that may be sent before one that is shown earlier; 0: no B-frames' }),
  })
  .meta({ id: 'SourceTrack' });
export type SourceTrack = z.infer<typeof sourceTrack>;

/** What will hurt somebody, and what to do about it. */
export const sourceWarning = z
  .object({
    code: z
      .enum([
        'NO_VIDEO',
        'B_FRAMES',
        'LONG_GOP',
        'H265',
        'FRAME_RATE',
        'UNSUPPORTED_VIDEO',
        'UNSUPPORTED_AUDIO',
        'NO_SENDER_REPORTS',
        'CLOCK_OFF',
        'PACKET_LOSS',
      ])
      .meta({ description: 'Stable' }),
    message: z.string(),
  })
  .meta({ id: 'SourceWarning' });
export type SourceWarning = z.infer<typeof sourceWarning>;

/** What a look at a source has shown. */
export const sourceReport = z
  .object({
    address: z.string().meta({ description: 'Without credentials' }),
    transport: z.enum(['tcp', 'udp', 'multicast', 'tls', 'http', 'program']).meta({
      description: 'How the media comes',
    }),
    server: z.string().nullable().meta({ description: 'What the camera calls itself' }),
    firstUnitMs: z
      .number()
      .min(0)
      .meta({ description: 'From the first byte of the connection to the first picture (or sound)' }),
    measuredMs: z.number().min(0).meta({ description: 'How long was measured, from the first unit on' }),
    tracks: z.array(sourceTrack),
    unsupported: z.array(
      z.object({
        kind: z.string(),
        encoding: z.string(),
        reason: z.enum(['codec', 'parameters', 'back-channel']),
      }),
    ),
    clock: z
      .object({
        source: z.enum(['sender-report', 'arrival']),
        offsetMs: z.number().nullable().meta({
          description: "The camera's clock less this machine's, delay included; null without reports",
        }),
      })
      .meta({ description: 'Where wall-clock times come from' }),
    lostPackets: z.int().min(0),
    damagedPictures: z.int().min(0),
    warnings: z.array(sourceWarning),
  })
  .meta({ id: 'SourceReport' });
export type SourceReport = z.infer<typeof sourceReport>;
