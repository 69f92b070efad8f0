import { problem, webrtcBootstrap } from '@vedette/contract';
import { ProtocolError } from '@vedette/media';
import { refuseOffer, SDP_TYPE } from '@vedette/protocols';
import { z } from 'zod';
import type { CameraDirectory } from '../../cameras/directory.ts';
import type { Identity } from '../../access/identity.ts';
import type { HttpAccess } from '../../servers/http/http-access.ts';
import type { HttpApp, HttpRoutes } from '../../servers/http/http-app.ts';
import { cameraNotFound, HttpProblem } from '../../servers/http/problems.ts';
import {
  addEndpointOptions,
  addSessionResource,
  noSuchSession,
  refuse,
  sendAnswer,
  takeTexts,
  textOf,
  untilGone,
} from '../../servers/http/session-resource.ts';
import { ViewingRefused } from './viewing-refused.ts';
import type { WebrtcService } from './webrtc-service.ts';

const ENDPOINT = '/live/:id/whep';
const RESOURCE = '/live/:id/whep/:session';

const endpointParams = z.object({ id: z.string() });
const endpointQuery = z.object({
  quality: z.string().max(32).optional().meta({
    description: 'A rung of the ladder, or low, medium, high, ultra; auto (the default) follows the line',
  }),
  maxHeight: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .meta({ description: 'Lines that the player has room for' }),
});
const resourceParams = z.object({ id: z.string(), session: z.string() });

/** By code; what is not here is the offer's own fault. */
const STATUS: Readonly<Record<string, number>> = {
  ERR_WEBRTC_B_FRAMES: 406,
  ERR_WEBRTC_CODEC: 406,
  ERR_WEBRTC_NO_MEDIA: 406,
  ERR_WEBRTC_TRANSPORT: 503,
  ERR_QUALITY_UNKNOWN: 404,
  ERR_WEBRTC_TOO_MANY: 429,
};

/** What the routes are made of. */
export interface WhepRoutesOptions {
  readonly service: WebrtcService;
  readonly cameras: CameraDirectory;
  readonly access: HttpAccess;
  /** A stream token for who asks, to be shown in place of his own credentials; none where absent. */
  readonly lend?: (identity: Identity, cameraId: string) => Promise<LentToken | undefined>;
}

export interface LentToken {
  readonly token: string;
  /** Seconds. */
  readonly expiresIn: number;
}

/**
 * WHEP (draft-ietf-wish-whep, by the rules of RFC 9725): `POST` an offer, get the answer and a
 * session to `PATCH` and `DELETE`; and the bootstrap that tells pages where to post.
 */
export function whepRoutes(options: WhepRoutesOptions): HttpRoutes {
  const { service } = options;
  return async (app) => {
    await app.register(async (scope) => {
      await Promise.resolve();
      takeTexts(scope);
      addEndpoint(scope, options);
      addResource(scope, service);
      addBootstrap(scope, options);
    });
    addQuality(app, service);
  };
}

function addEndpoint(app: HttpApp, { service, cameras, access }: WhepRoutesOptions): void {
  addEndpointOptions(app, ENDPOINT, service.iceServers);
  app.post(
    ENDPOINT,
    {
      config: { access: 'door' },
      schema: {
        summary: 'View a camera by WebRTC: WHEP',
        description: `Body and answer are ${SDP_TYPE}. 406 with ERR_WEBRTC_B_FRAMES or ERR_WEBRTC_CODEC: play HLS.`,
        tags: ['live'],
        params: endpointParams,
        querystring: endpointQuery,
        response: {
          201: z.string(),
          400: problem,
          401: problem,
          403: problem,
          404: problem,
          406: problem,
          415: problem,
          429: problem,
          503: problem,
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const identity = await access.admit(request, { action: 'view', cameraId: id, protocol: 'webrtc' });
      const { 'content-type': contentType, accept, 'user-agent': userAgent } = request.headers;
      refuse(refuseOffer({ contentType, accept }));
      const camera = cameras.find(id);
      if (camera === undefined) throw cameraNotFound(id);
      try {
        const offer = textOf(request);
        const signal = untilGone(reply);
        const view = await service.view({
          ...{ camera, offer, peer: request.ip, userAgent, identity, signal },
          quality: request.query.quality,
          maxHeight: request.query.maxHeight,
        });
        const location = `/live/${encodeURIComponent(id)}/whep/${view.key}`;
        return await sendAnswer(reply, { ...view, location }, service.iceServers);
      } catch (error) {
        throw asProblem(error);
      }
    },
  );
}

const qualityState = z
  .object({
    quality: z.string().meta({ description: 'The rendition that is sent now' }),
    isAutomatic: z.boolean().meta({ description: 'It follows the line; nobody chose it' }),
    available: z.array(z.object({ name: z.string(), height: z.int() })),
  })
  .meta({ id: 'QualityState' });

/** Which rendition a session is sent: asked for here, since WHEP itself has no words for it. */
function addQuality(app: HttpApp, service: WebrtcService): void {
  const url = `${RESOURCE}/quality`;
  // Its address is known to the viewer alone.
  const config = { access: 'door' } as const;
  const schema = { tags: ['live'], params: resourceParams };
  app.get(
    url,
    {
      config,
      schema: {
        ...schema,
        summary: 'The rendition of a session',
        response: { 200: qualityState, 404: problem },
      },
    },
    (request) => findSession(service, request.params).quality.report,
  );
  app.post(
    url,
    {
      config,
      schema: {
        ...schema,
        summary: 'Choose the rendition of a session',
        description: 'It changes at the next key picture of the other one; the connection stays.',
        body: z.object({ quality: z.string().max(32), maxHeight: z.int().min(1).optional() }),
        response: { 200: qualityState, 400: problem, 404: problem },
      },
    },
    async (request) => {
      const { quality } = findSession(service, request.params);
      try {
        await quality.choose(request.body.quality, request.body.maxHeight);
      } catch (error) {
        throw asProblem(error);
      }
      return quality.report;
    },
  );
}

function addResource(app: HttpApp, service: WebrtcService): void {
  addSessionResource(app, {
    url: RESOURCE,
    summaries: { patch: 'Tell further ICE candidates of a session', delete: 'End a session' },
    find: (params) => {
      const { viewer: peer, etag } = findSession(service, params);
      return { peer, etag };
    },
    endReason: 'the viewer ended it',
    asProblem,
  });
}

function addBootstrap(app: HttpApp, { service, cameras, lend }: WhepRoutesOptions): void {
  app.get(
    '/live/:id/webrtc',
    {
      config: { access: { camera: 'view', parameter: 'id' } },
      schema: {
        summary: 'What a page needs to view a camera by WebRTC',
        tags: ['live'],
        params: endpointParams,
        response: { 200: webrtcBootstrap, 404: problem },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (cameras.find(id) === undefined) throw cameraNotFound(id);
      const lent = await lend?.(request.identity, id);
      return reply.header('cache-control', 'no-store').send({
        webrtc_url: `${request.protocol}://${request.host}/live/${encodeURIComponent(id)}/whep`,
        ice_servers: service.iceServers.map(({ urls, ...server }) => ({ urls: [urls], ...server })),
        stream_token: lent?.token ?? null,
        expires_in: lent?.expiresIn ?? null,
      });
    },
  );
}

function findSession(
  service: WebrtcService,
  { id, session }: z.infer<typeof resourceParams>,
): NonNullable<ReturnType<WebrtcService['find']>> {
  const found = service.find(id, session);
  if (found !== undefined) return found;
  throw noSuchSession();
}

function asProblem(error: unknown): unknown {
  if (error instanceof ViewingRefused) {
    const headers = { 'retry-after': String(error.retryAfterS) };
    const status = STATUS[error.code] ?? 503;
    return new HttpProblem(status, error.code, 'Not available now', error.message, { headers });
  }
  if (!(error instanceof ProtocolError)) return error;
  const status = STATUS[error.code] ?? 400;
  return new HttpProblem(status, error.code, 'Cannot be viewed by this offer', error.message);
}
