import type { FastifyRequest } from 'fastify';
import type { Identity } from './access/identity.ts';
import type { OfferedMedia } from './access/tokens/media-urls.ts';
import { apiKeyRoutes } from './api/api-key-routes.ts';
import { auditRoutes } from './api/audit-routes.ts';
import { authRoutes } from './api/auth-routes.ts';
import { cameraAdminRoutes } from './api/camera-admin-routes.ts';
import { cameraSetRoutes } from './api/camera-set-routes.ts';
import { oidcRoutes } from './api/oidc-routes.ts';
import { outsideAuthRoutes } from './api/outside-auth-routes.ts';
import { privacyRoutes } from './api/privacy-routes.ts';
import { profileRoutes } from './api/profile-routes.ts';
import { publishKeyRoutes } from './api/publish-key-routes.ts';
import { shareRoutes } from './api/share-routes.ts';
import { streamTokenRoutes } from './api/stream-token-routes.ts';
import { userRoutes } from './api/user-routes.ts';
import type { Parts } from './parts.ts';

const HOUR_MS = 3_600_000;

/** Routes about who may do what, in the order of the API document. */
export async function addAccessRoutes(parts: Parts): Promise<void> {
  await addLoginRoutes(parts);
  await addLendingRoutes(parts);
  await addAdministrationRoutes(parts);
}

/** Logging in, one's own account, and keys of programs. */
async function addLoginRoutes({ config, http, access, cameras, administration }: Parts): Promise<void> {
  const { users, webSessions, apiTokens, devices, audit, login, logout, passwords, recoveryCodes } = access;
  const { sessionHours, refreshTokenDays } = config.access;
  const common = {
    endSessions: (userId: string, reason: string) => administration.guard.endSessionsOfUser(userId, reason),
    users,
    webSessions,
    tokens: apiTokens,
    devices,
    audit,
    http: access.http,
    sessionHours,
    refreshTokenDays,
    login,
    logout,
  };
  await http.app.register(authRoutes({ ...common, methods: access.methods }));
  if (administration.oidc !== undefined) {
    await http.app.register(
      oidcRoutes({
        login: administration.oidc,
        webSessions,
        secrets: access.secrets,
        limits: access.limits,
        access: access.http,
        sessionMs: sessionHours * HOUR_MS,
        redirectUri: config.access.oidc?.redirectUri,
      }),
    );
  }
  const { rights } = access;
  const cameraIds = (): string[] => cameras.list().map(({ id }) => id);
  await http.app.register(profileRoutes({ ...common, passwords, recoveryCodes, rights, cameraIds }));
  const { apiKeys, limits } = access;
  await http.app.register(apiKeyRoutes({ apiKeys, limits, audit, http: access.http }));
}

/** What is lent to others: tokens, links, keys of encoders; and answers for a MediaMTX. */
async function addLendingRoutes(parts: Parts): Promise<void> {
  const { http, access, cameras } = parts;
  const { streamTokens, shareLinks, publishKeys, rights, nameOf, door, identifier } = access;
  const offered = (): OfferedMedia => offeredMedia(parts);
  const identify = async (request: FastifyRequest): Promise<Identity> => {
    const { method, routeOptions } = request;
    return access.http.authenticate(request, { method, url: routeOptions.url ?? '', access: 'known' });
  };
  await http.app.register(
    streamTokenRoutes({ tokens: streamTokens, cameras, rights, identify, nameOf, offered }),
  );
  await http.app.register(shareRoutes({ links: shareLinks, cameras, rights, nameOf }));
  await http.app.register(publishKeyRoutes({ keys: publishKeys, cameras, nameOf, offered }));
  await http.app.register(
    outsideAuthRoutes({
      door,
      rights,
      identify: async (credentials, peer) => identifier.identify(credentials, peer),
    }),
  );
}

/** People, cameras, groups, zones, and the audit log. */
async function addAdministrationRoutes({
  http,
  access,
  cameras,
  sessions,
  administration,
}: Parts): Promise<void> {
  const { users, sets, stored, tests, addresses: guard, privacy, auditReader, verifyAudit } = administration;
  const { rights, audit } = access;
  await http.app.register(userRoutes({ users, access: access.http, rights, cameras }));
  await http.app.register(privacyRoutes({ privacy, access: access.http }));
  await http.app.register(cameraSetRoutes({ sets, access: access.http }));
  await http.app.register(
    cameraAdminRoutes({ cameras, sessions, rights, stored, tests, access: access.http, guard }),
  );
  await http.app.register(
    auditRoutes({ reader: auditReader, verify: verifyAudit, audit, access: access.http }),
  );
}

/** Which protocols there are, and where. */
function offeredMedia({ webrtc, hls, rtsp, rtmp, srt }: Parts): OfferedMedia {
  return {
    webrtc: webrtc !== undefined,
    hls: hls !== undefined,
    rtsp: rtsp?.port === undefined ? undefined : { scheme: 'rtsp', port: rtsp.port },
    rtmp: rtmp?.port === undefined ? undefined : { scheme: 'rtmp', port: rtmp.port },
    srt: srt?.port === undefined ? undefined : { port: srt.port },
  };
}
