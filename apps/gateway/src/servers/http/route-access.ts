import type { Action, CameraAction } from '@vedette/contract';
import type { Identity } from '../../access/identity.ts';

/**
 * Who may use a route: stated in its `config.access`; a route that does not say stops the start.
 *
 * - `public`: anybody, also where nobody is known (what is needed to log in, health, files of the dashboard)
 * - `known`: whoever proves who he is, whatever he may do
 * - `person`: a person who has logged in; no key, token or link (ERR_NOT_A_PERSON)
 * - `site`: whoever may do this beside cameras
 * - `camera`: whoever may do this with the camera that the path parameter names; those who may not even view it are
 *   answered as if it were not there
 * - `door`: the handler itself knocks, because the answer depends on more than the path (media)
 */
export type RouteAccess =
  | 'public'
  | 'known'
  | 'person'
  | 'door'
  | { readonly site: Action }
  | { readonly camera: CameraAction; readonly parameter: string };

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly access?: RouteAccess;
  }
  interface FastifyRequest {
    /** Who asks; set before any handler of a route. */
    identity: Identity;
  }
}
