import { z } from 'zod';
import { cameraId } from './camera.ts';

/** What may be done with one camera. Granted for cameras, groups, zones or all of them. */
export const CAMERA_ACTIONS = ['view', 'playback', 'export', 'ptz', 'talk', 'publish'] as const;
/** What is not about one camera. Comes with the role, or with the scope of an API key. */
export const SITE_ACTIONS = ['monitor', 'configure', 'manageUsers', 'readAudit'] as const;
export const ACTIONS = [...CAMERA_ACTIONS, ...SITE_ACTIONS] as const;

export const cameraAction = z.enum(CAMERA_ACTIONS);
export type CameraAction = z.infer<typeof cameraAction>;
export const action = z.enum(ACTIONS);
export type Action = z.infer<typeof action>;

/** Roles of people. An API key has the role `system`: its scope alone says what it may. */
export const ROLES = ['user', 'operator', 'admin'] as const;
export const role = z.enum(ROLES);
export type Role = z.infer<typeof role>;

/**
 * What a role may do with every camera, and beside cameras. What a user may do with single cameras is granted to
 * him: see {@link grant}.
 */
export const ROLE_ACTIONS: Readonly<Record<Role, readonly Action[]>> = {
  user: [],
  operator: ['view', 'playback', 'export', 'ptz', 'talk', 'monitor'],
  admin: ACTIONS,
};

/** Name of a group or a zone of cameras, as of a camera. */
export const setName = cameraId.meta({ description: 'Name of a group or a zone', example: 'entrances' });

/** Which cameras. */
export const grantTarget = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('camera'), id: cameraId }),
    z.strictObject({ kind: z.literal('group'), id: setName }),
    z.strictObject({ kind: z.literal('zone'), id: setName }),
    z.strictObject({ kind: z.literal('all') }),
  ])
  .meta({ id: 'GrantTarget' });
export type GrantTarget = z.infer<typeof grantTarget>;

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).format(0) !== '';
  } catch {
    return false; // RangeError
  }
}

/** A span of the day, in a time zone; `to` before `from` goes over midnight. */
export const hours = z
  .strictObject({
    from: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be HH:MM')
      .meta({ example: '08:00' }),
    to: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be HH:MM')
      .meta({ example: '18:00' }),
    timeZone: z
      .string()
      .max(64)
      .refine(isTimeZone, 'is no time zone')
      .default('UTC')
      .meta({ description: 'IANA name', example: 'Asia/Ho_Chi_Minh' }),
    days: z
      .array(z.int().min(1).max(7))
      .min(1)
      .max(7)
      .optional()
      .meta({ description: 'ISO weekdays on which the span begins, 1 is Monday; every day where absent' }),
  })
  .meta({ id: 'Hours' });
export type Hours = z.infer<typeof hours>;

/** Somebody may do something with some cameras. */
export const grant = z
  .strictObject({
    target: grantTarget,
    actions: z.array(cameraAction).min(1).max(CAMERA_ACTIONS.length),
    hours: hours.optional(),
  })
  .meta({ id: 'Grant' });
export type Grant = z.infer<typeof grant>;
export const grants = z.array(grant).max(500);

export const userName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$/, 'must be 1 to 100 letters, digits or . _ @ + -')
  .meta({ description: 'What somebody logs in with; upper and lower case are the same', example: 'mai' });
export const password = z
  .string()
  .min(10, 'must have at least 10 characters')
  .max(256)
  .meta({ description: '10 to 256 characters' });
