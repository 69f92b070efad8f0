import {
  CAMERA_ACTIONS,
  loginAnswer,
  passwordChange,
  problem,
  profile,
  profileChange,
  SITE_ACTIONS,
  type LoginAnswer,
  type Profile,
} from '@vedette/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { identityName, type Identity } from '../access/identity.ts';
import type { Login } from '../access/login/login.ts';
import type { Logout } from '../access/login/logout.ts';
import type { Passwords } from '../access/login/passwords.ts';
import type { RecoveryCodes } from '../access/login/recovery-codes.ts';
import { newPassword } from '../access/login/set-password.ts';
import type { UserRecord } from '../access/login/user-records.ts';
import type { Rights } from '../access/rights.ts';
import type { HttpApp, HttpRoutes } from '../servers/http/http-app.ts';
import { HttpProblem } from '../servers/http/problems.ts';
import { confirmPassword } from './confirm-password.ts';
import { LoginContext, type LoginContextDependencies } from './login-context.ts';
import { addSecondFactor } from './second-factor-routes.ts';
import { addWebSessions } from './web-session-routes.ts';

export interface ProfileRoutesDependencies extends LoginContextDependencies {
  readonly login: Login;
  readonly logout: Logout;
  readonly passwords: Passwords;
  readonly recoveryCodes: RecoveryCodes;
  readonly rights: Pick<Rights, 'decide'>;
  /** Ids of all cameras. */
  readonly cameraIds: () => Iterable<string>;
  readonly now?: () => number;
}

const ME = '/api/v1/me';

/** `/api/v1/me…`: who asks, what he may do, and what he changes of himself. */
export function profileRoutes(dependencies: ProfileRoutesDependencies): HttpRoutes {
  const context = new LoginContext(dependencies);
  return async (app) => {
    await Promise.resolve();
    addProfile(app, context, dependencies);
    addPassword(app, context, dependencies);
    addSecondFactor(app, context, dependencies);
    addWebSessions(app, context, dependencies.webSessions);
  };
}

function addProfile(app: HttpApp, context: LoginContext, dependencies: ProfileRoutesDependencies): void {
  app.get(
    ME,
    {
      config: { access: 'known' },
      schema: {
        summary: 'Who asks, and what he may do',
        tags: ['profile'],
        response: { 200: profile, 401: problem },
      },
    },
    async ({ identity }, reply) => {
      void reply.header('cache-control', 'no-store');
      return profileOf(identity, dependencies);
    },
  );

  app.patch(
    ME,
    {
      config: { access: 'person' },
      schema: {
        summary: 'Change the name that others see',
        tags: ['profile'],
        body: profileChange,
        response: { 200: profile, 400: problem, 401: problem, 403: problem, 503: problem },
      },
    },
    async (request) => {
      const user = context.userOf(request);
      const { displayName } = request.body;
      await dependencies.users.update(user.id, { displayName });
      context.record(request, 'profile.changed', user, {
        before: { displayName: user.displayName },
        after: { displayName },
      });
      return profileOf(request.identity, dependencies);
    },
  );
}

function addPassword(app: HttpApp, context: LoginContext, dependencies: ProfileRoutesDependencies): void {
  app.post(
    `${ME}/password`,
    {
      config: { access: 'person' },
      schema: {
        summary: 'Change the own password',
        description:
          'Ends all other logins, and what is being watched. The answer is as of a login: who asks by a token gets ' +
          'new ones, who asks by the cookie a new cookie. 204 where name and password came with the request itself.',
        tags: ['profile'],
        body: passwordChange,
        response: {
          200: loginAnswer,
          204: z.null(),
          400: problem,
          401: problem,
          403: problem,
          409: problem,
          429: problem,
          503: problem,
        },
      },
    },
    async (request, reply) => {
      const user = context.userOf(request);
      const isRemembered = context.isRemembered(request);
      await confirmPassword(request, context, dependencies.login, user, request.body.currentPassword);
      const changed = await changePassword(request.body, user, dependencies);
      context.endMedia(user, 'the password was changed');
      context.record(request, 'password.changed', user);
      const answer = await answerAnew(request, reply, context, changed, isRemembered);
      return answer === undefined ? reply.code(204).send(null) : reply.code(200).send(answer);
    },
  );
}

async function changePassword(
  { currentPassword, newPassword: wanted }: z.infer<typeof passwordChange>,
  user: UserRecord,
  { passwords, logout }: ProfileRoutesDependencies,
): Promise<UserRecord> {
  if (currentPassword === wanted) {
    throw new HttpProblem(
      400,
      'ERR_PASSWORD_SAME',
      'The same password',
      'Choose another password than the present one.',
      { field: 'newPassword' },
    );
  }
  const changed = await logout.withPassword(user, await newPassword(passwords, user.name, wanted));
  if (changed !== undefined) return changed;
  throw new HttpProblem(409, 'ERR_USER_NOT_FOUND', 'No such user', 'The account was removed just now.');
}

/** All logins have ended; this one goes on. */
async function answerAnew(
  request: FastifyRequest,
  reply: FastifyReply,
  context: LoginContext,
  user: UserRecord,
  isRemembered: boolean,
): Promise<LoginAnswer | undefined> {
  if (context.bearerOf(request) !== undefined) return context.issueTokens(reply, user);
  const isByCookie = context.showsCookie(request);
  return isByCookie ? context.beginSession(request, reply, user, isRemembered) : undefined;
}

async function profileOf(identity: Identity, dependencies: ProfileRoutesDependencies): Promise<Profile> {
  const { rights, cameraIds } = dependencies;
  const may = (...question: Parameters<typeof rights.decide> extends [unknown, ...infer Q] ? Q : never) =>
    rights.decide(identity, ...question) === 'yes';
  const cameras = [...cameraIds()].map((id) => ({
    id,
    actions: CAMERA_ACTIONS.filter((action) => may(action, id)),
  }));
  return {
    kind: identity.kind === 'nobody' ? 'everybody' : identity.kind,
    name: identityName(identity),
    user: identity.kind === 'user' ? await profileUserOf(identity.id, dependencies) : null,
    siteActions: SITE_ACTIONS.filter((action) => may(action)),
    cameras: cameras.filter(({ actions }) => actions.length > 0),
  };
}

async function profileUserOf(
  id: string,
  { users, recoveryCodes }: ProfileRoutesDependencies,
): Promise<Profile['user']> {
  const user = users.byId(id);
  if (user === undefined) return null;
  const hasTotp = user.totp?.isEnabled === true;
  return {
    id,
    name: user.name,
    displayName: user.displayName,
    role: user.role,
    plan: user.plan === '' ? null : user.plan,
    hasPassword: user.passwordHash !== undefined,
    mustChangePassword: user.mustChangePassword,
    totp: hasTotp,
    // The page is shown also while the database is away.
    recoveryCodesLeft: hasTotp ? await recoveryCodes.count(id).catch(() => null) : 0,
    createdAt: new Date(user.createdAtMs).toISOString(),
    lastLoginAt: user.lastLoginAtMs === undefined ? null : new Date(user.lastLoginAtMs).toISOString(),
  };
}
