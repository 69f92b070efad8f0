import {
  loginAnswer,
  loginMethods,
  loginRequest,
  logoutRequest,
  problem,
  refreshRequest,
  tokenPair,
  type LoginMethods,
} from '@vedette/contract';
import { z } from 'zod';
import type { ApiTokens } from '../access/login/api-tokens.ts';
import type { Login } from '../access/login/login.ts';
import type { Logout } from '../access/login/logout.ts';
import type { UserRecords } from '../access/login/user-records.ts';
import type { HttpApp, HttpRoutes } from '../servers/http/http-app.ts';
import { LoginContext, type LoginContextDependencies } from './login-context.ts';

export interface AuthRoutesDependencies extends LoginContextDependencies {
  readonly login: Login;
  readonly logout: Logout;
  readonly tokens: ApiTokens;
  readonly users: UserRecords;
  /** What a login page has to offer. */
  readonly methods: () => LoginMethods;
}

/** `/api/v1/auth/…`: logging in and out. */
export function authRoutes(dependencies: AuthRoutesDependencies): HttpRoutes {
  const context = new LoginContext(dependencies);
  return async (app) => {
    await Promise.resolve();
    addMethods(app, dependencies);
    addLogin(app, context, dependencies);
    addRefresh(app, context, dependencies);
    addLogout(app, context, dependencies);
  };
}

function addMethods(app: HttpApp, { methods }: AuthRoutesDependencies): void {
  app.get(
    '/api/v1/auth/methods',
    {
      config: { access: 'public' },
      schema: { summary: 'How people log in', tags: ['auth'], response: { 200: loginMethods } },
    },
    () => methods(),
  );
}

function addLogin(app: HttpApp, context: LoginContext, { login }: AuthRoutesDependencies): void {
  app.post(
    '/api/v1/auth/login',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Log in with a name and a password',
        description:
          'Answers with tokens, or, with `cookie: true`, sets the cookie of the dashboard. Where the account has a ' +
          'second factor and no code was given, the answer is 401 ERR_TOTP_REQUIRED: ask for one, and send all again.',
        tags: ['auth'],
        body: loginRequest,
        response: { 200: loginAnswer, 400: problem, 401: problem, 429: problem, 503: problem },
      },
    },
    async (request, reply) => {
      const { name, password, code, cookie, remember } = request.body;
      const proof = await login.login({ name, password, code, ...context.from(request) });
      if (!proof.ok) throw context.refused(request, proof);
      return cookie
        ? context.beginSession(request, reply, proof.user, remember)
        : context.issueTokens(reply, proof.user);
    },
  );
}

function addRefresh(app: HttpApp, context: LoginContext, { tokens, users }: AuthRoutesDependencies): void {
  app.post(
    '/api/v1/auth/refresh',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Change a refresh token for new tokens',
        description: 'Each is good once. One that is shown again ends its login: two hold it.',
        tags: ['auth'],
        body: refreshRequest,
        response: { 200: tokenPair, 400: problem, 401: problem, 503: problem },
      },
    },
    async (request, reply) => {
      const refreshed = await tokens.refresh(request.body.refreshToken);
      if (refreshed.ok) return context.pair(reply, refreshed);
      const owner = refreshed.stolenFrom === undefined ? undefined : users.byId(refreshed.stolenFrom);
      if (owner !== undefined) context.record(request, 'login.tokenReused', owner, {}, 'refused');
      throw context.refused(request, refreshed);
    },
  );
}

function addLogout(app: HttpApp, context: LoginContext, { logout, users }: AuthRoutesDependencies): void {
  app.post(
    '/api/v1/auth/logout',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Log out',
        description: 'Ends the login of the cookie, the bearer and the refresh token that are shown.',
        tags: ['auth'],
        body: logoutRequest.nullish(),
        response: { 204: z.null(), 400: problem, 503: problem },
      },
    },
    async (request, reply) => {
      const session = context.sessionOf(request);
      const owner = await logout.one({
        session,
        accessToken: context.bearerOf(request),
        refreshToken: request.body?.refreshToken,
      });
      const user = owner === undefined ? undefined : users.byId(owner);
      if (user !== undefined) context.record(request, 'login.ended', user);
      context.endCookie(request, reply);
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/api/v1/auth/logout-everywhere',
    {
      config: { access: 'person' },
      schema: {
        summary: 'End all logins of whoever asks',
        description:
          'Cookies, access and refresh tokens that were issued before are void, and what is being watched ends.',
        tags: ['auth'],
        response: { 204: z.null(), 401: problem, 403: problem, 503: problem },
      },
    },
    async (request, reply) => {
      const user = context.userOf(request);
      await logout.everywhere(user);
      context.endMedia(user, 'logged out everywhere');
      context.record(request, 'login.endedEverywhere', user);
      context.endCookie(request, reply);
      return reply.code(204).send(null);
    },
  );
}
