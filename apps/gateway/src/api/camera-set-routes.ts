import {
  cameraId,
  cameraSet,
  cameraSetChange,
  cameraSetPage,
  newCameraSet,
  problem,
  setName,
} from '@vedette/contract';
import { z } from 'zod';
import type { CameraSets, SetKind } from '../access/people/camera-sets.ts';
import type { HttpAccess } from '../servers/http/http-access.ts';
import type { HttpApp, HttpRoutes } from '../servers/http/http-app.ts';
import { actorOf } from './actor-of.ts';
import { explainErrors } from './explain-errors.ts';
import { page, pageQuery } from './page.ts';

export interface CameraSetRoutesDependencies {
  readonly sets: CameraSets;
  readonly access: Pick<HttpAccess, 'peer'>;
}

/** One of the two kinds, as it is in addresses and summaries. */
interface Words {
  readonly kind: SetKind;
  readonly list: string;
  readonly many: string;
  readonly one: string;
}

const KINDS: readonly Words[] = [
  { kind: 'group', list: '/api/v1/groups', many: 'groups', one: 'a group' },
  { kind: 'zone', list: '/api/v1/zones', many: 'zones', one: 'a zone' },
];
const CONFIGURE = { access: { site: 'configure' } } as const;

const params = z.object({ id: setName });
const memberParams = z.object({ id: setName, cameraId });

/** `/api/v1/groups` and `/api/v1/zones`: what cameras are gathered in, for permissions. */
export function cameraSetRoutes(dependencies: CameraSetRoutesDependencies): HttpRoutes {
  return async (app) => {
    await Promise.resolve();
    explainErrors(app);
    for (const words of KINDS) {
      addList(app, dependencies, words);
      addOne(app, dependencies, words);
      addMembers(app, dependencies, words);
    }
  };
}

function addList(
  app: HttpApp,
  { sets, access }: CameraSetRoutesDependencies,
  { kind, list, many, one }: Words,
): void {
  app.get(
    list,
    {
      config: CONFIGURE,
      schema: {
        summary: `All ${many} with their cameras`,
        tags: [many],
        querystring: pageQuery,
        response: { 200: cameraSetPage, 400: problem },
      },
    },
    ({ query }) => page(sets.list(kind), ({ id }) => id, query),
  );

  app.post(
    list,
    {
      config: CONFIGURE,
      schema: {
        summary: `Make ${one}`,
        tags: [many],
        body: newCameraSet,
        response: { 201: cameraSet, 400: problem, 409: problem },
      },
    },
    async (request, reply) => {
      const made = await sets.create(actorOf(request, access), kind, request.body);
      return reply.code(201).header('location', `${list}/${made.id}`).send(made);
    },
  );
}

function addOne(
  app: HttpApp,
  { sets, access }: CameraSetRoutesDependencies,
  { kind, list, many, one }: Words,
): void {
  app.patch(
    `${list}/:id`,
    {
      config: CONFIGURE,
      schema: {
        summary: `Rename ${one}`,
        tags: [many],
        params,
        body: cameraSetChange,
        response: { 200: cameraSet, 400: problem, 404: problem, 409: problem },
      },
    },
    async (request) => sets.rename(actorOf(request, access), kind, request.params.id, request.body.name),
  );

  app.delete(
    `${list}/:id`,
    {
      config: CONFIGURE,
      schema: {
        summary: `Remove ${one}; its cameras stay`,
        tags: [many],
        params,
        response: { 204: z.null(), 404: problem, 409: problem },
      },
    },
    async (request, reply) => {
      await sets.remove(actorOf(request, access), kind, request.params.id);
      return reply.code(204).send(null);
    },
  );
}

function addMembers(
  app: HttpApp,
  { sets, access }: CameraSetRoutesDependencies,
  { kind, list, many, one }: Words,
): void {
  const member = `${list}/:id/cameras/:cameraId`;
  app.put(
    member,
    {
      config: CONFIGURE,
      schema: {
        summary: `Put a camera into ${one}`,
        tags: [many],
        params: memberParams,
        response: { 200: cameraSet, 404: problem },
      },
    },
    async (request) => {
      const { id, cameraId: camera } = request.params;
      return sets.add(actorOf(request, access), kind, id, camera);
    },
  );

  app.delete(
    member,
    {
      config: CONFIGURE,
      schema: {
        summary: `Take a camera out of ${one}`,
        tags: [many],
        params: memberParams,
        response: { 200: cameraSet, 404: problem, 409: problem },
      },
    },
    async (request) => {
      const { id, cameraId: camera } = request.params;
      return sets.take(actorOf(request, access), kind, id, camera);
    },
  );
}
