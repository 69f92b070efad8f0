import { z } from 'zod';
import { CAMERA_ACTIONS, cameraAction } from './access.ts';
import { cameraId, instant } from './camera.ts';

/** Secrets that are told apart by how they begin. */
export const PUBLISH_KEY_PREFIX = 'vdp_';
export const SHARE_LINK_PREFIX = 'vds_';
/** The cookie of somebody who opened a share link; sent with what belongs to that link's camera only. */
export const SHARE_COOKIE = 'vedette_share';

const lifetimeMinutes = z.int().min(1).max(525_600);
const lentActions = z.array(cameraAction).min(1).max(CAMERA_ACTIONS.length);
const mediaUrl = z.string().nullable();

/** Where a camera is found in each protocol, the credential included; null: switched off, or not allowed by it. */
export const mediaUrls = z
  .object({
    page: mediaUrl.meta({ description: 'Page with a player' }),
    whep: mediaUrl.meta({ description: 'WebRTC: POST an offer here' }),
    hls: mediaUrl,
    mse: mediaUrl.meta({ description: 'WebSocket' }),
    mjpeg: mediaUrl,
    snapshot: mediaUrl,
    rtsp: mediaUrl,
    rtmp: mediaUrl,
    srt: mediaUrl,
    publish: z
      .object({ rtsp: mediaUrl, rtmp: mediaUrl, srt: mediaUrl, whip: mediaUrl })
      .nullable()
      .meta({ description: 'null: may not publish' }),
  })
  .meta({ id: 'MediaUrls' });
export type MediaUrls = z.infer<typeof mediaUrls>;

/** Body of `POST /api/streaming/token`. */
export const newStreamToken = z
  .strictObject({
    cameraId,
    actions: lentActions.default(['view']).meta({ description: 'Nothing that the asker may not do himself' }),
    minutes: lifetimeMinutes.optional().meta({ description: 'access.streamTokens.minutes where absent' }),
    bindIp: z
      .union([z.boolean(), z.ipv4(), z.ipv6()])
      .default(false)
      .meta({ description: 'true: good from the asker’s address only; or the address' }),
    bindUserAgent: z
      .union([z.boolean(), z.string().min(1).max(500)])
      .default(false)
      .meta({ description: 'true: good with the asker’s User-Agent only; or the User-Agent, whole' }),
  })
  .meta({ id: 'NewStreamToken' });
export type NewStreamToken = z.input<typeof newStreamToken>;

/** Body of `POST /api/streaming/token/{token}/refresh`; may be left out. */
export const refreshStreamToken = z
  .strictObject({
    minutes: lifetimeMinutes
      .optional()
      .meta({ description: 'From now on; access.streamTokens.minutes where absent' }),
  })
  .nullish()
  .meta({ id: 'RefreshStreamToken' });

/** Answer to `POST /api/streaming/token` and `…/refresh`: the only time that the token is told. */
export const issuedStreamToken = z
  .object({
    token: z.string().meta({ description: 'JWT; goes into ?token= or Authorization: Bearer' }),
    id: z.string(),
    cameraId,
    actions: z.array(cameraAction),
    expiresAt: instant,
    expiresIn: z.int().min(0).meta({ description: 'Seconds' }),
    urls: mediaUrls,
  })
  .meta({ id: 'IssuedStreamToken' });
export type IssuedStreamToken = z.infer<typeof issuedStreamToken>;

/** Answer to `GET /api/streaming/token/{token}`. */
export const streamTokenState = z
  .object({
    valid: z.boolean(),
    reason: z
      .enum(['unknown', 'expired', 'revoked'])
      .nullable()
      .meta({ description: 'Why not; null while it is valid' }),
    id: z.string().nullable(),
    cameraId: cameraId.nullable(),
    actions: z.array(cameraAction),
    expiresAt: instant.nullable(),
    expiresIn: z.int().min(0),
  })
  .meta({ id: 'StreamTokenState' });
export type StreamTokenState = z.infer<typeof streamTokenState>;

/** A valid stream token, as lists show it: without the token. */
export const streamToken = z
  .object({
    id: z.string(),
    cameraId,
    actions: z.array(cameraAction),
    createdBy: z.string().meta({ description: 'Name of the user or the API key that made it' }),
    createdAt: instant,
    expiresAt: instant,
    boundTo: z.object({
      address: z.string().nullable(),
      userAgent: z.boolean().meta({ description: 'To one User-Agent; only its hash is kept' }),
    }),
  })
  .meta({ id: 'StreamToken' });
export type StreamToken = z.infer<typeof streamToken>;

export const streamTokenPage = z
  .object({ items: z.array(streamToken), nextCursor: z.string().nullable() })
  .meta({ id: 'StreamTokenPage' });
export type StreamTokenPage = z.infer<typeof streamTokenPage>;

/** Answer to `GET /api/streaming/stream/{token}`. */
export const tokenStream = issuedStreamToken.omit({ token: true }).meta({ id: 'TokenStream' });
export type TokenStream = z.infer<typeof tokenStream>;

/** Answer to `GET /live/{camera}/webrtc`. */
export const webrtcBootstrap = z
  .object({
    webrtc_url: z.string().meta({ description: 'POST a WHEP offer here' }),
    ice_servers: z.array(
      z.object({
        urls: z.array(z.string()),
        username: z.string().optional(),
        credential: z.string().optional(),
      }),
    ),
    stream_token: z.string().nullable().meta({
      description: 'For Authorization: Bearer; null: what was shown for this answer is good there too',
    }),
    expires_in: z.int().min(0).nullable().meta({ description: 'Seconds that the token is good for' }),
  })
  .meta({ id: 'WebrtcBootstrap' });
export type WebrtcBootstrap = z.infer<typeof webrtcBootstrap>;

/** What a share link may lend. */
export const SHARE_ACTIONS = ['view', 'playback', 'ptz'] as const;

/** Body of `POST /api/v1/share-links`. */
export const newShareLink = z
  .strictObject({
    cameraId,
    name: z
      .string()
      .trim()
      .max(100)
      .default('')
      .meta({ description: 'What it is for, as its maker sees it in the list' }),
    minutes: lifetimeMinutes.default(1440),
    actions: z.array(z.enum(SHARE_ACTIONS)).min(1).max(SHARE_ACTIONS.length).default(['view']),
    password: z
      .string()
      .min(6, 'must have at least 6 characters')
      .max(256)
      .optional()
      .meta({ description: 'Whoever opens the link is asked for it' }),
  })
  .meta({ id: 'NewShareLink' });
export type NewShareLink = z.input<typeof newShareLink>;

export const shareLink = z
  .object({
    id: z.string(),
    cameraId,
    name: z.string(),
    actions: z.array(cameraAction),
    hasPassword: z.boolean(),
    createdBy: z.string().meta({ description: 'Name of the user or the API key that made it' }),
    createdAt: instant,
    expiresAt: instant,
    state: z.enum(['valid', 'expired', 'revoked']),
    views: z.int().min(0).meta({ description: 'How often it was opened' }),
  })
  .meta({ id: 'ShareLink' });
export type ShareLink = z.infer<typeof shareLink>;

export const shareLinkPage = z
  .object({ items: z.array(shareLink), nextCursor: z.string().nullable() })
  .meta({ id: 'ShareLinkPage' });
export type ShareLinkPage = z.infer<typeof shareLinkPage>;

/** Answer to `POST /api/v1/share-links`: the only time that the link itself is told. */
export const createdShareLink = shareLink
  .extend({
    secret: z.string().meta({ description: 'vds_…; what `open` takes' }),
    url: z
      .string()
      .meta({ description: 'The page. The secret is its fragment, which browsers tell to no server' }),
  })
  .meta({ id: 'CreatedShareLink' });
export type CreatedShareLink = z.infer<typeof createdShareLink>;

/** Body of `POST /api/v1/share-links/open`. */
export const openShareLink = z
  .strictObject({ secret: z.string().min(1).max(100), password: z.string().max(256).optional() })
  .meta({ id: 'OpenShareLink' });
export type OpenShareLink = z.infer<typeof openShareLink>;

/**
 * Answer to `POST /api/v1/share-links/open`; the cookie `vedette_share` comes with it. 401
 * `ERR_SHARE_LINK_PASSWORD`: ask for the password; 404 `ERR_SHARE_LINK_NOT_FOUND`: wrong, expired or revoked.
 */
export const openedShareLink = z
  .object({
    id: z.string(),
    cameraId,
    actions: z.array(cameraAction),
    expiresAt: instant,
    token: z
      .string()
      .meta({ description: 'For ?token= or Authorization: Bearer, where cookies are not sent' }),
    tokenExpiresAt: instant,
  })
  .meta({ id: 'OpenedShareLink' });
export type OpenedShareLink = z.infer<typeof openedShareLink>;

/** Body of `POST /api/v1/cameras/{id}/publish-keys`. */
export const newPublishKey = z
  .strictObject({
    name: z.string().trim().min(1).max(100).meta({ description: 'Which encoder it is for' }),
  })
  .meta({ id: 'NewPublishKey' });
export type NewPublishKey = z.infer<typeof newPublishKey>;

export const publishKey = z
  .object({
    id: z.string(),
    cameraId,
    name: z.string(),
    createdBy: z.string().meta({ description: 'Name of the user or the API key that made it' }),
    createdAt: instant,
    lastUsedAt: instant.nullable(),
  })
  .meta({ id: 'PublishKey' });
export type PublishKey = z.infer<typeof publishKey>;

export const publishKeyPage = z
  .object({ items: z.array(publishKey), nextCursor: z.string().nullable() })
  .meta({ id: 'PublishKeyPage' });
export type PublishKeyPage = z.infer<typeof publishKeyPage>;

/** Answer to `POST …/publish-keys`: the only time that the key is told. */
export const createdPublishKey = publishKey
  .extend({
    key: z.string().meta({ description: 'vdp_…' }),
    urls: z.object({ rtsp: mediaUrl, rtmp: mediaUrl, srt: mediaUrl, whip: mediaUrl }),
  })
  .meta({ id: 'CreatedPublishKey' });
export type CreatedPublishKey = z.infer<typeof createdPublishKey>;

/**
 * Body of `POST /api/v1/auth/mediamtx`: what MediaMTX sends to its `authHTTPAddress`. Later versions add fields;
 * they are passed over.
 */
export const mediamtxQuestion = z
  .object({
    user: z.string().max(256).default(''),
    password: z.string().max(4096).default(''),
    token: z.string().max(4096).default(''),
    ip: z.string().max(64).default(''),
    action: z.string().max(32),
    path: z.string().max(256).default(''),
    protocol: z.string().max(32).default(''),
    id: z.string().max(64).nullable().default(null),
    query: z.string().max(4096).default(''),
    userAgent: z.string().max(500).default(''),
  })
  .meta({ id: 'MediamtxQuestion' });
export type MediamtxQuestion = z.infer<typeof mediamtxQuestion>;
