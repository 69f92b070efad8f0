import { z } from 'zod';

/** What a page needs to know of the gateway to say where players find it. */
export const serverInfo = z
  .object({
    version: z.string(),
    rtspPort: z.int().nullable().meta({ description: 'null: RTSP is off' }),
  })
  .meta({ id: 'ServerInfo' });
export type ServerInfo = z.infer<typeof serverInfo>;
