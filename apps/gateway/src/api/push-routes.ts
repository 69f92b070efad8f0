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
import { z } from 'zod';
import type { Camera } from '../cameras/camera.ts';
import type { CameraSet } from '../cameras/camera-set.ts';
import type { Push } from '../push/push.ts';
import type { PushSet } from '../push/push-set.ts';
import type { HttpApp, HttpRoutes } from '../servers/http/http-server.ts';
import { cameraNotFound, HttpProblem } from '../servers/http/problems.ts';
import { page, pageQuery } from './page.ts';
import { pushJson } from './push-json.ts';

export interface PushRoutesDependencies {
  readonly cameras: CameraSet;
  readonly pushes: PushSet;
}

const LIST = '/api/v1/cameras/:id/pushes';
const ONE = '/api/v1/cameras/:id/pushes/:pushId';

const listParams = z.object({ id: cameraId });
const oneParams = z.object({ id: cameraId, pushId: pushName });

/** `/api/v1/cameras/CAM/pushes`: where a camera is sent on to. */
export function pushRoutes({ cameras, pushes }: PushRoutesDependencies): HttpRoutes {
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
    addList(app, pushes, cameraOf);
    addOne(app, pushes, pushOf);
  };
}

function addList(app: HttpApp, pushes: PushSet, cameraOf: (id: string) => Camera): void {
  app.get(
    LIST,
    {
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
      return page(
        items.sort((a, b) => (a.id < b.id ? -1 : 1)),
        ({ id }) => id,
        query,
      );
    },
  );

  app.post(
    LIST,
    {
      schema: {
        summary: 'Push a camera to a further destination',
        description: 'It lives until it is deleted or the gateway ends; what is to stay goes into the file.',
        tags: ['pushes'],
        params: listParams,
        body: newPush,
        response: { 201: pushSchema, 400: problem, 404: problem, 409: problem },
      },
    },
    async ({ params, body }, reply) => {
      const camera = cameraOf(params.id);
      const push = add(pushes, camera, body);
      return reply
        .code(201)
        .header('location', `/api/v1/cameras/${camera.id}/pushes/${push.id}`)
        .send(pushJson(push));
    },
  );
}

function addOne(app: HttpApp, pushes: PushSet, pushOf: (id: string, pushId: string) => Push): void {
  app.get(
    ONE,
    {
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
      schema: {
        summary: 'Start or stop a push',
        tags: ['pushes'],
        params: oneParams,
        body: pushChange,
        response: { 200: pushSchema, 400: problem, 404: problem },
      },
    },
    ({ params: { id, pushId }, body: { enabled } }) => {
      const push = pushOf(id, pushId);
      pushes.set(push, enabled);
      return pushJson(push);
    },
  );

  app.delete(
    ONE,
    {
      schema: {
        summary: 'End a push that was made by the API',
        tags: ['pushes'],
        params: oneParams,
        response: { 204: z.null(), 404: problem, 409: problem },
      },
    },
    async ({ params: { id, pushId } }, reply) => {
      const push = pushOf(id, pushId);
      await pushes.remove(push).catch(refuse);
      return reply.code(204).send(null);
    },
  );
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
