import {
  camera,
  cameraId,
  cameraPage,
  problem,
  sessionPage,
  type Camera as CameraJson,
  type Session,
} from '@vedette/contract';
import { z } from 'zod';
import type { CameraSet } from '../cameras/camera-set.ts';
import type { HttpRoutes } from '../servers/http/http-server.ts';
import { cameraNotFound, HttpProblem } from '../servers/http/problems.ts';
import type { SessionRecord, SessionRegistry } from '../sessions/session-registry.ts';
import { cameraJson } from './camera-json.ts';
import { page, pageQuery } from './page.ts';

export interface ApiDependencies {
  readonly cameras: CameraSet;
  readonly sessions: SessionRegistry;
}

/** Every camera as the API shows it, by id. */
export function camerasJson({ cameras, sessions }: ApiDependencies): CameraJson[] {
  return cameras
    .list()
    .map((entry) => cameraJson(entry, sessions.viewers(entry.id), cameras.rates(entry.id)))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function sessionJson(record: SessionRecord): Session {
  const { id, protocol, kind, cameraId: watched, peer, userAgent, transport, startedAtMs, owner } = record;
  const startedAt = new Date(startedAtMs).toISOString();
  return {
    id,
    protocol,
    kind,
    cameraId: watched,
    peer,
    userAgent: userAgent ?? null,
    transport,
    startedAt,
    ...owner.totals(),
  };
}

/** `/api/v1/cameras`: thin; parse, call, answer. */
export function cameraRoutes(dependencies: ApiDependencies): HttpRoutes {
  const { cameras, sessions } = dependencies;
  return async (app) => {
    await Promise.resolve();
    app.get(
      '/api/v1/cameras',
      {
        schema: {
          summary: 'All cameras',
          tags: ['cameras'],
          querystring: pageQuery,
          response: { 200: cameraPage, 400: problem },
        },
      },
      ({ query }) => page(camerasJson(dependencies), ({ id }) => id, query),
    );

    app.get(
      '/api/v1/cameras/:id',
      {
        schema: {
          summary: 'One camera',
          tags: ['cameras'],
          params: z.object({ id: cameraId }),
          response: { 200: camera, 404: problem },
        },
      },
      ({ params: { id } }) => {
        const found = cameras.find(id);
        if (found === undefined) throw cameraNotFound(id);
        return cameraJson(found, sessions.viewers(id), cameras.rates(id));
      },
    );
  };
}

/** `/api/v1/sessions`: who is there, and ending it. */
export function sessionRoutes({ sessions }: Pick<ApiDependencies, 'sessions'>): HttpRoutes {
  return async (app) => {
    await Promise.resolve();
    app.get(
      '/api/v1/sessions',
      {
        schema: {
          summary: 'Who is watching or publishing',
          tags: ['sessions'],
          querystring: pageQuery,
          response: { 200: sessionPage, 400: problem },
        },
      },
      ({ query }) => {
        const items = sessions
          .list()
          .map(sessionJson)
          .sort((a, b) => (a.id < b.id ? -1 : 1));
        return page(items, ({ id }) => id, query);
      },
    );

    app.delete(
      '/api/v1/sessions/:id',
      {
        schema: {
          summary: 'End a session',
          tags: ['sessions'],
          params: z.object({ id: z.uuid() }),
          response: { 204: z.null(), 404: problem },
        },
      },
      async ({ params: { id } }, reply) => {
        const found = sessions.get(id);
        if (found === undefined) {
          throw new HttpProblem(
            404,
            'ERR_SESSION_NOT_FOUND',
            'No such session',
            'It may have ended already.',
          );
        }
        found.owner.close('ended by the API');
        return reply.code(204).send(null);
      },
    );
  };
}
