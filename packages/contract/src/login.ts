import { z } from 'zod';
import { action, cameraAction, grants, password, role, SITE_ACTIONS, userName } from './access.ts';
import { cameraId, instant } from './camera.ts';

/** The cookie of somebody who logged in on the dashboard. */
export const SESSION_COOKIE = 'vedette_session';
/** Tells a browser from which somebody logged in well before; failures of others do not slow him there. */
export const DEVICE_COOKIE = 'vedette_device';
export const API_KEY_PREFIX = 'vdk_';

/** Six digits of an authenticator app, or a recovery code; blanks and dashes in it do not count. */
export const loginCode = z.string().min(6).max(40).meta({
  description: 'Six digits of the authenticator app, or a recovery code where one is lost',
  example: '123456',
});
const totpCode = z
  .string()
  .regex(/^ *\d{3} ?\d{3} *$/, 'must be six digits')
  .meta({ description: 'Six digits of the authenticator app', example: '123456' });
/** One that is only compared: what was allowed once may be shorter than what is allowed now. */
const shownPassword = z.string().min(1).max(1024);

/** Body of `POST /api/v1/auth/login`. */
export const loginRequest = z
  .strictObject({
    name: userName,
    password: shownPassword,
    code: loginCode.optional(),
    cookie: z.boolean().default(false).meta({
      description: 'For browsers: the answer sets a cookie (HttpOnly) and carries no tokens',
    }),
    remember: z.boolean().default(false).meta({
      description: 'With the cookie: it outlives the browser and lasts as long as a refresh token',
    }),
  })
  .meta({ id: 'LoginRequest' });
export type LoginRequest = z.input<typeof loginRequest>;

export const tokenPair = z
  .object({
    tokenType: z.literal('Bearer'),
    accessToken: z.string().meta({ description: 'For `Authorization: Bearer`' }),
    refreshToken: z.string().meta({
      description: 'Changes itself for a new pair, once. Shown a second time, it voids all of this login.',
    }),
    expiresIn: z.int().min(1).meta({ description: 'Seconds until the access token ends', example: 900 }),
    mustChangePassword: z.boolean().meta({
      description: 'Nothing but the profile answers until there is a new password',
    }),
  })
  .meta({ id: 'TokenPair' });
export type TokenPair = z.infer<typeof tokenPair>;

export const cookieLogin = z
  .object({
    expiresIn: z.int().min(1).meta({ description: 'Seconds without use until the cookie ends' }),
    mustChangePassword: z.boolean().meta({
      description: 'Nothing but the profile answers until there is a new password',
    }),
  })
  .meta({ id: 'CookieLogin' });
export type CookieLogin = z.infer<typeof cookieLogin>;

/** Answer of `POST /api/v1/auth/login`: with `cookie: true` the second. */
export const loginAnswer = z.union([tokenPair, cookieLogin]);
export type LoginAnswer = z.infer<typeof loginAnswer>;

/** Body of `POST /api/v1/auth/refresh`. */
export const refreshRequest = z
  .strictObject({ refreshToken: z.string().min(1).max(200) })
  .meta({ id: 'RefreshRequest' });

/** Body of `POST /api/v1/auth/logout`; the cookie and the bearer need no naming. */
export const logoutRequest = z
  .strictObject({ refreshToken: z.string().min(1).max(200).optional() })
  .meta({ id: 'LogoutRequest' });

/** Answer of `GET /api/v1/auth/methods`: what a login page has to offer. */
export const loginMethods = z
  .object({
    mode: z.enum(['required', 'open']).meta({ description: 'open: everybody may do everything' }),
    isLoginNeeded: z.boolean(),
    password: z.boolean().meta({ description: 'People log in with a name and a password' }),
    oidc: z
      .object({
        name: z.string().meta({ description: 'What the button says' }),
        url: z.string().meta({ description: 'Where it leads', example: '/api/v1/auth/oidc/start' }),
      })
      .nullable(),
  })
  .meta({ id: 'LoginMethods' });
export type LoginMethods = z.infer<typeof loginMethods>;

/** The account of whoever asks. */
export const profileUser = z
  .object({
    id: z.string(),
    name: userName,
    displayName: z.string(),
    role,
    plan: z.string().nullable(),
    hasPassword: z.boolean().meta({ description: 'false: by single sign-on only' }),
    mustChangePassword: z.boolean(),
    totp: z.boolean().meta({ description: 'A code of an authenticator app is asked for' }),
    recoveryCodesLeft: z.int().min(0).nullable().meta({ description: 'null: cannot be found out now' }),
    createdAt: instant,
    lastLoginAt: instant.nullable(),
  })
  .meta({ id: 'ProfileUser' });

/** Answer of `GET /api/v1/me`. */
export const profile = z
  .object({
    kind: z
      .enum(['everybody', 'user', 'apiKey', 'streamToken', 'shareLink', 'publishKey', 'outside'])
      .meta({ description: 'everybody: `access.mode` is open; user: a person who logged in' }),
    name: z.string(),
    user: profileUser.nullable().meta({ description: 'null: no person' }),
    siteActions: z.array(z.enum(SITE_ACTIONS)).meta({ description: 'What he may do beside cameras' }),
    cameras: z.array(z.object({ id: cameraId, actions: z.array(cameraAction) })).meta({
      description: 'What he may do now with each camera; those with which he may do nothing are left out',
    }),
  })
  .meta({ id: 'Profile' });
export type Profile = z.infer<typeof profile>;

/** Body of `PATCH /api/v1/me`. */
export const profileChange = z
  .strictObject({ displayName: z.string().trim().min(1).max(100) })
  .meta({ id: 'ProfileChange' });

/** Body of `POST /api/v1/me/password`. */
export const passwordChange = z
  .strictObject({ currentPassword: shownPassword, newPassword: password })
  .meta({ id: 'PasswordChange' });

/** Answer of `POST /api/v1/me/totp`: shown until a first code enables it. */
export const totpSetup = z
  .object({
    secret: z.string().meta({ description: 'Base32, to type in', example: 'JBSWY3DPEHPK3PXP' }),
    url: z.string().meta({ description: 'otpauth://…, to show as a QR code' }),
  })
  .meta({ id: 'TotpSetup' });
export type TotpSetup = z.infer<typeof totpSetup>;

/** Body of `POST /api/v1/me/totp`, `/me/totp/disable` and `/me/recovery-codes`. */
export const passwordProof = z.strictObject({ password: shownPassword }).meta({ id: 'PasswordProof' });

/** Body of `POST /api/v1/me/totp/enable`. */
export const totpProof = z.strictObject({ code: totpCode }).meta({ id: 'TotpProof' });

/** Codes that stand in for the authenticator app, each once. Shown this one time. */
export const recoveryCodes = z
  .object({ codes: z.array(z.string().meta({ example: 'k7mq-2xw9-fh4t-c3np' })) })
  .meta({ id: 'RecoveryCodes' });

/** A login of the dashboard, of whoever asks. */
export const webSession = z
  .object({
    id: z.string(),
    current: z.boolean().meta({ description: 'The one that asks' }),
    createdAt: instant,
    lastSeenAt: instant.meta({ description: 'To the minute' }),
    expiresAt: instant.meta({ description: 'If it is not used any more' }),
    address: z.string(),
    userAgent: z.string(),
  })
  .meta({ id: 'WebSession' });
export type WebSession = z.infer<typeof webSession>;

export const webSessionPage = z
  .object({ items: z.array(webSession), nextCursor: z.string().nullable() })
  .meta({ id: 'WebSessionPage' });

const apiKeyName = z.string().trim().min(1).max(100).meta({ example: 'nightly export' });

export const apiKeyScope = z
  .strictObject({
    actions: z
      .array(action)
      .max(20)
      .default([])
      .meta({ description: 'Beside cameras, and with every camera' }),
    grants: grants.default([]).meta({ description: 'With single cameras, groups and zones' }),
  })
  .meta({ id: 'ApiKeyScope' });
export type ApiKeyScope = z.infer<typeof apiKeyScope>;

export const apiKey = z
  .object({
    id: z.string(),
    name: apiKeyName,
    scope: apiKeyScope,
    createdBy: z.string().meta({ description: 'Id of the user, or of the key, that made it' }),
    createdAt: instant,
    expiresAt: instant.nullable(),
    lastUsedAt: instant.nullable().meta({ description: 'To the minute' }),
  })
  .meta({ id: 'ApiKey' });
export type ApiKey = z.infer<typeof apiKey>;

export const apiKeyPage = z
  .object({ items: z.array(apiKey), nextCursor: z.string().nullable() })
  .meta({ id: 'ApiKeyPage' });

/** Body of `POST /api/v1/api-keys`. */
export const newApiKey = z
  .strictObject({
    name: apiKeyName,
    scope: apiKeyScope,
    expiresAt: instant.nullable().default(null).meta({ description: 'null: never' }),
  })
  .meta({ id: 'NewApiKey' });
export type NewApiKey = z.input<typeof newApiKey>;

/** Answer of `POST /api/v1/api-keys`. */
export const madeApiKey = apiKey
  .extend({ key: z.string().meta({ description: 'For `Authorization: Bearer`; shown this one time' }) })
  .meta({ id: 'MadeApiKey' });
export type MadeApiKey = z.infer<typeof madeApiKey>;
