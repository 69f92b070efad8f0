import { cameraId, problem } from '@vedette/contract';
import { z } from 'zod';
import type { CameraDirectory } from '../../cameras/directory.ts';
import { SNAPSHOT_WIDTH, SnapshotError, type Snapshots } from '../../transcode/snapshots.ts';
import type { HttpRoutes } from './http-server.ts';
import { cameraNotFound, HttpProblem } from './problems.ts';

/** A browser may show the same picture again for this long. */
const MAX_AGE_S = 1;

function toProblem(error: SnapshotError): HttpProblem {
  const title = error.code === 'ERR_SNAPSHOT_NO_PICTURE' ? 'No picture' : 'No snapshot';
  return new HttpProblem(503, error.code, title, error.message, { headers: { 'retry-after': '5' } });
}

/** `/live/CAM/snapshot.jpg`: the last key frame; of a camera that is away, the last one that was asked of it. */
export function snapshotRoutes(snapshots: Snapshots, cameras: CameraDirectory): HttpRoutes {
  return async (app) => {
    await Promise.resolve();
    app.get(
      '/live/:id/snapshot.jpg',
      {
        schema: {
          summary: 'The last key frame as JPEG',
          tags: ['live'],
          params: z.object({ id: cameraId }),
          querystring: z.object({
            w: z.coerce
              .number()
              .int()
              .min(SNAPSHOT_WIDTH.min)
              .max(SNAPSHOT_WIDTH.max)
              .optional()
              .meta({ description: 'Width in pixels; the height follows' }),
          }),
          response: { 200: z.instanceof(Buffer), 404: problem, 503: problem },
        },
      },
      async ({ params: { id }, query: { w } }, reply) => {
        const camera = cameras.find(id);
        if (camera === undefined) throw cameraNotFound(id);
        const isAway = camera.state.name === 'offline' || camera.state.name === 'waiting';
        try {
          const { jpeg, takenAtMs, isLive } = await snapshots.jpeg(camera.stream, {
            width: w,
            ...(isAway ? { waitMs: 0 } : {}),
          });
          return await reply
            .code(200)
            .type('image/jpeg')
            .headers({
              'cache-control': `private, max-age=${MAX_AGE_S}`,
              'last-modified': new Date(takenAtMs).toUTCString(),
              'vedette-live': String(isLive),
            })
            .send(jpeg);
        } catch (error) {
          throw error instanceof SnapshotError ? toProblem(error) : error;
        }
      },
    );
  };
}
