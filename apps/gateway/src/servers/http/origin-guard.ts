import type { onRequestAsyncHookHandler } from 'fastify';
import type { HttpAccess } from './http-access.ts';
import { HttpProblem } from './problems.ts';

const EXPOSED_HEADERS = 'Location, ETag, Link, Retry-After';
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Host names under which a listener on loopback may be addressed. */
function isLocalName(host: string): boolean {
  return (
    host === 'localhost' ||
    host === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(host) ||
    host.endsWith('.localhost')
  );
}

/** Host and port that a page came from, where its origin is one that may use us. */
export function isAllowedOrigin(
  origin: string,
  host: string | undefined,
  allowed: readonly string[],
): boolean {
  if (allowed.includes(origin) || allowed.includes('*')) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

/**
 * Whether the `Host` header may be this. Where nobody has to log in it must name this machine: a page elsewhere
 * could otherwise point its own name at 127.0.0.1 and read cameras (DNS rebinding).
 */
export function isAllowedHost(host: string | undefined, { isOpen }: Pick<HttpAccess, 'isOpen'>): boolean {
  if (host === undefined || !isOpen) return true;
  return isLocalName(host.replace(/:\d+$/, '').toLowerCase());
}

/**
 * Cross-origin rules for every route: pages of other sites get nothing unless their origin is in
 * `ALLOWED_ORIGINS`; those that are get CORS headers and answered preflights. Cookies they may never send
 * (no `Access-Control-Allow-Credentials`): their pages show a token.
 */
export function originGuard(allowed: readonly string[], access: HttpAccess): onRequestAsyncHookHandler {
  return async (request, reply) => {
    const { origin } = request.headers;
    const { host } = access.seen(request.raw);
    if (!isAllowedHost(host, access)) {
      throw new HttpProblem(421, 'ERR_HOST', 'Unknown host', 'This server answers to localhost only.');
    }
    if (origin === undefined) return;
    if (!isAllowedOrigin(origin, host, allowed)) {
      if (SAFE_METHODS.has(request.method)) return; // without CORS headers the page can't read the answer
      throw new HttpProblem(
        403,
        'ERR_ORIGIN',
        'Origin not allowed',
        `${origin.slice(0, 200)} is not in ALLOWED_ORIGINS.`,
      );
    }
    reply.headers({
      'access-control-allow-origin': origin,
      'access-control-expose-headers': EXPOSED_HEADERS,
      // Media is made to be shown by other sites, where their origin is allowed.
      'cross-origin-resource-policy': 'cross-origin',
      vary: 'Origin',
    });
    if (request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined) {
      await reply
        .code(204)
        .headers({
          'access-control-allow-methods': 'GET, POST, PATCH, PUT, DELETE',
          'access-control-allow-headers': 'Authorization, Content-Type, If-Match, If-None-Match, Range',
          'access-control-max-age': '600',
        })
        .send();
    }
  };
}
