import { problem } from '@vedette/contract';
import { ProtocolError } from '@vedette/media';
import {
  ICE_FRAGMENT_TYPE,
  iceServerLinks,
  parseIceFragment,
  refuseFragment,
  refuseOffer,
  SDP_TYPE,
} from '@vedette/protocols';
import { z } from 'zod';
import type { HttpApp, HttpRoutes } from '../../servers/http/http-server.ts';
import { HttpProblem } from '../../servers/http/problems.ts';
import {
  refuse,
  refuseOtherMethods,
  takeTexts,
  textOf,
  untilGone,
} from '../../servers/http/session-resource.ts';
import { PublishingRefused } from './publishing-refused.ts';
import type { WhipService } from './whip-service.ts';

const ENDPOINT = '/live/:id/whip';
const RESOURCE = '/live/:id/whip/:session';

const endpointParams = z.object({ id: z.string() });
const resourceParams = z.object({ id: z.string(), session: z.string() });

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
    404: problem,
    406: problem,
    409: problem,
    415: problem,
    503: problem,
  },
};

/** WHIP (RFC 9725): `POST` an offer to publish, get the answer and a session to `PATCH` and `DELETE`. */
export function whipRoutes(service: WhipService): HttpRoutes {
  return async (app) => {
    await app.register(async (scope) => {
      await Promise.resolve();
      takeTexts(scope);
      addEndpoint(scope, service);
      addResource(scope, service);
    });
  };
}

function addEndpoint(app: HttpApp, service: WhipService): void {
  const links = iceServerLinks(service.iceServers);
  const linkHeader = links === undefined ? {} : { link: links };
  app.options(ENDPOINT, { schema: { hide: true } }, (_request, reply) =>
    reply
      .code(204)
      .headers({ allow: 'OPTIONS, POST', 'accept-post': SDP_TYPE, ...linkHeader })
      .send(),
  );
  app.post(ENDPOINT, { schema: POST_SCHEMA }, async (request, reply) => {
    const { id } = request.params;
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
        signal,
      });
      return await reply
        .code(201)
        .headers({
          location: `/live/${encodeURIComponent(id)}/whip/${publication.id}`,
          etag: publication.etag,
          'accept-patch': ICE_FRAGMENT_TYPE,
          ...linkHeader,
        })
        .type(SDP_TYPE)
        .serializer(String)
        .send(publication.answer);
    } catch (error) {
      throw asProblem(error);
    }
  });
  refuseOtherMethods(app, ENDPOINT, 'OPTIONS, POST', ['GET', 'PUT', 'PATCH', 'DELETE']);
}

function addResource(app: HttpApp, service: WhipService): void {
  app.patch(
    RESOURCE,
    {
      schema: {
        summary: 'Tell further ICE candidates of a publisher',
        tags: ['live'],
        params: resourceParams,
        response: { 204: z.null(), 400: problem, 404: problem, 412: problem, 415: problem, 422: problem },
      },
    },
    async (request, reply) => {
      const { publisher, etag } = findSession(service, request.params);
      const { 'content-type': contentType, 'if-match': ifMatch } = request.headers;
      refuse(refuseFragment({ contentType, ifMatch, etag }));
      try {
        const { ufrag, candidates } = parseIceFragment(textOf(request));
        if (ufrag !== undefined && ufrag !== publisher.offer.ice.ufrag) refuse(422);
        publisher.addCandidates(candidates);
      } catch (error) {
        throw asProblem(error);
      }
      return reply.code(204).send(null);
    },
  );
  app.delete(
    RESOURCE,
    {
      schema: {
        summary: 'Stop publishing',
        tags: ['live'],
        params: resourceParams,
        response: { 200: z.null(), 404: problem },
      },
    },
    async (request, reply) => {
      findSession(service, request.params).publisher.close('the publisher ended it');
      return reply.code(200).send(null);
    },
  );
  refuseOtherMethods(app, RESOURCE, 'DELETE, PATCH', ['GET', 'PUT', 'POST']);
}

function findSession(
  service: WhipService,
  { id, session }: z.infer<typeof resourceParams>,
): NonNullable<ReturnType<WhipService['find']>> {
  const found = service.find(id, session);
  if (found !== undefined) return found;
  throw new HttpProblem(404, 'ERR_SESSION_NOT_FOUND', 'No such session', 'It may have ended already.');
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
