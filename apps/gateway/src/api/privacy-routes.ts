import { erasure, problem, userData } from '@vedette/contract';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { NotPossibleError } from '../access/people/not-possible-error.ts';
import type { Actor } from '../access/people/actor.ts';
import type { Privacy } from '../access/privacy/privacy.ts';
import type { HttpAccess } from '../servers/http/http-access.ts';
import type { HttpRoutes } from '../servers/http/http-app.ts';
import { HttpProblem } from '../servers/http/problems.ts';

export interface PrivacyRoutesDependencies {
  readonly privacy: Privacy;
  readonly access: Pick<HttpAccess, 'peer' | 'rights'>;
}

const params = z.object({ id: z.uuid() });
const DATA = '/api/v1/users/:id/data';

/** `/api/v1/users/{id}/data`: what is kept about somebody, and its erasure. */
export function privacyRoutes({ privacy, access }: PrivacyRoutesDependencies): HttpRoutes {
  const actorOf = (request: FastifyRequest): Actor => ({
    identity: request.identity,
    ...access.peer(request.raw),
  });
  return async (app) => {
    await Promise.resolve();
    app.get(
      DATA,
      {
        config: { access: 'known' },
        schema: {
          summary: 'Everything that is kept about a user',
          description: 'For the user himself, and for those who manage users.',
          tags: ['users'],
          params,
          response: { 200: userData, 403: problem, 404: problem },
        },
      },
      async (request, reply) => {
        const { identity } = request;
        const isHimself = identity.kind === 'user' && identity.id === request.params.id;
        if (!isHimself && access.rights.decide(identity, 'manageUsers') !== 'yes') {
          throw new HttpProblem(
            403,
            'ERR_FORBIDDEN',
            'Not allowed',
            'You may not do this; an administrator can allow it.',
          );
        }
        const data = await privacy.export(actorOf(request), request.params.id).catch(explain);
        return reply
          .header('content-disposition', 'attachment; filename="vedette-my-data.json"')
          .header('cache-control', 'no-store')
          .send(data);
      },
    );

    app.delete(
      DATA,
      {
        config: { access: { site: 'manageUsers' } },
        schema: {
          summary: 'Remove a user and erase what names him, also in the audit log',
          tags: ['users'],
          params,
          response: { 200: erasure, 404: problem, 409: problem },
        },
      },
      async (request) => privacy.erase(actorOf(request), request.params.id).catch(explain),
    );
  };
}

function explain(error: unknown): never {
  if (!(error instanceof NotPossibleError)) throw error;
  const isMissing = error.kind === 'missing';
  throw new HttpProblem(
    isMissing ? 404 : 409,
    error.code,
    isMissing ? 'No such user' : 'Not possible',
    error.message,
  );
}
