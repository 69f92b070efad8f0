import { cameraId, problem } from '@vedette/contract';
import { z } from 'zod';
import type { CameraDirectory, CameraView } from '../../cameras/directory.ts';
import { SNAPSHOT_WIDTH, SnapshotError, type Snapshots } from '../../transcode/snapshots.ts';
import type { HttpAccess } from './http-access.ts';
import type { HttpRoutes } from './http-app.ts';
import { cameraNotFound, HttpProblem } from './problems.ts';

/** How long a camera made on demand is waited for. */
const LIVE_TIMEOUT_MS = 5000;
/** A browser may show the same picture again for this long. */
const MAX_AGE_S = 1;

function toProblem(error: SnapshotError, { state }: CameraView): HttpProblem {
  const reason = state.name === 'offline' ? `: ${state.reason}` : '';
  const title = error.code === 'ERR_SNAPSHOT_NO_PICTURE' ? 'No picture' : 'No snapshot';
  return new HttpProblem(503, error.code, title, error.message + reason, { headers: { 'retry-after': '5' } });
}

const SCHEMA = {
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
  response: {
    200: z.instanceof(Buffer),
    401: problem,
    403: problem,
    404: problem,
    429: problem,
    503: problem,
  },
};

/** `/live/CAM/snapshot.jpg`: the last key frame; of a camera that is away, the last one that was asked of it. */
export function snapshotRoutes(
  snapshots: Pick<Snapshots, 'jpeg'>,
  cameras: CameraDirectory,
  access: HttpAccess,
): HttpRoutes {
  return async (app) => {
    await Promise.resolve();
    app.get(
      '/live/:id/snapshot.jpg',
      {
        config: { access: 'door' },
        schema: SCHEMA,
      },
      async (request, reply) => {
        const { params, query, signal } = request;
        const { id } = params;
        await access.admit(request, { action: 'view', cameraId: id, protocol: 'snapshot' });
        const camera = cameras.find(id);
        if (camera === undefined) throw cameraNotFound(id);
        const isAway = !(await becomesLive(camera, signal));
        try {
          const { jpeg, takenAtMs, isLive } = await snapshots.jpeg(camera.stream, {
            width: query.w,
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
          throw error instanceof SnapshotError ? toProblem(error, camera) : error;
        }
      },
    );
  };
}

/** Whether the camera is live, or becomes so within its time; one that is away is not waited for. */
async function becomesLive({ stream, state }: CameraView, signal: AbortSignal): Promise<boolean> {
  const hasHope = state.name === 'connecting' || state.name === 'idle';
  if (!stream.isLive && hasHope) {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(LIVE_TIMEOUT_MS)]);
    await stream.live(patience).catch(() => undefined);
  }
  return stream.isLive;
}
