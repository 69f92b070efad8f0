import { z } from 'zod';
import {
  cameraAction,
  grants,
  grantTarget,
  hours,
  password,
  role,
  setName,
  SITE_ACTIONS,
  userName,
} from './access.ts';
import { cameraId, instant } from './camera.ts';

const displayName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .meta({ description: 'What people see', example: 'Mai Trần' });
const plan = z
  .string()
  .min(1)
  .max(40)
  .nullable()
  .meta({ description: 'A key of access.streamTokens.plans; null: none', example: 'free' });
const managedBy = z
  .enum(['file', 'api'])
  .meta({ description: 'file: it stands in vedette.yml and is changed there' });

/** Somebody who may log in. */
export const user = z
  .object({
    id: z.uuid(),
    name: userName,
    displayName,
    role,
    grants,
    plan,
    disabled: z.boolean(),
    mustChangePassword: z.boolean(),
    hasPassword: z.boolean().meta({ description: 'false: logs in by OpenID Connect only' }),
    hasTotp: z.boolean().meta({ description: 'Whether a second factor is asked for' }),
    createdAt: instant,
    updatedAt: instant,
    lastLoginAt: instant.nullable(),
  })
  .meta({ id: 'User' });
export type User = z.infer<typeof user>;

export const userPage = z
  .object({ items: z.array(user), nextCursor: z.string().nullable() })
  .meta({ id: 'UserPage' });
export type UserPage = z.infer<typeof userPage>;

/** Body of `POST /api/v1/users`. */
export const newUser = z
  .strictObject({
    name: userName,
    displayName: displayName.optional().meta({ description: 'The name where absent' }),
    role: role.default('user'),
    grants: grants.default([]),
    plan: plan.optional().meta({ description: 'free where absent, if there is such a plan' }),
    password: password.optional().meta({ description: 'One is made up where absent, and shown once' }),
  })
  .meta({ id: 'NewUser' });
export type NewUser = z.input<typeof newUser>;

/** Body of `PATCH /api/v1/users/{id}`: what is absent stays. */
export const userChange = z
  .strictObject({
    displayName: displayName.optional(),
    role: role.optional(),
    grants: grants.optional(),
    plan: plan.optional(),
    disabled: z.boolean().optional(),
  })
  .meta({ id: 'UserChange' });
export type UserChange = z.infer<typeof userChange>;

const shownOnce = z
  .string()
  .nullable()
  .meta({ description: 'The password that was made up, shown this once; null where one was given' });

/** Answer of `POST /api/v1/users`. The password has to be changed at the first login. */
export const createdUser = user.extend({ initialPassword: shownOnce }).meta({ id: 'CreatedUser' });
export type CreatedUser = z.infer<typeof createdUser>;

/** Body of `POST /api/v1/users/{id}/password`. */
export const passwordReset = z
  .strictObject({ password: password.optional().meta({ description: 'One is made up where absent' }) })
  .meta({ id: 'PasswordReset' });
export type PasswordReset = z.infer<typeof passwordReset>;

/** Its answer. The password has to be changed at the next login; all logins of the person have ended. */
export const passwordResetAnswer = z
  .object({ initialPassword: shownOnce })
  .meta({ id: 'PasswordResetAnswer' });
export type PasswordResetAnswer = z.infer<typeof passwordResetAnswer>;

/** A group or a zone of cameras. */
export const cameraSet = z
  .object({
    id: setName,
    name: z.string().meta({ description: 'What people see; the id where none was given' }),
    managedBy,
    cameras: z.array(z.object({ id: cameraId, managedBy })).meta({ description: 'Its members, by id' }),
  })
  .meta({ id: 'CameraSet' });
export type CameraSetJson = z.infer<typeof cameraSet>;

export const cameraSetPage = z
  .object({ items: z.array(cameraSet), nextCursor: z.string().nullable() })
  .meta({ id: 'CameraSetPage' });
export type CameraSetPage = z.infer<typeof cameraSetPage>;

const setLabel = z.string().trim().min(1).max(200);

/** Body of `POST /api/v1/groups` and `/zones`. */
export const newCameraSet = z
  .strictObject({
    id: setName,
    name: setLabel.optional().meta({ description: 'What people see; the id where absent' }),
  })
  .meta({ id: 'NewCameraSet' });
export type NewCameraSet = z.infer<typeof newCameraSet>;

/** Body of `PATCH /api/v1/groups/{id}` and `/zones/{id}`: its id stays, and with it what was granted for it. */
export const cameraSetChange = z.strictObject({ name: setLabel }).meta({ id: 'CameraSetChange' });
export type CameraSetChange = z.infer<typeof cameraSetChange>;

/** One reason why somebody may do something. */
export const permission = z
  .object({
    action: cameraAction,
    through: z
      .discriminatedUnion('kind', [z.object({ kind: z.literal('role') }), ...grantTarget.options])
      .meta({ description: 'The role, or what the grant is for' }),
    hours: hours.nullable().meta({ description: 'Only then; null: at any time' }),
    isNow: z.boolean().meta({ description: 'Whether it holds at this moment' }),
  })
  .meta({ id: 'Permission' });
export type Permission = z.infer<typeof permission>;

/** What one user may do: one row of the table. */
export const userPermissions = z
  .object({
    user: z.object({ id: z.uuid(), name: userName, displayName, role, disabled: z.boolean() }),
    site: z.array(z.enum(SITE_ACTIONS)).meta({ description: 'What is not about single cameras' }),
    everywhere: z.array(permission).meta({ description: 'With each camera, also those that come later' }),
    cameras: z
      .array(z.object({ cameraId, permissions: z.array(permission) }))
      .meta({ description: 'Beyond that: single cameras, by id; those without anything are left out' }),
  })
  .meta({ id: 'UserPermissions' });
export type UserPermissions = z.infer<typeof userPermissions>;

export const permissionPage = z
  .object({ items: z.array(userPermissions), nextCursor: z.string().nullable() })
  .meta({ id: 'PermissionPage' });
export type PermissionPage = z.infer<typeof permissionPage>;
