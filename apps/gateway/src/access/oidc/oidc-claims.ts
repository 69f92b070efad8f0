import { ROLES, userName, type Config, type Grant, type Role } from '@vedette/contract';

export type OidcConfig = NonNullable<Config['access']['oidc']>;

/** What the provider says of somebody. */
export type OidcClaims = Readonly<Record<string, unknown>>;

/** What members of his groups may do. */
export interface OidcRights {
  readonly role: Role;
  readonly grants: readonly Grant[];
}

const MAX_GRANTS = 500;
const MAX_DISPLAY_NAME = 100;

/** The groups: a list, or one name alone, as some providers have it. */
export function groupsOf(claims: OidcClaims, claim: string): string[] {
  const groups = claims[claim];
  if (typeof groups === 'string') return [groups];
  return Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [];
}

/** @returns `undefined` where none of the groups has a role: he may not log in. */
export function rightsOf(groups: readonly string[], { roles, grants }: OidcConfig): OidcRights | undefined {
  const held = groups.flatMap((group) => (Object.hasOwn(roles, group) ? [roles[group]] : []));
  const role = ROLES.findLast((candidate) => held.includes(candidate));
  if (role === undefined) return undefined;
  const granted = groups.flatMap((group) => (Object.hasOwn(grants, group) ? (grants[group] ?? []) : []));
  return { role, grants: granted.slice(0, MAX_GRANTS) };
}

/** What the account is called where it is made: the first that can be a user's name. */
export function accountName(claims: OidcClaims): string {
  const { preferred_username: preferred, email, name } = claims;
  for (const candidate of [preferred, email, name]) {
    if (typeof candidate !== 'string') continue;
    const fitting = candidate
      .normalize('NFKD')
      .replaceAll(/\p{Mark}/gu, '')
      .replaceAll(/[^A-Za-z0-9._@+-]+/g, '.')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 90)
      .toLowerCase();
    if (userName.safeParse(fitting).success) return fitting;
  }
  return 'user';
}

/** What people see. */
export function displayNameOf(claims: OidcClaims, fallback: string): string {
  const { name, preferred_username: preferred } = claims;
  for (const candidate of [name, preferred]) {
    if (typeof candidate === 'string' && candidate.trim() !== '')
      return candidate.trim().slice(0, MAX_DISPLAY_NAME).toWellFormed();
  }
  return fallback;
}
