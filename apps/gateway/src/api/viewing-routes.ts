import { cameraId, problem } from '@vedette/contract';
import { z } from 'zod';
import type { Rung } from '../adaptation/viewer-quality.ts';
import type { CameraDirectory } from '../cameras/directory.ts';
import type { HttpRoutes } from '../servers/http/http-app.ts';
import { cameraNotFound } from '../servers/http/problems.ts';
import type { Stream } from '../stream/stream.ts';
import { optimalViewing } from './optimal-viewing.ts';

export interface ViewingRoutesOptions {
  readonly cameras: Pick<CameraDirectory, 'find'>;
  readonly rungs: (stream: Stream) => readonly Rung[];
  /** What is switched on. */
  readonly offered: { readonly webrtc: boolean; readonly hls: boolean };
}

const optimal = z
  .object({
    protocol: z.enum(['webrtc', 'mse', 'hls', 'mjpeg']),
    quality: z.string().meta({ description: 'A rung of the ladder, or source' }),
    bitrate: z.int().min(0).meta({ description: 'Bits per second that it takes; 0: not known yet' }),
    url: z.string(),
  })
  .meta({ id: 'OptimalViewing' });

/** `/live/CAM/optimal`: for clients that do not choose themselves. */
export function viewingRoutes({ cameras, rungs, offered }: ViewingRoutesOptions): HttpRoutes {
  return async (app) => {
    await Promise.resolve();
    app.get(
      '/live/:id/optimal',
      {
        config: { access: { camera: 'view', parameter: 'id' } },
        schema: {
          summary: 'The best way for this client to view a camera',
          description: 'By its User-Agent and the speed of its line.',
          tags: ['live'],
          params: z.object({ id: cameraId }),
          querystring: z.object({
            speed: z.coerce
              .number()
              .min(0)
              .max(10_000_000)
              .optional()
              .meta({ description: 'Of the client’s line, in kilobits per second' }),
          }),
          response: { 200: optimal, 400: problem, 404: problem },
        },
      },
      (request) => {
        const { id } = request.params;
        const camera = cameras.find(id);
        if (camera === undefined) throw cameraNotFound(id);
        const userAgent = (request.headers['user-agent'] ?? '').slice(0, 500);
        const found = optimalViewing(
          camera.id,
          userAgent,
          request.query.speed,
          rungs(camera.stream),
          offered,
        );
        const { protocol, quality, bitrate, path } = found;
        const scheme = protocol === 'mse' ? request.protocol.replace('http', 'ws') : request.protocol;
        return { protocol, quality, bitrate, url: `${scheme}://${request.host}${path}` };
      },
    );
  };
}
