import { z } from 'zod';
import { CAMERA_ACTIONS, grant, role } from './access.ts';

const minutes = z.int().min(1).max(525_600);
const webAddress = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' });
const limit = z.int().min(1).max(1_000_000);

/** How many of something, in how long. */
const rate = z.strictObject({ count: limit, seconds: z.int().min(1).max(86_400) });

/** Who else may vouch for viewers and publishers: JSON Web Tokens of an outside issuer (RFC 7519). */
const jwtConfig = z.strictObject({
  jwksUrl: webAddress.describe('Where the keys of the issuer are published (JWKS)'),
  issuer: z.string().min(1).optional().describe('What `iss` must be'),
  audience: z.string().min(1).optional().describe('What `aud` must hold'),
  claim: z
    .string()
    .min(1)
    .default('vedette_permissions')
    .describe(
      'Claim that lists permissions, [{action, path}], as MediaMTX has it; path may be a ~regular expression',
    ),
});

/** An HTTP endpoint that is asked for those whom nobody here knows; the request is MediaMTX's. */
const httpConfig = z.strictObject({
  url: webAddress.describe('Gets a POST with user, password, token, ip, action, path, protocol, id, query'),
  timeoutMs: z.int().min(100).max(10_000).default(3000),
  fingerprint: z.string().optional().describe('SHA-256 fingerprint of its certificate, where self-signed'),
  exclude: z
    .array(z.enum(CAMERA_ACTIONS))
    .default([])
    .describe('Actions for which it is not asked; nobody may do them without an account here'),
});

/** OpenID Connect: people log in where they already have an account. */
const oidcConfig = z.strictObject({
  issuer: webAddress.describe('Its address; /.well-known/openid-configuration is below it'),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  redirectUri: webAddress
    .optional()
    .describe(
      'Where the provider leads browsers back to, as registered there; where absent, /api/v1/auth/oidc/callback ' +
        'below the address by which the browser came',
    ),
  name: z
    .string()
    .min(1)
    .max(60)
    .default('Single sign-on')
    .describe('What the button of the login page says'),
  scopes: z.string().default('openid profile email'),
  groupsClaim: z.string().default('groups').describe('Claim that lists the groups of the person'),
  roles: z
    .record(z.string(), role)
    .default({})
    .describe('Role of a group of theirs; the greatest counts; nobody of no such group may log in'),
  grants: z
    .record(z.string(), z.array(grant))
    .default({})
    .describe('What members of a group of theirs may do with single cameras'),
});

const streamTokenPlan = z.strictObject({ perDay: limit });

/** Who may see what: `access:`. The word `open` or `required` alone stands for the mode. */
export const accessConfig = z.strictObject({
  mode: z
    .enum(['required', 'open'])
    .default('required')
    .describe('open: everybody may do everything; only where every listener is on loopback'),
  sessionHours: z
    .int()
    .min(1)
    .max(8760)
    .default(12)
    .describe('A login on the dashboard that is not used ends'),
  accessTokenMinutes: minutes.default(15).describe('Of the API; renewed with the refresh token'),
  refreshTokenDays: z.int().min(1).max(365).default(30),
  streamTokens: z
    .strictObject({
      minutes: minutes.default(30).describe('How long one lasts where nothing else was asked for'),
      maxMinutes: minutes
        .default(1440)
        .describe('The longest that may be asked for, and that refreshes keep one alive since it was made'),
      perUser: limit.default(5).describe('Valid ones of one user at a time'),
      perHour: limit.default(20).describe('New ones of one user'),
      plans: z
        .record(z.string(), streamTokenPlan)
        .default({ free: { perDay: 10 }, pro: { perDay: 100 } })
        .describe('Limits by plan of the user; a user without one has these of perUser and perHour only'),
    })
    .prefault({}),
  limits: z
    .strictObject({
      login: rate.default({ count: 10, seconds: 60 }).describe('Attempts by address and by name'),
      tokens: rate
        .default({ count: 60, seconds: 60 })
        .describe('Tokens, keys and links made by one identity'),
      api: rate
        .default({ count: 1200, seconds: 60 })
        .describe('Requests to the API by one identity or address'),
      sessions: rate
        .default({ count: 600, seconds: 60 })
        .describe('Media sessions begun by one identity or address'),
    })
    .prefault({}),
  privateNetworks: z
    .boolean()
    .default(true)
    .describe('Whether cameras added by the API may be in private networks; most are'),
  jwt: jwtConfig.optional(),
  http: httpConfig.optional(),
  oidc: oidcConfig.optional(),
  auditDays: z.int().min(1).max(3650).default(365).describe('How long the audit log is kept'),
  retention: z
    .strictObject({
      shareLinkDays: z.int().min(1).max(3650).default(30).describe('Share links, after their end'),
      revokedKeyDays: z
        .int()
        .min(1)
        .max(3650)
        .default(90)
        .describe('API keys and publish keys, after they were revoked or expired'),
    })
    .prefault({}),
});
