import { cameraId, problem } from '@vedette/contract';
import { z } from 'zod';
import type { HttpRoutes } from '../http/http-app.ts';
import { HttpProblem } from '../http/problems.ts';

const DESCRIPTION =
  `Connect with a WebSocket. The gateway sends, as JSON text: {type:"tracks", mimeType, codecs, width,
height, quality}, followed by one binary message with the initialization segment, again whenever the tracks or the
quality change; {type:"quality", quality, isAutomatic, available:[{name, height}]}; {type:"dropped", count} when the
viewer is too slow; {type:"error", code, message}. Every other binary message is one fragment of MP4 with one picture
or one frame of sound. The viewer may send {type:"quality", quality, maxHeight?}, {type:"progress", units} with the
number of binary messages it has received so far, a few times a second, by which the quality is adapted to its line,
and {type:"pong"}.`.replaceAll('\n', ' ');

/** What `/live/CAM/mse` is to those who come without a WebSocket. */
export function mseRoutes(): HttpRoutes {
  return async (app) => {
    await Promise.resolve();
    app.get(
      '/live/:id/mse',
      {
        // The WebSocket itself knocks.
        config: { access: 'public' },
        schema: {
          summary: 'View a camera by media source extensions over WebSocket',
          description: DESCRIPTION,
          tags: ['live'],
          params: z.object({ id: cameraId }),
          querystring: z.object({
            quality: z
              .string()
              .max(32)
              .optional()
              .meta({ description: 'A rendition, or auto (the default)' }),
            maxHeight: z.coerce
              .number()
              .int()
              .optional()
              .meta({ description: 'Lines that the viewer has room for' }),
            codecs: z.string().max(200).optional().meta({
              description:
                'Besides H.264, AAC and Opus, what the player plays: hvc1, av01, vp09, with commas',
            }),
          }),
          response: { 426: problem },
        },
      },
      () => {
        const headers = { upgrade: 'websocket', connection: 'upgrade' };
        throw new HttpProblem(426, 'ERR_WEBSOCKET', 'Upgrade required', 'Connect with a WebSocket.', {
          headers,
        });
      },
    );
  };
}
