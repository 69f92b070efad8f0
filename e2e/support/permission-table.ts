import type { CameraAction, SITE_ACTIONS } from '@vedette/contract';
import { GATE, type Actor } from './access-actors.ts';

type SiteAction = (typeof SITE_ACTIONS)[number];

/** Who may use a route, by what it is told apart: as `RouteAccess`, and what handlers decide beside it. */
export type Rule =
  /** Anybody. */
  | 'public'
  /** Whoever proves who he is. */
  | 'known'
  /** As `known`; who has to choose a password too. */
  | 'known at first'
  /** Whoever has an account of his own. */
  | 'person'
  /** As `person`; who has to choose a password too. */
  | 'person at first'
  /** Whoever was told its address, which nobody can guess: 404 for everybody else. */
  | 'address'
  /** A page: whoever is not known is led to the login. */
  | 'page'
  | { readonly site: SiteAction }
  /** Where `isOwn`, who may by himself: what is lent to somebody lends nothing on. */
  | { readonly camera: CameraAction; readonly isOwn?: true };

export interface Row {
  readonly rule: Rule;
  /** What is sent; harmless for whoever is let in. */
  readonly body?: (actor: Actor) => unknown;
  /** It ends the login that it is called with. */
  readonly isLast?: boolean;
  readonly contentType?: string;
}

const view = { camera: 'view' } as const;
const publish = { camera: 'publish' } as const;
const publishOneself = { camera: 'publish', isOwn: true } as const;
const monitor = { site: 'monitor' } as const;
const configure = { site: 'configure' } as const;
const manageUsers = { site: 'manageUsers' } as const;
const readAudit = { site: 'readAudit' } as const;

/** The routes of the API document, and (below) those that it leaves out. */
export const ROUTES: Readonly<Record<string, Rule | Row>> = {
  'GET /api/v1/server': 'known',
  'GET /api/v1/cameras': 'known',
  'POST /api/v1/cameras': configure,
  'GET /api/v1/cameras/{id}': view,
  'PATCH /api/v1/cameras/{id}': configure,
  'DELETE /api/v1/cameras/{id}': configure,
  'GET /api/v1/cameras/{id}/config': configure,
  'POST /api/v1/cameras/test': configure,
  'POST /api/v1/cameras/{id}/test': configure,
  'GET /api/v1/cameras/{id}/pushes': monitor,
  'POST /api/v1/cameras/{id}/pushes': configure,
  'GET /api/v1/cameras/{id}/pushes/{pushId}': monitor,
  'PATCH /api/v1/cameras/{id}/pushes/{pushId}': configure,
  'DELETE /api/v1/cameras/{id}/pushes/{pushId}': configure,
  'GET /api/v1/cameras/{id}/publish-keys': publishOneself,
  'POST /api/v1/cameras/{id}/publish-keys': {
    rule: publishOneself,
    body: ({ isLent }) => (isLent ? { name: 'walk' } : {}),
  },
  'DELETE /api/v1/cameras/{id}/publish-keys/{keyId}': publishOneself,
  'GET /api/v1/sessions': 'known',
  'DELETE /api/v1/sessions/{id}': 'known',

  'POST /live/{id}/whep': { rule: view, contentType: 'text/plain' },
  'POST /live/{id}/whip': { rule: publish, contentType: 'text/plain' },
  'PATCH /live/{id}/whep/{session}': 'address',
  'DELETE /live/{id}/whep/{session}': 'address',
  'GET /live/{id}/whep/{session}/quality': 'address',
  'POST /live/{id}/whep/{session}/quality': { rule: 'address', body: () => ({ quality: 'auto' }) },
  'PATCH /live/{id}/whip/{session}': 'address',
  'DELETE /live/{id}/whip/{session}': 'address',
  'GET /live/{id}/webrtc': view,
  'GET /live/{id}/optimal': view,
  'GET /live/{id}/snapshot.jpg': view,
  'GET /live/{camera}/index.m3u8': view,
  'GET /live/{camera}/hls/{session}/{rendition}/{name}': 'address',
  'GET /live/{camera}/{signed}/index.m3u8': 'address',
  'GET /live/{camera}/{signed}/hls/{rendition}/{name}': 'address',
  // Without an upgrade it only says that there has to be one; who comes with one is among the doors.
  'GET /live/{id}/mse': 'public',
  'GET /live/{camera}.ts': view,
  'GET /live/{camera}/stream.ts': view,
  'GET /live/{camera}.flv': view,
  'GET /live/{camera}/stream.flv': view,
  'GET /live/{camera}.mjpeg': view,
  'GET /live/{camera}/stream.mjpeg': view,

  'GET /api/v1/auth/methods': 'public',
  'POST /api/v1/auth/login': 'public',
  'POST /api/v1/auth/refresh': 'public',
  'POST /api/v1/auth/logout': { rule: 'public', isLast: true },
  'POST /api/v1/auth/logout-everywhere': { rule: 'person at first', isLast: true },
  'POST /api/v1/auth/mediamtx': monitor,
  'GET /api/v1/me': 'known at first',
  'PATCH /api/v1/me': 'person',
  'POST /api/v1/me/password': 'person at first',
  'POST /api/v1/me/totp': 'person',
  'POST /api/v1/me/totp/enable': 'person',
  'POST /api/v1/me/totp/disable': 'person',
  'POST /api/v1/me/recovery-codes': 'person',
  'GET /api/v1/me/sessions': 'person',
  'DELETE /api/v1/me/sessions': 'person',
  'DELETE /api/v1/me/sessions/{id}': 'person',
  'GET /api/v1/api-keys': manageUsers,
  'POST /api/v1/api-keys': manageUsers,
  'DELETE /api/v1/api-keys/{id}': manageUsers,

  'POST /api/streaming/token': 'known',
  'POST /api/streaming/token/{token}/refresh': 'known',
  'GET /api/streaming/tokens': 'known',
  'GET /api/streaming/token/{token}': 'known',
  'DELETE /api/streaming/token/{token}': 'known',
  'GET /api/streaming/stream/{token}': 'public',
  'GET /api/v1/share-links': 'known',
  'POST /api/v1/share-links': 'known',
  'DELETE /api/v1/share-links/{id}': 'known',
  'POST /api/v1/share-links/open': 'public',

  'GET /api/v1/users': manageUsers,
  'POST /api/v1/users': manageUsers,
  'GET /api/v1/users/{id}': manageUsers,
  'PATCH /api/v1/users/{id}': manageUsers,
  'DELETE /api/v1/users/{id}': manageUsers,
  'POST /api/v1/users/{id}/password': manageUsers,
  'POST /api/v1/users/{id}/totp/reset': manageUsers,
  'POST /api/v1/users/{id}/logout': manageUsers,
  'GET /api/v1/users/{id}/data': manageUsers,
  'DELETE /api/v1/users/{id}/data': manageUsers,
  'GET /api/v1/permissions': manageUsers,
  'GET /api/v1/groups': configure,
  'POST /api/v1/groups': configure,
  'PATCH /api/v1/groups/{id}': configure,
  'DELETE /api/v1/groups/{id}': configure,
  'PUT /api/v1/groups/{id}/cameras/{cameraId}': configure,
  'DELETE /api/v1/groups/{id}/cameras/{cameraId}': configure,
  'GET /api/v1/zones': configure,
  'POST /api/v1/zones': configure,
  'PATCH /api/v1/zones/{id}': configure,
  'DELETE /api/v1/zones/{id}': configure,
  'PUT /api/v1/zones/{id}/cameras/{cameraId}': configure,
  'DELETE /api/v1/zones/{id}/cameras/{cameraId}': configure,
  'GET /api/v1/audit': readAudit,
  'GET /api/v1/audit/export': readAudit,
  'GET /api/v1/audit/verify': readAudit,

  'GET /healthz': 'public',
  'GET /readyz': 'public',
  'GET /metrics': monitor,
};

/** What the API document leaves out. */
export const HIDDEN_ROUTES: Readonly<Record<string, Rule | Row>> = {
  'GET /api/openapi.json': 'known',
  'GET /api/docs/': 'known',
  'GET /': 'page',
  'GET /users': 'page',
  'GET /live/{id}': 'page',
  'GET /login': 'public',
  'GET /share': 'public',
  'OPTIONS /live/{id}/whep': 'public',
  'OPTIONS /live/{id}/whip': 'public',
  'PUT /live/{id}/whep': 'public',
  'PUT /live/{id}/whip': 'public',
};

const NOBODYS = '00000000-0000-4000-8000-000000000000';

/** The address of a route, about the gate and otherwise about nothing that there is. */
export function addressOf(path: string): string {
  return path
    .replace(/^(\/live\/|\/api\/v1\/cameras\/)\{(id|camera)\}/, `$1${GATE}`)
    .replace('{cameraId}', GATE)
    .replace('{rendition}', 'source')
    .replace('{name}', 'media.m3u8')
    .replace('{signed}', 'x')
    .replace(/\/(groups|zones)\/\{id\}/, '/$1/nothing')
    .replace(/\{\w+\}/g, NOBODYS);
}

export function rowOf(row: Rule | Row): Row {
  return typeof row === 'object' && 'rule' in row ? row : { rule: row };
}

/** Whether somebody is let in, or what he hears: 401, 403, 404 as if there were no such camera, or the login page. */
export function expected(rule: Rule, actor: Actor): string {
  if (rule === 'public') return 'in';
  if (rule === 'address') return 'not there';
  if (rule === 'page') return actor.isProven && !actor.mustChangePassword ? 'in' : 'login';
  if (!actor.isProven) return '401';
  const isFirst = rule === 'known at first' || rule === 'person at first';
  return actor.mustChangePassword && !isFirst ? '403' : expectedOfKnown(rule, actor);
}

function expectedOfKnown(
  rule: Exclude<Rule, 'public' | 'address' | 'page'>,
  { isPerson, site, gate, isLent }: Actor,
): string {
  if (rule === 'known' || rule === 'known at first') return 'in';
  if (rule === 'person' || rule === 'person at first') return isPerson ? 'in' : '403';
  if ('site' in rule) return site.includes(rule.site) ? 'in' : '403';
  if (gate.includes(rule.camera)) return rule.isOwn === true && isLent ? '403' : 'in';
  return gate.includes('view') ? '403' : '404';
}

/** RTSP, RTMP and SRT tell a publisher that he may not, whether there is such a camera or not. */
export function expectedAtDoor(action: 'view' | 'publish', actor: Actor): string {
  const answer = expected({ camera: action }, actor);
  return action === 'publish' && answer === '404' ? '403' : answer;
}
