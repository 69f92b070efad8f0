import {
  createdUser,
  newUser,
  passwordReset,
  passwordResetAnswer,
  permissionPage,
  problem,
  user as userSchema,
  userChange,
  userPage,
  type User,
} from '@vedette/contract';
import { z } from 'zod';
import type { UserRecord } from '../access/login/user-records.ts';
import type { Membership } from '../access/permissions.ts';
import { permissionsOf } from '../access/people/permission-table.ts';
import type { UserAdministration } from '../access/people/user-administration.ts';
import type { HttpAccess } from '../servers/http/http-access.ts';
import type { HttpApp, HttpRoutes } from '../servers/http/http-app.ts';
import { actorOf } from './actor-of.ts';
import { explainErrors } from './explain-errors.ts';
import { page, pageQuery } from './page.ts';

export interface UserRoutesDependencies {
  readonly users: UserAdministration;
  readonly access: Pick<HttpAccess, 'peer'>;
  readonly rights: Membership;
  readonly cameras: { list(): readonly { readonly id: string }[] };
  readonly now?: () => number;
}

const LIST = '/api/v1/users';
const ONE = '/api/v1/users/:id';
const MANAGE = { access: { site: 'manageUsers' } } as const;

const params = z.object({ id: z.uuid() });
const instant = (ms: number): string => new Date(ms).toISOString();

/** `/api/v1/users` and `/api/v1/permissions`: who there is, and who may do what. */
export function userRoutes(dependencies: UserRoutesDependencies): HttpRoutes {
  return async (app) => {
    await Promise.resolve();
    explainErrors(app);
    addList(app, dependencies);
    addOne(app, dependencies);
    addLogin(app, dependencies);
    addTable(app, dependencies);
  };
}

/** A user as the API shows him: nothing secret. */
function userJson(user: UserRecord): User {
  const { id, name, displayName, role, grants, mustChangePassword, lastLoginAtMs } = user;
  return {
    id,
    name,
    displayName,
    role,
    grants: [...grants],
    plan: user.plan === '' ? null : user.plan,
    disabled: user.isDisabled,
    mustChangePassword,
    hasPassword: user.passwordHash !== undefined,
    hasTotp: user.totp?.isEnabled ?? false,
    createdAt: instant(user.createdAtMs),
    updatedAt: instant(user.updatedAtMs),
    lastLoginAt: lastLoginAtMs === undefined ? null : instant(lastLoginAtMs),
  };
}

function addList(app: HttpApp, { users, access }: UserRoutesDependencies): void {
  app.get(
    LIST,
    {
      config: MANAGE,
      schema: {
        summary: 'All users, by name',
        tags: ['users'],
        querystring: pageQuery,
        response: { 200: userPage, 400: problem },
      },
    },
    ({ query }) => page(users.list().map(userJson), ({ name }) => name, query),
  );

  app.post(
    LIST,
    {
      config: MANAGE,
      schema: {
        summary: 'Make a user',
        description: 'The password has to be changed at the first login.',
        tags: ['users'],
        body: newUser,
        response: { 201: createdUser, 400: problem, 409: problem },
      },
    },
    async (request, reply) => {
      const { user, initialPassword } = await users.create(actorOf(request, access), request.body);
      return reply
        .code(201)
        .header('location', `${LIST}/${user.id}`)
        .header('cache-control', 'no-store')
        .send({ ...userJson(user), initialPassword });
    },
  );
}

function addOne(app: HttpApp, { users, access }: UserRoutesDependencies): void {
  app.get(
    ONE,
    {
      config: MANAGE,
      schema: {
        summary: 'One user',
        tags: ['users'],
        params,
        response: { 200: userSchema, 404: problem },
      },
    },
    ({ params: { id } }) => userJson(users.get(id)),
  );

  app.patch(
    ONE,
    {
      config: MANAGE,
      schema: {
        summary: 'Change a user',
        description: 'What is taken away ends running sessions within a second.',
        tags: ['users'],
        params,
        body: userChange,
        response: { 200: userSchema, 400: problem, 404: problem, 409: problem },
      },
    },
    async (request) =>
      userJson(await users.change(actorOf(request, access), request.params.id, request.body)),
  );

  app.delete(
    ONE,
    {
      config: MANAGE,
      schema: {
        summary: 'Remove a user',
        tags: ['users'],
        params,
        response: { 204: z.null(), 404: problem, 409: problem },
      },
    },
    async (request, reply) => {
      await users.remove(actorOf(request, access), request.params.id);
      return reply.code(204).send(null);
    },
  );
}

/** What administrators do for somebody who cannot log in, or should not. */
function addLogin(app: HttpApp, { users, access }: UserRoutesDependencies): void {
  app.post(
    `${ONE}/password`,
    {
      config: MANAGE,
      schema: {
        summary: 'Give a user another password',
        description: 'It has to be changed at the next login; all logins end.',
        tags: ['users'],
        params,
        body: passwordReset.nullish(),
        response: { 200: passwordResetAnswer, 400: problem, 404: problem },
      },
    },
    async (request, reply) => {
      const { body, params: asked } = request;
      const initialPassword = await users.setPassword(actorOf(request, access), asked.id, body?.password);
      return reply.header('cache-control', 'no-store').send({ initialPassword });
    },
  );

  app.post(
    `${ONE}/totp/reset`,
    {
      config: MANAGE,
      schema: {
        summary: "Take a user's second factor away",
        tags: ['users'],
        params,
        response: { 204: z.null(), 404: problem },
      },
    },
    async (request, reply) => {
      await users.resetTotp(actorOf(request, access), request.params.id);
      return reply.code(204).send(null);
    },
  );

  app.post(
    `${ONE}/logout`,
    {
      config: MANAGE,
      schema: {
        summary: 'End all logins, tokens of the API and running sessions of a user',
        tags: ['users'],
        params,
        response: { 204: z.null(), 404: problem },
      },
    },
    async (request, reply) => {
      await users.logout(actorOf(request, access), request.params.id);
      return reply.code(204).send(null);
    },
  );
}

function addTable(app: HttpApp, { users, rights, cameras, now = Date.now }: UserRoutesDependencies): void {
  app.get(
    '/api/v1/permissions',
    {
      config: MANAGE,
      schema: {
        summary: 'Who may do what with which camera, and why; by user',
        tags: ['users'],
        querystring: pageQuery,
        response: { 200: permissionPage, 400: problem },
      },
    },
    ({ query }) => {
      const { items, nextCursor } = page(users.list(), ({ name }) => name, query);
      const ids = cameras
        .list()
        .map(({ id }) => id)
        .sort();
      const nowMs = now();
      return { items: items.map((user) => permissionsOf(user, ids, rights, nowMs)), nextCursor };
    },
  );
}
