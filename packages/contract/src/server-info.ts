import { z } from 'zod';

/** What a page needs to know of the gateway to say where players find it. */
export const serverInfo = z
  .object({
    version: z.string(),
    transcodes: z
      .boolean()
      .meta({ description: 'Whether media is coded anew for players that cannot take it as it is' }),
    rtspPort: z.int().nullable().meta({ description: 'null: RTSP is off' }),
  })
  .meta({ id: 'ServerInfo' });
export type ServerInfo = z.infer<typeof serverInfo>;
