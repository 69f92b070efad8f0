import {
  camera as cameraSchema,
  cameraChange,
  cameraConfiguration,
  cameraId,
  cameraTest,
  cameraTestChange,
  newCamera,
  newCameraTest,
  problem,
  type CameraConfiguration,
} from '@vedette/contract';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Camera } from '../cameras/camera.ts';
import { hasSecrets, meantAddress } from '../cameras/camera-addresses.ts';
import { redactAddress } from '../cameras/redact.ts';
import type { StoredCameras } from '../cameras/stored-cameras.ts';
import type { SourceTests } from '../check-source/source-tests.ts';
import { networkGuard, type AddressGuard } from '../net/guarded-lookup.ts';
import type { HttpAccess } from '../servers/http/http-access.ts';
import type { HttpApp, HttpRoutes } from '../servers/http/http-app.ts';
import { cameraNotFound } from '../servers/http/problems.ts';
import { actorOf } from './actor-of.ts';
import { oneCameraJson, type ApiDependencies } from './api-routes.ts';
import { explainErrors } from './explain-errors.ts';

export interface CameraAdminDependencies extends ApiDependencies {
  readonly stored: StoredCameras;
  readonly tests: SourceTests;
  readonly access: Pick<HttpAccess, 'peer'>;
  /** Where addresses that come by the API may lead: `apiCameraGuard`. */
  readonly guard: AddressGuard;
}

const LIST = '/api/v1/cameras';
const ONE = '/api/v1/cameras/:id';
const CONFIGURE = { access: { site: 'configure' } } as const;
const params = z.object({ id: cameraId });

/** `/api/v1/cameras`, for those who configure: making, changing, removing and testing. */
export function cameraAdminRoutes(dependencies: CameraAdminDependencies): HttpRoutes {
  return async (app) => {
    await Promise.resolve();
    explainErrors(app);
    addMaking(app, dependencies);
    addChanging(app, dependencies);
    addTests(app, dependencies);
  };
}

function cameraOf({ cameras }: CameraAdminDependencies, id: string): Camera {
  const found = cameras.find(id);
  if (found === undefined) throw cameraNotFound(id);
  return found;
}

function addMaking(app: HttpApp, dependencies: CameraAdminDependencies): void {
  const { stored, access } = dependencies;
  app.post(
    LIST,
    {
      config: CONFIGURE,
      schema: {
        summary: 'Add a camera',
        tags: ['cameras'],
        body: newCamera,
        response: { 201: cameraSchema, 400: problem, 409: problem },
      },
    },
    async (request, reply) => {
      const { id } = request.body;
      await stored.create(actorOf(request, access), request.body);
      return reply
        .code(201)
        .header('location', `${LIST}/${id}`)
        .send(oneCameraJson(cameraOf(dependencies, id), dependencies));
    },
  );

  app.get(
    `${ONE}/config`,
    {
      config: CONFIGURE,
      schema: {
        summary: 'The configuration of a camera, without its secrets',
        tags: ['cameras'],
        params,
        response: { 200: cameraConfiguration, 404: problem },
      },
    },
    ({ params: { id } }) => configurationJson(cameraOf(dependencies, id), dependencies),
  );
}

function configurationJson(
  { id, config }: Camera,
  { cameras, stored, rights }: CameraAdminDependencies,
): CameraConfiguration {
  const managedBy = cameras.managedBy(id) ?? 'publisher';
  const own = managedBy === 'api' ? stored.get(id) : undefined;
  const sub = config.sources?.sub;
  return {
    id,
    managedBy,
    source: redactAddress(config.source),
    hasSecrets: hasSecrets(config.source),
    sources: {
      sub: sub === undefined ? null : redactAddress(sub),
      subHasSecrets: sub !== undefined && hasSecrets(sub),
    },
    name: config.name ?? null,
    transport: config.transport,
    tlsFingerprint: config.tlsFingerprint ?? null,
    tlsInsecure: config.tlsInsecure,
    renditions: config.renditions ?? null,
    onDemand: config.onDemand,
    overridePublisher: config.overridePublisher,
    groups: [...rights.groupsOf(id)].sort(),
    zones: [...rights.zonesOf(id)].sort(),
    createdAt: own === undefined ? null : new Date(own.createdAtMs).toISOString(),
    updatedAt: own === undefined ? null : new Date(own.updatedAtMs).toISOString(),
  };
}

function addChanging(app: HttpApp, dependencies: CameraAdminDependencies): void {
  const { stored, access } = dependencies;
  app.patch(
    ONE,
    {
      config: CONFIGURE,
      schema: {
        summary: 'Change a camera that was made by the API',
        description: 'Viewers stay. An address that is sent back as it was shown keeps its secrets.',
        tags: ['cameras'],
        params,
        body: cameraChange,
        response: { 200: cameraSchema, 400: problem, 404: problem, 409: problem },
      },
    },
    async (request) => {
      const { id } = request.params;
      await stored.change(actorOf(request, access), id, request.body);
      return oneCameraJson(cameraOf(dependencies, id), dependencies);
    },
  );

  app.delete(
    ONE,
    {
      config: CONFIGURE,
      schema: {
        summary: 'Remove a camera that was made by the API',
        tags: ['cameras'],
        params,
        response: { 204: z.null(), 404: problem, 409: problem },
      },
    },
    async (request, reply) => {
      await stored.remove(actorOf(request, access), request.params.id);
      return reply.code(204).send(null);
    },
  );
}

function addTests(app: HttpApp, dependencies: CameraAdminDependencies): void {
  const { tests, guard, cameras } = dependencies;
  app.post(
    `${LIST}/test`,
    {
      config: CONFIGURE,
      schema: {
        summary: 'Try a source before it is saved',
        description: 'Takes at most 10 s; at most 4 run at a time.',
        tags: ['cameras'],
        body: newCameraTest,
        response: { 200: cameraTest, 400: problem, 429: problem },
      },
    },
    async (request, reply) => tests.run({ ...request.body, guard }, untilGone(reply)),
  );

  app.post(
    `${ONE}/test`,
    {
      config: CONFIGURE,
      schema: {
        summary: 'Try the source of a camera, as it is or with changes that are not saved yet',
        description: 'Takes at most 10 s; at most 4 run at a time.',
        tags: ['cameras'],
        params,
        body: cameraTestChange.nullish(),
        response: { 200: cameraTest, 400: problem, 404: problem, 429: problem },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { config } = cameraOf(dependencies, id);
      const { source: sent, tlsFingerprint, ...change } = request.body ?? {};
      const source = sent === undefined ? config.source : meantAddress(sent, config.source);
      const isOfFile = source === config.source && cameras.managedBy(id) === 'file';
      const tested = {
        source,
        transport: change.transport ?? config.transport,
        tlsInsecure: change.tlsInsecure ?? config.tlsInsecure,
        tlsFingerprint: tlsFingerprint === null ? undefined : (tlsFingerprint ?? config.tlsFingerprint),
        guard: isOfFile ? networkGuard : guard,
      };
      return tests.run(tested, untilGone(reply));
    },
  );
}

/** Aborts when the connection ends before the answer: nobody waits for it then. */
function untilGone({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once('close', () => gone.abort());
  return gone.signal;
}
