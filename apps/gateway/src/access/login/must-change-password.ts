import type { Refusal } from '../door.ts';
import type { Identity } from '../identity.ts';
import { PASSWORD_CHANGE_REQUIRED } from './refusals.ts';
import type { UserRecords } from './user-records.ts';

/** What somebody may do who has to choose a password first: that, see who he is, and leave. */
const ROUTES =
  /^(GET \/api\/v1\/me|POST \/api\/v1\/(me\/password|auth\/(login|refresh|logout|logout-everywhere)))$/;

/** The refusal for a user who has to choose a password first; `undefined`: he has one, or is no user. */
export function passwordChangeRefusal(
  users: Pick<UserRecords, 'byId'>,
  identity: Identity,
): Refusal | undefined {
  const mustChange = identity.kind === 'user' && users.byId(identity.id)?.mustChangePassword === true;
  return mustChange ? PASSWORD_CHANGE_REQUIRED : undefined;
}

/**
 * As {@link passwordChangeRefusal}, for a route: `mayProceed` of `HttpAccess`.
 *
 * @param route its method and pattern.
 */
export function passwordChangeFirst(
  users: Pick<UserRecords, 'byId'>,
): (identity: Identity, route: { readonly method: string; readonly url: string }) => Refusal | undefined {
  return (identity, { method, url }) =>
    ROUTES.test(`${method} ${url}`) ? undefined : passwordChangeRefusal(users, identity);
}
