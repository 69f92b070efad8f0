import type { Profile } from '@vedette/contract';
import { messages } from '../messages/index.ts';

type SiteAction = Profile['siteActions'][number];

export interface SettingsPlace {
  readonly to:
    | '/settings/cameras'
    | '/settings/groups'
    | '/settings/people'
    | '/settings/permissions'
    | '/settings/links'
    | '/settings/keys'
    | '/settings/audit';
  readonly label: string;
  /** Who finds something there; everybody where absent. */
  readonly action?: SiteAction;
}

const places = messages.settingsPlaces;

/** The pages of the settings, in the order in which they are shown. */
export const SETTINGS_PLACES: readonly SettingsPlace[] = [
  { to: '/settings/cameras', label: places.cameras, action: 'configure' },
  { to: '/settings/groups', label: places.groups, action: 'configure' },
  { to: '/settings/people', label: places.people, action: 'manageUsers' },
  { to: '/settings/permissions', label: places.permissions, action: 'manageUsers' },
  { to: '/settings/links', label: places.links },
  { to: '/settings/keys', label: places.keys, action: 'manageUsers' },
  { to: '/settings/audit', label: places.audit, action: 'readAudit' },
];

/** Those in which somebody finds something. */
export function placesFor({ siteActions }: Pick<Profile, 'siteActions'>): readonly SettingsPlace[] {
  return SETTINGS_PLACES.filter(({ action }) => action === undefined || siteActions.includes(action));
}
