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
import { identityKey, personOf, type Identity } from '../access/identity.ts';
import type { Membership } from '../access/permissions.ts';
import type { Rights } from '../access/rights.ts';
import { visibleCameras } from '../access/visible-cameras.ts';
import type { Camera } from '../cameras/camera.ts';
import type { CameraSet } from '../cameras/camera-set.ts';
import type { HttpRoutes } from '../servers/http/http-app.ts';
import { cameraNotFound, HttpProblem } from '../servers/http/problems.ts';
import type { SessionRecord, SessionRegistry } from '../sessions/session-registry.ts';
import { cameraJson } from './camera-json.ts';
import { page, pageQuery } from './page.ts';

export interface ApiDependencies {
  readonly cameras: CameraSet;
  readonly sessions: SessionRegistry;
  /** Groups and zones of each camera, and who may do what. */
  readonly rights: Membership & Pick<Rights, 'decide'>;
}

/** One camera as the API shows it. */
export function oneCameraJson(entry: Camera, { cameras, sessions, rights }: ApiDependencies): CameraJson {
  return cameraJson(entry, {
    managedBy: cameras.managedBy(entry.id) ?? 'publisher',
    groups: rights.groupsOf(entry.id),
    zones: rights.zonesOf(entry.id),
    viewers: sessions.viewers(entry.id),
    rates: cameras.rates(entry.id),
  });
}

/** Every camera as the API shows it, by id. */
export function camerasJson(dependencies: ApiDependencies): CameraJson[] {
  return dependencies.cameras
    .list()
    .map((entry) => oneCameraJson(entry, dependencies))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function sessionJson(record: SessionRecord): Session {
  const { id, protocol, kind, cameraId: watched, peer, userAgent, transport, startedAtMs, owner } = record;
  const { identity } = record;
  const isKnown = 'id' in identity;
  return {
    id,
    protocol,
    kind,
    cameraId: watched,
    who: isKnown ? { kind: identity.kind, name: identity.name } : null,
    peer,
    userAgent: userAgent ?? null,
    transport,
    startedAt: new Date(startedAtMs).toISOString(),
    ...owner.totals(),
  };
}

/** `/api/v1/cameras`: thin; parse, call, answer. */
export function cameraRoutes(dependencies: ApiDependencies): HttpRoutes {
  const { cameras, rights } = dependencies;
  return async (app) => {
    await Promise.resolve();
    app.get(
      '/api/v1/cameras',
      {
        config: { access: 'known' },
        schema: {
          summary: 'All cameras that one may view',
          tags: ['cameras'],
          querystring: pageQuery,
          response: { 200: cameraPage, 400: problem },
        },
      },
      ({ query, identity }) => {
        const visible = visibleCameras(rights, identity, camerasJson(dependencies));
        return page(visible, ({ id }) => id, query);
      },
    );

    app.get(
      '/api/v1/cameras/:id',
      {
        config: { access: { camera: 'view', parameter: 'id' } },
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
        return oneCameraJson(found, dependencies);
      },
    );
  };
}

/** `/api/v1/sessions`: who is there, and ending it. Who may not monitor sees and ends his own. */
export function sessionRoutes({
  sessions,
  rights,
}: Pick<ApiDependencies, 'sessions' | 'rights'>): HttpRoutes {
  const maySee = (identity: Identity, session: SessionRecord): boolean =>
    rights.decide(identity, 'monitor') === 'yes' || isOwn(identity, session);
  return async (app) => {
    await Promise.resolve();
    app.get(
      '/api/v1/sessions',
      {
        config: { access: 'known' },
        schema: {
          summary: 'Who is watching or publishing',
          tags: ['sessions'],
          querystring: pageQuery,
          response: { 200: sessionPage, 400: problem },
        },
      },
      ({ query, identity }) => {
        const items = sessions
          .list()
          .filter((session) => maySee(identity, session))
          .map(sessionJson);
        return page(items, ({ id }) => id, query);
      },
    );

    app.delete(
      '/api/v1/sessions/:id',
      {
        config: { access: 'known' },
        schema: {
          summary: 'End a session',
          tags: ['sessions'],
          params: z.object({ id: z.uuid() }),
          response: { 204: z.null(), 404: problem },
        },
      },
      async ({ params: { id }, identity }, reply) => {
        const found = sessions.get(id);
        if (found === undefined || !maySee(identity, found)) throw sessionNotFound();
        found.owner.close('ended by the API');
        return reply.code(204).send(null);
      },
    );
  };
}

/** Whether the session is of the same person, by whatever he showed. */
function isOwn(identity: Identity, { identity: other }: SessionRecord): boolean {
  const person = personOf(identity);
  return person === undefined ? identityKey(identity) === identityKey(other) : person === personOf(other);
}

function sessionNotFound(): HttpProblem {
  return new HttpProblem(404, 'ERR_SESSION_NOT_FOUND', 'No such session', 'It may have ended already.');
}
