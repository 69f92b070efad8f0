import { problem, SESSION_COOKIE } from '@vedette/contract';
import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { WebSessions } from '../access/login/web-sessions.ts';
import { localPath } from '../access/oidc/local-path.ts';
import { FLOW_MINUTES, openFlow, sealFlow } from '../access/oidc/login-flow.ts';
import { OidcError, type OidcErrorCode } from '../access/oidc/oidc-error.ts';
import type { OidcLogin } from '../access/oidc/oidc-login.ts';
import type { RateLimits } from '../access/rate-limit.ts';
import type { Secrets } from '../access/secrets.ts';
import { StoreUnavailableError } from '../store/store.ts';
import type { HttpAccess } from '../servers/http/http-access.ts';
import type { HttpApp, HttpRoutes } from '../servers/http/http-app.ts';
import { HttpProblem } from '../servers/http/problems.ts';

export interface OidcRoutesDependencies {
  readonly login: OidcLogin;
  readonly webSessions: Pick<WebSessions, 'begin'>;
  readonly secrets: Secrets;
  readonly limits: RateLimits;
  readonly access: Pick<HttpAccess, 'seen' | 'peer'>;
  /** How long a login lasts without being used, ms: `access.sessionHours`. */
  readonly sessionMs: number;
  /** `access.oidc.redirectUri`; as the browser addressed us where absent. */
  readonly redirectUri?: string | undefined;
  readonly now?: () => number;
}

const FLOW_COOKIE = 'vedette_oidc';
const FLOW_PATH = '/api/v1/auth/oidc';
const CALLBACK = `${FLOW_PATH}/callback`;

/** `/api/v1/auth/oidc/start` and `/callback`: browsers are led through them, programs have no use for them. */
export function oidcRoutes(dependencies: OidcRoutesDependencies): HttpRoutes {
  return async (app) => {
    await Promise.resolve();
    addStart(app, dependencies);
    addCallback(app, dependencies);
  };
}

function addStart(app: HttpApp, dependencies: OidcRoutesDependencies): void {
  const { login, secrets } = dependencies;
  app.get(
    `${FLOW_PATH}/start`,
    {
      config: { access: 'public' },
      schema: {
        summary: 'Log in by OpenID Connect: leads the browser to the provider',
        tags: ['auth'],
        querystring: z.object({
          next: z.string().max(2000).optional().meta({ description: 'Path to come back to', example: '/' }),
        }),
        response: { 302: z.null(), 429: problem, 503: problem },
      },
    },
    async (request, reply) => {
      try {
        await takeTurn(dependencies, request);
        const redirectUri = redirectUriOf(dependencies, request);
        const { url, flow } = await login.begin(redirectUri, localPath(request.query.next));
        return await reply
          .header('cache-control', 'no-store')
          .setCookie(FLOW_COOKIE, sealFlow(secrets, flow), {
            // Lax: it has to come back from the provider's page.
            ...cookieOf(dependencies, request, FLOW_PATH),
            maxAge: FLOW_MINUTES * 60,
          })
          .redirect(url.href);
      } catch (error) {
        return failed(request, reply, error);
      }
    },
  );
}

function addCallback(app: HttpApp, dependencies: OidcRoutesDependencies): void {
  const { login, secrets, webSessions, access, sessionMs, now = Date.now } = dependencies;
  app.get(
    CALLBACK,
    {
      config: { access: 'public' },
      schema: {
        summary: 'Where the OpenID Connect provider leads the browser back to',
        tags: ['auth'],
        response: { 302: z.null(), 400: problem, 403: problem, 429: problem, 503: problem },
      },
    },
    async (request, reply) => {
      void reply.clearCookie(FLOW_COOKIE, { path: FLOW_PATH });
      try {
        await takeTurn(dependencies, request);
        const flow = openFlow(secrets, request.cookies[FLOW_COOKIE], now());
        if (flow === undefined)
          throw new OidcError('ERR_OIDC_STATE', 'This login was not begun here, or too long ago.');
        const callback = new URL(redirectUriOf(dependencies, request));
        callback.search = new URL(request.url, callback).search;
        const peer = access.peer(request.raw);
        const user = await login.finish(callback, flow, peer);
        const value = await webSessions.begin(user, peer, sessionMs);
        return await reply
          .header('cache-control', 'no-store')
          .setCookie(SESSION_COOKIE, value, cookieOf(dependencies, request, '/'))
          .redirect(localPath(flow.next));
      } catch (error) {
        return failed(request, reply, error);
      }
    },
  );
}

function redirectUriOf({ redirectUri, access }: OidcRoutesDependencies, request: FastifyRequest): string {
  const { isEncrypted, host = 'localhost' } = access.seen(request.raw);
  return redirectUri ?? `${isEncrypted ? 'https' : 'http'}://${host}${CALLBACK}`;
}

function cookieOf(
  { access }: OidcRoutesDependencies,
  request: FastifyRequest,
  path: string,
): CookieSerializeOptions {
  return { path, httpOnly: true, sameSite: 'lax', secure: access.seen(request.raw).isEncrypted };
}

async function takeTurn({ limits, access }: OidcRoutesDependencies, request: FastifyRequest): Promise<void> {
  if ((await limits.take('login', access.peer(request.raw).address)) > 0)
    throw new OidcError('ERR_RATE_LIMITED', 'Too many logins from this address; try again in a minute.');
}

const STATUS: Readonly<Partial<Record<OidcErrorCode, number>>> = {
  ERR_OIDC_UNAVAILABLE: 503,
  ERR_STORE_UNAVAILABLE: 503,
  ERR_RATE_LIMITED: 429,
  ERR_OIDC_STATE: 400,
};

/** Browsers are led to the login page, which explains the code; anything else gets the problem itself. */
function failed(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const explained =
    error instanceof StoreUnavailableError
      ? new OidcError('ERR_STORE_UNAVAILABLE', 'The database is away; try again in a moment.')
      : error;
  if (!(explained instanceof OidcError)) throw error;
  const { code, message } = explained;
  if ((request.headers.accept ?? '').includes('text/html'))
    return reply.header('cache-control', 'no-store').redirect(`/login?error=${code}`);
  const status = STATUS[code] ?? 403;
  const headers = status === 503 || status === 429 ? { 'retry-after': '5' } : {};
  throw new HttpProblem(status, code, 'Not logged in', message, { headers });
}
