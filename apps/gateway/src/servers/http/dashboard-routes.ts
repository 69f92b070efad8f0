import fastifyStatic, { type FastifyStaticOptions } from '@fastify/static';
import { cameraId } from '@vedette/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { statingAccess } from './access-hook.ts';
import type { HttpAccess } from './http-access.ts';
import type { HttpRoutes } from './http-app.ts';
import { HttpProblem } from './problems.ts';

/** Paths that never mean a page: an unknown one below them is a 404, not the dashboard. */
const NOT_PAGES = /^\/(?:api|socket\.io|assets|healthz|readyz|metrics)(?:\/|$)/;
const LIVE_PAGE = /^\/live\/([^/]+)\/?$/;

function filesOf(folder: string): FastifyStaticOptions {
  return {
    root: folder,
    // The page itself is answered below: what goes with it depends on who asks.
    index: false,
    wildcard: true,
    preCompressed: true,
    setHeaders: (reply, file) => {
      const isHashed = file.includes(`${path.sep}assets${path.sep}`);
      reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  };
}

/** Pages of those who are not known yet. */
const STRANGERS_PAGES = /^\/(?:login|share)\/?$/;
/** What every page asks for first: known before the page's script is there. */
const PRELOAD = '</api/v1/cameras?limit=1000>; rel=preload; as=fetch; crossorigin';

/**
 * Answers with the page. Whoever is not known is led to the login page, but for frames of other sites and addresses
 * with a token of their own: these say themselves what is missing.
 */
async function sendPage(
  access: HttpAccess,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { pathname, search, searchParams } = new URL(request.url, 'http://localhost');
  void reply.header('cache-control', 'no-cache');
  if (STRANGERS_PAGES.test(pathname)) return reply.sendFile('index.html');
  const { credentials } = access.shown(request.raw);
  const answer = await access.whose(credentials, access.peer(request.raw));
  // The browser's own request for it would carry cookies alone.
  if (searchParams.has('token')) return reply.sendFile('index.html');
  if (answer.ok) return reply.header('link', PRELOAD).sendFile('index.html');
  if (searchParams.has('embed')) return reply.sendFile('index.html');
  const next = pathname === '/' && search === '' ? '' : `?next=${encodeURIComponent(pathname + search)}`;
  return reply.redirect(`/login${next}`);
}

/**
 * The built dashboard, from `folder`: hashed assets are kept by browsers for good, the page never.
 * Every page's address answers with the same document; the router in it does the rest.
 */
export function dashboardRoutes(folder: string, access: HttpAccess): HttpRoutes {
  return async (app) => {
    const isBuilt = existsSync(path.join(folder, 'index.html'));
    // The page that one logs in with, and what belongs to it: nothing of a camera is in there.
    if (isBuilt) await statingAccess(app, 'public', () => app.register(fastifyStatic, filesOf(folder)));
    app.setNotFoundHandler(async (request, reply) => {
      const url = request.url.replace(/\?.*$/s, '');
      const live = LIVE_PAGE.exec(url);
      const isPage =
        (request.method === 'GET' || request.method === 'HEAD') &&
        !NOT_PAGES.test(url) &&
        (live !== null ? cameraId.safeParse(live[1]).success : !url.startsWith('/live/'));
      if (!isPage)
        throw new HttpProblem(404, 'ERR_NOT_FOUND', 'Not found', `There is nothing at ${url.slice(0, 200)}.`);
      if (!isBuilt) {
        throw new HttpProblem(
          503,
          'ERR_NO_DASHBOARD',
          'No dashboard',
          'The dashboard is not built; run "npm start" once.',
        );
      }
      return sendPage(access, request, reply);
    });
  };
}
