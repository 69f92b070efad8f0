import { problem } from '@vedette/contract';
import type { FastifyRequest, RouteOptions } from 'fastify';
import { NOBODY, type Identity } from '../../access/identity.ts';
import type { HttpAccess, Wish } from './http-access.ts';
import type { HttpApp } from './http-app.ts';
import { HttpProblem } from './problems.ts';
import { FORBIDDEN, HIDDEN, NOT_A_PERSON, refusalProblem, UNAUTHENTICATED } from './refusal-problem.ts';
import type { RouteAccess } from './route-access.ts';

/**
 * Lets nobody reach a route who may not use it, and sets `request.identity`. Every route has to state who may, in
 * `config.access`: where one does not, the app does not get ready.
 */
export function accessHook(app: HttpApp, access: HttpAccess): void {
  const routes: RouteOptions[] = [];
  app.decorateRequest('identity');
  // Looked at once all are there: hooks of the plugins that bring routes of their own may state it for them.
  app.addHook('onRoute', (route) => {
    routes.push(route);
    describeRefusals(route);
  });
  app.addHook('onReady', (done) => {
    const silent = routes.find(({ config }) => config?.access === undefined);
    done(
      silent === undefined
        ? undefined
        : new Error(`${nameOf(silent)} does not state who may use it (config.access)`),
    );
  });
  app.addHook('onRequest', async (request) => {
    request.identity = NOBODY;
    if (request.is404) return;
    request.identity = await admitted(request, access);
  });
}

/** Adds to the API document what the hook answers. */
function describeRefusals(route: RouteOptions): void {
  const { config, schema } = route;
  const access = config?.access;
  const described = schema?.response;
  if (described === undefined || access === undefined || access === 'public' || access === 'door') return;
  const refusals =
    access === 'known' ? { 401: problem, 429: problem } : { 401: problem, 403: problem, 429: problem };
  const hidden = typeof access === 'object' && 'camera' in access ? { 404: problem } : {};
  route.schema = {
    ...schema,
    response: { ...(described as object), ...refusals, ...hidden },
  };
}

/** States who may use the routes that a plugin of somebody else's brings, while `register` registers it. */
export async function statingAccess(
  app: HttpApp,
  access: RouteAccess,
  register: () => PromiseLike<unknown>,
): Promise<void> {
  let isRegistering = true;
  app.addHook('onRoute', (route) => {
    if (isRegistering && route.config?.access === undefined) route.config = { ...route.config, access };
  });
  await register();
  isRegistering = false;
}

function nameOf({ method, url }: RouteOptions): string {
  return `route ${[method].flat().join(', ')} ${url}`;
}

/** @throws {HttpProblem} the sender may not use the route. */
async function admitted(request: FastifyRequest, access: HttpAccess): Promise<Identity> {
  const stated = request.routeOptions.config.access;
  if (stated === undefined) throw new HttpProblem(403, 'ERR_FORBIDDEN', 'Not allowed', 'Nobody may do this.');
  // Doors knock themselves, or what they serve has an address that nobody can guess.
  if (stated === 'public' || stated === 'door') return NOBODY;
  const { method, routeOptions } = request;
  const wish = wishOf(request, stated);
  const route = { method, url: routeOptions.url ?? '', access: stated };
  const identity = await access.authenticate(request, route, wish);
  decide(request, access, identity, stated, wish);
  return identity;
}

function wishOf({ params }: FastifyRequest, stated: RouteAccess): Wish | undefined {
  if (typeof stated === 'string' || !('camera' in stated)) return undefined;
  const cameraId = (params as Readonly<Record<string, string>>)[stated.parameter] ?? '';
  return { action: stated.camera, cameraId, protocol: 'http' };
}

function decide(
  { headers, url }: FastifyRequest,
  { rights }: HttpAccess,
  identity: Identity,
  stated: RouteAccess,
  wish: Wish | undefined,
): void {
  if (stated === 'person' && identity.kind !== 'user') {
    throw refusalProblem(NOT_A_PERSON, { headers, isMedia: false });
  }
  if (typeof stated === 'string') return;
  const refused = { headers, isMedia: url.startsWith('/live/'), cameraId: wish?.cameraId };
  const decision =
    'site' in stated
      ? rights.decide(identity, stated.site)
      : rights.decide(identity, stated.camera, wish?.cameraId);
  if (decision === 'yes') return;
  if (decision === 'gone') throw refusalProblem(UNAUTHENTICATED, refused);
  const isHidden = wish !== undefined && rights.decide(identity, 'view', wish.cameraId) !== 'yes';
  throw refusalProblem(isHidden ? HIDDEN : FORBIDDEN, refused);
}
