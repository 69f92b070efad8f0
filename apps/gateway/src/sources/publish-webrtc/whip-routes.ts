import { problem } from '@vedette/contract';
import { ProtocolError } from '@vedette/media';
import { refuseOffer, SDP_TYPE } from '@vedette/protocols';
import { z } from 'zod';
import type { HttpAccess } from '../../servers/http/http-access.ts';
import type { HttpApp, HttpRoutes } from '../../servers/http/http-app.ts';
import { HttpProblem } from '../../servers/http/problems.ts';
import {
  addEndpointOptions,
  addSessionResource,
  noSuchSession,
  refuse,
  sendAnswer,
  takeTexts,
  textOf,
  untilGone,
  type SessionParams,
} from '../../servers/http/session-resource.ts';
import { PublishingRefused } from './publishing-refused.ts';
import type { WhipService } from './whip-service.ts';

const ENDPOINT = '/live/:id/whip';
const RESOURCE = '/live/:id/whip/:session';

const endpointParams = z.object({ id: z.string() });

/** By code; of the rest, refusals are for now, and offers are bad. */
const STATUS: Readonly<Record<string, number>> = {
  ERR_CAMERA_NOT_FOUND: 404,
  ERR_NOT_A_PUBLISH_CAMERA: 409,
  ERR_PUBLISHER_BUSY: 409,
  ERR_PUBLISH_CODEC: 406,
  ERR_PUBLISH_NO_TRACKS: 406,
  ERR_WEBRTC_TRANSPORT: 503,
  ERR_WEBRTC_TOO_MANY: 429,
};
const RETRY_S = '2';

const POST_SCHEMA = {
  summary: 'Publish to a camera by WebRTC: WHIP',
  description:
    `Body and answer are ${SDP_TYPE}. 409 with ERR_NOT_A_PUBLISH_CAMERA: the camera has a source of its own; ` +
    'with ERR_PUBLISHER_BUSY: somebody publishes to it already.',
  tags: ['live'],
  params: endpointParams,
  response: {
    201: z.string(),
    400: problem,
    401: problem,
    403: problem,
    404: problem,
    406: problem,
    409: problem,
    415: problem,
    429: problem,
    503: problem,
  },
};

/** WHIP (RFC 9725): `POST` an offer to publish, get the answer and a session to `PATCH` and `DELETE`. */
export function whipRoutes(service: WhipService, access: HttpAccess): HttpRoutes {
  return async (app) => {
    await app.register(async (scope) => {
      await Promise.resolve();
      takeTexts(scope);
      addEndpoint(scope, service, access);
      addResource(scope, service);
    });
  };
}

function addEndpoint(app: HttpApp, service: WhipService, access: HttpAccess): void {
  addEndpointOptions(app, ENDPOINT, service.iceServers);
  app.post(ENDPOINT, { config: { access: 'door' }, schema: POST_SCHEMA }, async (request, reply) => {
    const { id } = request.params;
    const identity = await access.admit(request, { action: 'publish', cameraId: id, protocol: 'webrtc' });
    const { 'content-type': contentType, accept, 'user-agent': userAgent } = request.headers;
    refuse(refuseOffer({ contentType, accept }));
    try {
      const signal = untilGone(reply);
      const offer = textOf(request);
      const publication = await service.publish({
        cameraId: id,
        offer,
        peer: request.ip,
        userAgent,
        identity,
        signal,
      });
      const location = `/live/${encodeURIComponent(id)}/whip/${publication.key}`;
      return await sendAnswer(reply, { ...publication, location }, service.iceServers);
    } catch (error) {
      throw asProblem(error);
    }
  });
}

function addResource(app: HttpApp, service: WhipService): void {
  addSessionResource(app, {
    url: RESOURCE,
    summaries: { patch: 'Tell further ICE candidates of a publisher', delete: 'Stop publishing' },
    find: (params) => {
      const { publisher: peer, etag } = findSession(service, params);
      return { peer, etag };
    },
    endReason: 'the publisher ended it',
    asProblem,
  });
}

function findSession(
  service: WhipService,
  { id, session }: SessionParams,
): NonNullable<ReturnType<WhipService['find']>> {
  const found = service.find(id, session);
  if (found !== undefined) return found;
  throw noSuchSession();
}

function asProblem(error: unknown): unknown {
  if (error instanceof PublishingRefused) {
    const status = STATUS[error.code] ?? 503;
    const headers: Record<string, string> = status >= 429 ? { 'retry-after': RETRY_S } : {};
    return new HttpProblem(status, error.code, 'Cannot publish here now', error.message, { headers });
  }
  if (!(error instanceof ProtocolError)) return error;
  const status = STATUS[error.code] ?? 400;
  return new HttpProblem(status, error.code, 'Cannot publish by this offer', error.message);
}
