import { problem, webSessionPage, type WebSession as WebSessionJson } from '@vedette/contract';
import { z } from 'zod';
import type { WebSession, WebSessions } from '../access/login/web-sessions.ts';
import type { HttpApp } from '../servers/http/http-app.ts';
import { HttpProblem } from '../servers/http/problems.ts';
import type { LoginContext } from './login-context.ts';
import { byCreation, page, pageQuery } from './page.ts';

const SESSIONS = '/api/v1/me/sessions';

/** `/api/v1/me/sessions…`: logins of the dashboard, of whoever asks. */
export function addWebSessions(app: HttpApp, context: LoginContext, webSessions: WebSessions): void {
  addList(app, context, webSessions);
  addEnd(app, context, webSessions);
}

function addList(app: HttpApp, context: LoginContext, webSessions: WebSessions): void {
  app.get(
    SESSIONS,
    {
      config: { access: 'person' },
      schema: {
        summary: 'Where one is logged in on the dashboard',
        tags: ['profile'],
        querystring: pageQuery,
        response: { 200: webSessionPage, 400: problem, 401: problem, 403: problem },
      },
    },
    (request) => {
      const user = context.userOf(request);
      const current = context.sessionOf(request)?.session.id;
      const items = webSessions.list(user.id).map((session) => sessionJson(session, current));
      return page(items, byCreation, request.query);
    },
  );
}

function addEnd(app: HttpApp, context: LoginContext, webSessions: WebSessions): void {
  app.delete(
    SESSIONS,
    {
      config: { access: 'person' },
      schema: {
        summary: 'End all logins of the dashboard but the one that asks',
        tags: ['profile'],
        response: { 204: z.null(), 401: problem, 403: problem, 503: problem },
      },
    },
    async (request, reply) => {
      const user = context.userOf(request);
      const ended = await webSessions.endOthers(user.id, context.sessionOf(request)?.session.id);
      if (ended > 0) context.record(request, 'login.othersEnded', user, { ended });
      return reply.code(204).send(null);
    },
  );

  app.delete(
    `${SESSIONS}/:id`,
    {
      config: { access: 'person' },
      schema: {
        summary: 'End a login of the dashboard',
        tags: ['profile'],
        params: z.object({ id: z.string().max(64) }),
        response: { 204: z.null(), 401: problem, 403: problem, 404: problem, 503: problem },
      },
    },
    async (request, reply) => {
      const user = context.userOf(request);
      const wasThere = await webSessions.end(user.id, request.params.id);
      if (!wasThere)
        throw new HttpProblem(404, 'ERR_LOGIN_NOT_FOUND', 'No such login', 'It has ended already.');
      context.record(request, 'login.ended', user);
      return reply.code(204).send(null);
    },
  );
}

function sessionJson(session: WebSession, current: string | undefined): WebSessionJson {
  const { id, address, userAgent, createdAt, lastSeenAt, expiresAt } = session;
  return {
    id,
    current: id === current,
    createdAt: new Date(createdAt).toISOString(),
    lastSeenAt: new Date(lastSeenAt).toISOString(),
    expiresAt: new Date(expiresAt).toISOString(),
    address,
    userAgent,
  };
}
