import {
  CAMERA_ACTIONS,
  type Grant,
  type Permission,
  ROLE_ACTIONS,
  SITE_ACTIONS,
  type UserPermissions,
} from '@vedette/contract';
import type { UserRecord } from '../login/user-records.ts';
import { covers, isWithin, type Membership } from '../permissions.ts';

type Subject = Pick<UserRecord, 'id' | 'name' | 'displayName' | 'role' | 'grants' | 'isDisabled'>;

/**
 * What a user may do, and why: by the same rules as decisions are made.
 *
 * @param cameraIds the cameras that there are.
 */
export function permissionsOf(
  user: Subject,
  cameraIds: readonly string[],
  membership: Membership,
  nowMs: number,
): UserPermissions {
  const { id, name, displayName, role, isDisabled, grants } = user;
  const actions = ROLE_ACTIONS[role];
  const byRole = CAMERA_ACTIONS.filter((action) => actions.includes(action)).map((action) => ({
    action,
    through: { kind: 'role' as const },
    hours: null,
    isNow: !isDisabled,
  }));
  const permissionsBy = (grant: Grant): Permission[] =>
    grant.actions
      .filter((action) => !actions.includes(action))
      .map((action) => ({
        action,
        through: grant.target,
        hours: grant.hours ?? null,
        isNow: !isDisabled && (grant.hours === undefined || isWithin(grant.hours, nowMs)),
      }));
  const forAll = grants.filter(({ target }) => target.kind === 'all');
  const forSome = grants.filter(({ target }) => target.kind !== 'all');
  return {
    user: { id, name, displayName, role, disabled: isDisabled },
    site: SITE_ACTIONS.filter((action) => actions.includes(action)),
    everywhere: [...byRole, ...forAll.flatMap(permissionsBy)],
    cameras: cameraIds
      .map((cameraId) => ({
        cameraId,
        permissions: forSome.filter((grant) => covers(grant, cameraId, membership)).flatMap(permissionsBy),
      }))
      .filter(({ permissions }) => permissions.length > 0),
  };
}
