import type { FastifyRequest } from 'fastify';
import type { Actor } from '../access/people/actor.ts';
import type { HttpAccess } from '../servers/http/http-access.ts';

/** Who makes this request, for the audit. */
export function actorOf(request: FastifyRequest, access: Pick<HttpAccess, 'peer'>): Actor {
  const { address, userAgent } = access.peer(request.raw);
  return { identity: request.identity, address, userAgent };
}
