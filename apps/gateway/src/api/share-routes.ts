import type { CookieSerializeOptions } from '@fastify/cookie';
import {
  createdShareLink,
  newShareLink,
  openedShareLink,
  openShareLink,
  problem,
  SHARE_COOKIE,
  type ShareLink,
  shareLinkPage,
} from '@vedette/contract';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Rights } from '../access/rights.ts';
import type { ShareLinkRecord, ShareLinks } from '../access/tokens/share-links.ts';
import type { CameraDirectory } from '../cameras/directory.ts';
import type { HttpApp, HttpRoutes } from '../servers/http/http-app.ts';
import { cameraNotFound, HttpProblem } from '../servers/http/problems.ts';
import { askerOf, isoTime, LENDING_PROBLEMS, lendingProblem, mayManage, peerOf } from './lending-request.ts';
import { byCreation, page, pageQuery } from './page.ts';

export interface ShareRoutesDependencies {
  readonly links: ShareLinks;
  readonly cameras: Pick<CameraDirectory, 'find'>;
  readonly rights: Pick<Rights, 'decide'>;
  /** What people call the user or the API key of this id. */
  readonly nameOf: (userId: string) => string | undefined;
}

const LIST = '/api/v1/share-links';
/** Of the dashboard; what is behind `#` browsers tell to no server, and in no Referer. */
const PAGE = '/share';
const TAGS = ['share links'];

/** `/api/v1/share-links`: pages of one camera for whoever has the link. */
export function shareRoutes(dependencies: ShareRoutesDependencies): HttpRoutes {
  return async (app) => {
    await Promise.resolve();
    addList(app, dependencies);
    addCreation(app, dependencies);
    addEnd(app, dependencies);
    addOpening(app, dependencies);
  };
}

function addList(app: HttpApp, dependencies: ShareRoutesDependencies): void {
  const { links, rights } = dependencies;
  app.get(
    LIST,
    {
      config: { access: 'known' },
      schema: {
        summary: 'Share links',
        description:
          'Those that one made oneself, also where they ended within 30 days; all of them for who manages users.',
        tags: TAGS,
        querystring: pageQuery,
        response: { 200: shareLinkPage, 401: problem },
      },
    },
    ({ identity, query }) => {
      const shown = links
        .list()
        .filter((record) => mayManage(rights, identity, record))
        .map((record) => linkJson(record, dependencies));
      return page(shown, byCreation, query);
    },
  );
}

function addCreation(app: HttpApp, dependencies: ShareRoutesDependencies): void {
  const { links, cameras } = dependencies;
  app.post(
    LIST,
    {
      config: { access: 'known' },
      schema: {
        summary: 'Make a share link',
        description: 'It shows one camera to whoever has it, and can do nothing that its maker cannot do.',
        tags: TAGS,
        body: newShareLink,
        response: {
          201: createdShareLink,
          ...LENDING_PROBLEMS,
        },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const asker = askerOf(request);
      const isThere = cameras.find(body.cameraId) !== undefined;
      const made = isThere ? await links.create(asker, body) : undefined;
      if (made === undefined) throw cameraNotFound(body.cameraId);
      if (!made.ok) throw lendingProblem(made, request, body.cameraId);
      const { record, secret } = made;
      return reply
        .code(201)
        .headers({ 'cache-control': 'no-store', location: `${LIST}/${record.id}` })
        .send({
          ...linkJson(record, dependencies),
          secret,
          url: `${request.protocol}://${request.host}${PAGE}#${secret}`,
        });
    },
  );
}

function addEnd(app: HttpApp, { links, rights }: ShareRoutesDependencies): void {
  app.delete(
    `${LIST}/:id`,
    {
      config: { access: 'known' },
      schema: {
        summary: 'Take a share link back',
        description: 'Whoever watches by it is cut off within a second.',
        tags: TAGS,
        params: z.object({ id: z.string().max(64) }),
        response: { 204: z.null(), 401: problem, 404: problem },
      },
    },
    async (request, reply) => {
      const record = links.get(request.params.id);
      const isTheirs = record !== undefined && mayManage(rights, request.identity, record);
      if (!isTheirs || !(await links.revoke(askerOf(request), record.id))) throw linkNotFound();
      return reply.code(204).send(null);
    },
  );
}

function addOpening(app: HttpApp, { links }: ShareRoutesDependencies): void {
  app.post(
    `${LIST}/open`,
    {
      config: { access: 'public' },
      schema: {
        summary: 'Open a share link',
        description:
          'Changes the secret of the link, which came to the page in the fragment of its address, for a cookie that ' +
          'is sent with what belongs to its camera only. 401 ERR_SHARE_LINK_PASSWORD: ask for the password.',
        tags: TAGS,
        body: openShareLink,
        response: { 200: openedShareLink, 400: problem, 401: problem, 404: problem, 429: problem },
      },
    },
    async (request, reply) => {
      const { secret, password } = request.body;
      const opened = await links.openLink(secret, password, peerOf(request));
      if (!opened.ok) throw lendingProblem(opened, request);
      const { record, token, tokenExpiresAtMs } = opened;
      for (const path of cookiePaths(record.cameraId))
        void reply.setCookie(SHARE_COOKIE, token, cookieOptions(request, path, tokenExpiresAtMs));
      return reply.header('cache-control', 'no-store').send({
        id: record.id,
        cameraId: record.cameraId,
        actions: [...record.actions],
        expiresAt: isoTime(record.expiresAtMs),
        token,
        tokenExpiresAt: isoTime(tokenExpiresAtMs),
      });
    },
  );
}

/** One link's cookie does not replace another's, and none travels with what it cannot open. */
function cookiePaths(cameraId: string): string[] {
  return [`/live/${cameraId}`, `/recordings/${cameraId}`, `/api/v1/cameras/${cameraId}`];
}

function cookieOptions(
  { protocol }: FastifyRequest,
  path: string,
  expiresAtMs: number,
): CookieSerializeOptions {
  return {
    path,
    httpOnly: true,
    sameSite: 'lax',
    secure: protocol === 'https',
    expires: new Date(expiresAtMs),
  };
}

function linkNotFound(): HttpProblem {
  return new HttpProblem(
    404,
    'ERR_SHARE_LINK_NOT_FOUND',
    'No such share link',
    'The link is wrong, has ended, or was taken back.',
  );
}

function linkJson(record: ShareLinkRecord, { links, nameOf }: ShareRoutesDependencies): ShareLink {
  return {
    id: record.id,
    cameraId: record.cameraId,
    name: record.name,
    actions: [...record.actions],
    hasPassword: record.passwordHash !== undefined,
    createdBy: nameOf(record.userId) ?? 'unknown',
    createdAt: isoTime(record.createdAtMs),
    expiresAt: isoTime(record.expiresAtMs),
    state: links.stateOf(record),
    views: record.views,
  };
}
