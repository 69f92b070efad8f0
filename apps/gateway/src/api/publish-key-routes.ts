import {
  cameraId,
  createdPublishKey,
  newPublishKey,
  problem,
  type PublishKey,
  publishKeyPage,
} from '@vedette/contract';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { lenderId, NOTHING_TO_LEND } from '../access/tokens/asker.ts';
import { publishUrls, type OfferedMedia } from '../access/tokens/media-urls.ts';
import type { PublishKeyRecord, PublishKeys } from '../access/tokens/publish-keys.ts';
import type { CameraDirectory } from '../cameras/directory.ts';
import type { HttpApp, HttpRoutes } from '../servers/http/http-app.ts';
import { cameraNotFound, HttpProblem } from '../servers/http/problems.ts';
import { askerOf, isoTime, LENDING_PROBLEMS, lendingProblem, reachedBy } from './lending-request.ts';
import { byCreation, page, pageQuery } from './page.ts';

export interface PublishKeyRoutesDependencies {
  readonly keys: PublishKeys;
  readonly cameras: Pick<CameraDirectory, 'find'>;
  /** What people call the user or the API key of this id. */
  readonly nameOf: (userId: string) => string | undefined;
  readonly offered: () => OfferedMedia;
}

const LIST = '/api/v1/cameras/:id/publish-keys';
const TAGS = ['publish keys'];
const listParams = z.object({ id: cameraId });
/** Whoever may publish to a camera may hand that on. */
const config = { access: { camera: 'publish', parameter: 'id' } } as const;

/** `/api/v1/cameras/CAM/publish-keys`: what encoders show to publish to a camera. */
export function publishKeyRoutes(dependencies: PublishKeyRoutesDependencies): HttpRoutes {
  return async (app) => {
    await Promise.resolve();
    addList(app, dependencies);
    addCreation(app, dependencies);
    addEnd(app, dependencies);
  };
}

function addList(app: HttpApp, { keys, cameras, nameOf }: PublishKeyRoutesDependencies): void {
  app.get(
    LIST,
    {
      config,
      schema: {
        summary: 'Publish keys of a camera',
        tags: TAGS,
        params: listParams,
        querystring: pageQuery,
        response: { 200: publishKeyPage, 401: problem, 403: problem, 404: problem },
      },
    },
    (request) => {
      const { id } = request.params;
      refuseBorrowers(request);
      if (cameras.find(id) === undefined) throw cameraNotFound(id);
      const shown = keys.listOf(id).map((record) => keyJson(record, nameOf));
      return page(shown, byCreation, request.query);
    },
  );
}

function addCreation(app: HttpApp, { keys, cameras, nameOf, offered }: PublishKeyRoutesDependencies): void {
  app.post(
    LIST,
    {
      config,
      schema: {
        summary: 'Make a publish key',
        description:
          'An encoder that shows it may publish to this camera, and do nothing else, until it is revoked.',
        tags: TAGS,
        params: listParams,
        body: newPublishKey,
        response: {
          201: createdPublishKey,
          ...LENDING_PROBLEMS,
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (cameras.find(id) === undefined) throw cameraNotFound(id);
      const made = await keys.create(askerOf(request), id, request.body.name);
      if (!made.ok) throw lendingProblem(made, request, id);
      return reply
        .code(201)
        .headers({
          'cache-control': 'no-store',
          location: `/api/v1/cameras/${id}/publish-keys/${made.record.id}`,
        })
        .send({
          ...keyJson(made.record, nameOf),
          key: made.key,
          urls: publishUrls(id, made.key, reachedBy(request), offered()),
        });
    },
  );
}

function addEnd(app: HttpApp, { keys }: PublishKeyRoutesDependencies): void {
  app.delete(
    `${LIST}/:keyId`,
    {
      config,
      schema: {
        summary: 'Revoke a publish key',
        description: 'An encoder that publishes by it is cut off within a second.',
        tags: TAGS,
        params: z.object({ id: cameraId, keyId: z.string().max(64) }),
        response: { 204: z.null(), 401: problem, 403: problem, 404: problem },
      },
    },
    async (request, reply) => {
      const { id, keyId } = request.params;
      refuseBorrowers(request);
      const isTheirs = keys.get(keyId)?.cameraId === id;
      if (!isTheirs || !(await keys.revoke(askerOf(request), keyId))) throw keyNotFound(id);
      return reply.code(204).send(null);
    },
  );
}

/** An encoder's key, or a token that was lent, publishes; what others may publish by is none of its business. */
function refuseBorrowers(request: FastifyRequest): void {
  if (lenderId(request.identity) === undefined) throw lendingProblem(NOTHING_TO_LEND, request);
}

function keyNotFound(id: string): HttpProblem {
  return new HttpProblem(
    404,
    'ERR_PUBLISH_KEY_NOT_FOUND',
    'No such publish key',
    `Camera "${id}" has no such publish key.`,
  );
}

function keyJson(record: PublishKeyRecord, nameOf: (userId: string) => string | undefined): PublishKey {
  return {
    id: record.id,
    cameraId: record.cameraId,
    name: record.name,
    createdBy: nameOf(record.userId) ?? 'unknown',
    createdAt: isoTime(record.createdAtMs),
    lastUsedAt: record.lastUsedAtMs === undefined ? null : isoTime(record.lastUsedAtMs),
  };
}
