import {
  cameraId,
  newPush,
  problem,
  push as pushSchema,
  pushChange,
  pushName,
  pushPage,
  type NewPush,
} from '@vedette/contract';
import { ProtocolError } from '@vedette/media';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AuditTrail } from '../access/audit-entry.ts';
import type { Camera } from '../cameras/camera.ts';
import type { CameraSet } from '../cameras/camera-set.ts';
import type { Push } from '../push/push.ts';
import type { PushSet } from '../push/push-set.ts';
import type { HttpApp, HttpRoutes } from '../servers/http/http-app.ts';
import { cameraNotFound, HttpProblem } from '../servers/http/problems.ts';
import { page, pageQuery } from './page.ts';
import { pushJson } from './push-json.ts';

export interface PushRoutesDependencies {
  readonly cameras: CameraSet;
  readonly pushes: PushSet;
  readonly audit: AuditTrail;
}

const LIST = '/api/v1/cameras/:id/pushes';
const ONE = '/api/v1/cameras/:id/pushes/:pushId';

const listParams = z.object({ id: cameraId });
const oneParams = z.object({ id: cameraId, pushId: pushName });

/** Where cameras go is for those who keep the gateway running; what changes it leaves the house. */
const READ = { access: { site: 'monitor' } } as const;
const WRITE = { access: { site: 'configure' } } as const;

/** `/api/v1/cameras/CAM/pushes`: where a camera is sent on to. */
export function pushRoutes({ cameras, pushes, audit }: PushRoutesDependencies): HttpRoutes {
  const cameraOf = (id: string): Camera => {
    const camera = cameras.find(id);
    if (camera === undefined) throw cameraNotFound(id);
    return camera;
  };
  const pushOf = (id: string, pushId: string): Push => {
    const found = pushes.find(cameraOf(id).id, pushId);
    if (found !== undefined) return found;
    throw new HttpProblem(
      404,
      'ERR_PUSH_NOT_FOUND',
      'No such push',
      `Camera "${id}" has no push "${pushId}".`,
    );
  };
  return async (app) => {
    await Promise.resolve();
    addList(app, pushes, cameraOf, audit);
    addOne(app, pushes, pushOf, audit);
  };
}

function addList(app: HttpApp, pushes: PushSet, cameraOf: (id: string) => Camera, audit: AuditTrail): void {
  app.get(
    LIST,
    {
      config: READ,
      schema: {
        summary: 'Where a camera is pushed to',
        tags: ['pushes'],
        params: listParams,
        querystring: pageQuery,
        response: { 200: pushPage, 400: problem, 404: problem },
      },
    },
    ({ params, query }) => {
      const items = pushes.list(cameraOf(params.id).id).map(pushJson);
      return page(items, ({ id }) => id, query);
    },
  );

  app.post(
    LIST,
    {
      config: WRITE,
      schema: {
        summary: 'Push a camera to a further destination',
        description: 'It lives until it is deleted or the gateway ends; what is to stay goes into the file.',
        tags: ['pushes'],
        params: listParams,
        body: newPush,
        response: { 201: pushSchema, 400: problem, 404: problem, 409: problem },
      },
    },
    async (request, reply) => {
      const { params, body } = request;
      const camera = cameraOf(params.id);
      const push = add(pushes, camera, body);
      record(audit, request, 'push.created', push, { after: settingsOf(push) });
      return reply
        .code(201)
        .header('location', `/api/v1/cameras/${camera.id}/pushes/${push.id}`)
        .send(pushJson(push));
    },
  );
}

function addOne(
  app: HttpApp,
  pushes: PushSet,
  pushOf: (id: string, pushId: string) => Push,
  audit: AuditTrail,
): void {
  app.get(
    ONE,
    {
      config: READ,
      schema: {
        summary: 'One push',
        tags: ['pushes'],
        params: oneParams,
        response: { 200: pushSchema, 404: problem },
      },
    },
    ({ params: { id, pushId } }) => pushJson(pushOf(id, pushId)),
  );

  app.patch(
    ONE,
    {
      config: WRITE,
      schema: {
        summary: 'Start or stop a push',
        tags: ['pushes'],
        params: oneParams,
        body: pushChange,
        response: { 200: pushSchema, 400: problem, 404: problem },
      },
    },
    (request) => {
      const { id, pushId } = request.params;
      const push = pushOf(id, pushId);
      const before = settingsOf(push);
      pushes.set(push, request.body.enabled);
      record(audit, request, 'push.changed', push, { before, after: settingsOf(push) });
      return pushJson(push);
    },
  );

  app.delete(
    ONE,
    {
      config: WRITE,
      schema: {
        summary: 'End a push that was made by the API',
        tags: ['pushes'],
        params: oneParams,
        response: { 204: z.null(), 404: problem, 409: problem },
      },
    },
    async (request, reply) => {
      const { id, pushId } = request.params;
      const push = pushOf(id, pushId);
      await pushes.remove(push).catch(refuse);
      record(audit, request, 'push.removed', push, { before: settingsOf(push) });
      return reply.code(204).send(null);
    },
  );
}

/** What is worth keeping of a push when it is changed; the destination without its key. */
function settingsOf(push: Push): Readonly<Record<string, unknown>> {
  const { to, quality, when, enabled } = pushJson(push);
  return { to, quality, when, enabled };
}

function record(
  audit: AuditTrail,
  { identity, ip, headers }: Pick<FastifyRequest, 'identity' | 'ip' | 'headers'>,
  action: 'push.created' | 'push.changed' | 'push.removed',
  { cameraId: camera, id }: Push,
  detail: Readonly<Record<string, unknown>>,
): void {
  const userAgent = headers['user-agent'];
  audit.record({
    identity,
    action,
    cameraId: camera,
    target: id,
    address: ip,
    userAgent,
    result: 'ok',
    detail,
  });
}

function add(pushes: PushSet, camera: Camera, body: NewPush): Push {
  try {
    return pushes.add(camera, body);
  } catch (error) {
    return refuse(error);
  }
}

function refuse(error: unknown): never {
  if (error instanceof ProtocolError) throw new HttpProblem(409, error.code, 'Not possible', error.message);
  throw error;
}
