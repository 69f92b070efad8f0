import { type Action, ACTIONS, CAMERA_ACTIONS, type Role, ROLE_ACTIONS, ROLES } from '@vedette/contract';
import type { RouteAccess } from '../../servers/http/route-access.ts';

/** A route, and who may use it. */
export interface DescribedRoute {
  readonly method: string;
  /** As it is registered: `/api/v1/cameras/:id`. */
  readonly url: string;
  readonly access: RouteAccess;
}

const MEANINGS: Readonly<Record<Action, string>> = {
  view: 'see and hear it live, take snapshots; know that it is there',
  playback: 'play what was recorded',
  export: 'take recordings away',
  ptz: 'turn, tilt, zoom',
  talk: 'speak through its loudspeaker',
  publish: 'send pictures to it',
  monitor: 'see and end the sessions of everybody',
  configure: 'add, change and remove cameras, groups, zones and pushes',
  manageUsers: 'add, change and remove users, and end what they have lent',
  readAudit: 'read the audit log',
};
const ROLE_NAMES: Readonly<Record<Role, string>> = { user: 'User', operator: 'Operator', admin: 'Admin' };
const GRANTED = 'granted';
const EVERYWHERE = 'yes';
const NEVER = '–';

const cameraActions: readonly Action[] = CAMERA_ACTIONS;

/** The table of who may do what, for the documentation: of the very constants that decide. */
export function describePermissions(routes: readonly DescribedRoute[]): string {
  return [
    '<!-- Written by scripts/documents.ts from the code: change it there. -->',
    '# Who may do what',
    '',
    'What a role may do everywhere (`yes`), what has to be granted for a camera, a group, a zone or all cameras',
    '(`granted`), and what it may not do. How that is set: [people.md](people.md).',
    '',
    ...table(
      ['action', 'what it is', ...ROLES.map((role) => ROLE_NAMES[role])],
      ACTIONS.map((action) => [
        `\`${action}\``,
        MEANINGS[action],
        ...ROLES.map((role) => mayByRole(role, action)),
      ]),
    ),
    '',
    '## Routes',
    '',
    'Somebody who may not even view a camera is answered as if it were not there (404); who may view it and not do',
    'this, 403; who has not said who he is, 401.',
    '',
    ...table(
      ['route', 'for whom', ...ROLES.map((role) => ROLE_NAMES[role])],
      [...routes]
        .sort((a, b) => (`${a.url} ${a.method}` < `${b.url} ${b.method}` ? -1 : 1))
        .map(({ method, url, access }) => [
          `\`${method} ${url.replaceAll(/:(\w+)/g, '{$1}')}\``,
          forWhom(access),
          ...ROLES.map((role) => mayUse(role, access)),
        ]),
    ),
    '',
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

function mayByRole(role: Role, action: Action): string {
  if (ROLE_ACTIONS[role].includes(action)) return EVERYWHERE;
  return cameraActions.includes(action) ? GRANTED : NEVER;
}

function forWhom(access: RouteAccess): string {
  if (access === 'public') return 'anybody';
  if (access === 'known') return 'whoever has said who he is; what he gets depends on what he may';
  if (access === 'person') return 'a person who has logged in, for the own account';
  if (access === 'door') return 'whoever may do with the camera what is asked for';
  return 'site' in access ? `\`${access.site}\`` : `\`${access.camera}\` of the camera`;
}

function mayUse(role: Role, access: RouteAccess): string {
  if (access === 'public' || access === 'known' || access === 'person') return EVERYWHERE;
  if (access === 'door') return 'by action';
  return mayByRole(role, 'site' in access ? access.site : access.camera);
}
