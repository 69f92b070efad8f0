import { apiKeyPage, madeApiKey, newApiKey, problem, type ApiKey, type MadeApiKey } from '@vedette/contract';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AuditAction, AuditTrail } from '../access/audit-entry.ts';
import { identityKey } from '../access/identity.ts';
import type { ApiKeyRecord, ApiKeys } from '../access/login/api-keys.ts';
import type { RateLimits } from '../access/rate-limit.ts';
import type { HttpAccess } from '../servers/http/http-access.ts';
import type { HttpApp, HttpRoutes } from '../servers/http/http-app.ts';
import { HttpProblem } from '../servers/http/problems.ts';
import { limited, refusalProblem } from '../servers/http/refusal-problem.ts';
import { byCreation, page, pageQuery } from './page.ts';

export interface ApiKeyRoutesDependencies {
  readonly apiKeys: ApiKeys;
  readonly limits: RateLimits;
  readonly audit: AuditTrail;
  readonly http: Pick<HttpAccess, 'peer'>;
  readonly now?: () => number;
}

const LIST = '/api/v1/api-keys';
const ACCESS = { access: { site: 'manageUsers' } } as const;
const REFUSALS = { 400: problem, 401: problem, 403: problem, 429: problem, 503: problem };
const MAX_KEYS = 1000;

/** `/api/v1/api-keys…`: keys for programs. */
export function apiKeyRoutes(dependencies: ApiKeyRoutesDependencies): HttpRoutes {
  return async (app) => {
    await Promise.resolve();
    addList(app, dependencies);
    addMake(app, dependencies);
    addRevoke(app, dependencies);
  };
}

function addList(app: HttpApp, { apiKeys }: ApiKeyRoutesDependencies): void {
  app.get(
    LIST,
    {
      config: ACCESS,
      schema: {
        summary: 'Keys of the API that were not revoked',
        tags: ['access'],
        querystring: pageQuery,
        response: { 200: apiKeyPage, ...REFUSALS },
      },
    },
    ({ query }) => page(apiKeys.list().map(keyJson), byCreation, query),
  );
}

function addMake(app: HttpApp, dependencies: ApiKeyRoutesDependencies): void {
  const { apiKeys } = dependencies;
  app.post(
    LIST,
    {
      config: ACCESS,
      schema: {
        summary: 'Make a key of the API',
        description: 'The answer shows the key, this one time. Nobody makes one that may more than he.',
        tags: ['access'],
        body: newApiKey,
        response: { 201: madeApiKey, ...REFUSALS, 409: problem },
      },
    },
    async (request, reply) => {
      await checkMaking(request, request.body, dependencies);
      const { name, scope, expiresAt } = request.body;
      const { identity } = request;
      const expiresAtMs = expiresAt === null ? undefined : Date.parse(expiresAt);
      const maker = 'id' in identity ? identity.id : identity.kind;
      const { record, key } = await apiKeys.make(maker, { name, scope, expiresAtMs });
      note(request, dependencies, 'apiKey.created', record, { after: { name, scope, expiresAt } });
      const answer: MadeApiKey = { ...keyJson(record), key };
      return reply.code(201).header('cache-control', 'no-store').send(answer);
    },
  );
}

/** @throws {HttpProblem} it may not be made. */
async function checkMaking(
  request: FastifyRequest,
  { scope, expiresAt }: z.output<typeof newApiKey>,
  { apiKeys, limits, now = Date.now }: ApiKeyRoutesDependencies,
): Promise<void> {
  const { headers, identity } = request;
  const waitMs = await limits.take('tokens', identityKey(identity));
  if (waitMs > 0) throw refusalProblem(limited(waitMs), { headers, isMedia: false });
  if (expiresAt !== null && Date.parse(expiresAt) <= now()) {
    throw new HttpProblem(400, 'ERR_BAD_REQUEST', 'Bad request', 'expiresAt: must be in the future', {
      field: 'expiresAt',
    });
  }
  const excess = apiKeys.excessOf(identity, scope);
  if (excess !== undefined) {
    const detail = `You may not "${excess}" yourself there, and so can't make a key that may.`;
    throw new HttpProblem(403, 'ERR_FORBIDDEN', 'Not allowed', detail);
  }
  if (apiKeys.list().length >= MAX_KEYS) {
    const detail = `There are ${MAX_KEYS} keys: revoke what is not used.`;
    throw new HttpProblem(409, 'ERR_API_KEYS_TOO_MANY', 'Too many keys', detail);
  }
}

function addRevoke(app: HttpApp, dependencies: ApiKeyRoutesDependencies): void {
  app.delete(
    `${LIST}/:id`,
    {
      config: ACCESS,
      schema: {
        summary: 'Revoke a key of the API',
        tags: ['access'],
        params: z.object({ id: z.string().max(64) }),
        response: { 204: z.null(), ...REFUSALS, 404: problem },
      },
    },
    async (request, reply) => {
      const record = await dependencies.apiKeys.revoke(request.params.id);
      if (record === undefined) {
        const detail = 'There is none with this id, or it was revoked already.';
        throw new HttpProblem(404, 'ERR_API_KEY_NOT_FOUND', 'No such key', detail);
      }
      const { name, scope } = record;
      note(request, dependencies, 'apiKey.revoked', record, { before: { name, scope } });
      return reply.code(204).send(null);
    },
  );
}

function note(
  request: FastifyRequest,
  { audit, http }: ApiKeyRoutesDependencies,
  action: AuditAction,
  { id, name }: ApiKeyRecord,
  detail: Readonly<Record<string, unknown>>,
): void {
  const { address, userAgent } = http.peer(request.raw);
  const { identity } = request;
  audit.record({ identity, action, target: `${name} (${id})`, address, userAgent, result: 'ok', detail });
}

function keyJson(record: ApiKeyRecord): ApiKey {
  const instant = (ms: number | undefined): string | null =>
    ms === undefined ? null : new Date(ms).toISOString();
  return {
    id: record.id,
    name: record.name,
    scope: record.scope,
    createdBy: record.createdBy,
    createdAt: new Date(record.createdAtMs).toISOString(),
    expiresAt: instant(record.expiresAtMs),
    lastUsedAt: instant(record.lastUsedAtMs),
  };
}
