import { createHash } from 'node:crypto';
import swagger from '@fastify/swagger';
import scalar from '@scalar/fastify-api-reference';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { statingAccess } from '../servers/http/access-hook.ts';
import type { HttpApp } from '../servers/http/http-app.ts';

const INLINE_SCRIPT = /<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g;

/**
 * The reference page brings a line of code in itself, that is named by its hash, and styles that it writes as it runs;
 * nothing else does, and nothing else may.
 */
function referencePagePolicy(page: unknown): string {
  const scripts = typeof page === 'string' ? [...page.matchAll(INLINE_SCRIPT)] : [];
  const hashes = scripts.map(
    ([, code = '']) => `'sha256-${createHash('sha256').update(code).digest('base64')}'`,
  );
  const rules = [
    `script-src ${["'self'", ...hashes].join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "frame-ancestors 'self'",
  ];
  return `default-src 'self'; ${rules.join('; ')}`;
}

/**
 * `/api/openapi.json` and, to browse it, `/api/docs`. Register before the routes that it describes.
 */
export async function registerOpenApi(app: HttpApp, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Vedette',
        version,
        description: 'Live video from cameras. Errors are problem details (RFC 9457) with a stable `code`.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  app.get('/api/openapi.json', { config: { access: 'known' }, schema: { hide: true } }, () => app.swagger());
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.url.startsWith('/api/docs'))
      reply.header('content-security-policy', referencePagePolicy(payload));
    return Promise.resolve(payload);
  });
  await statingAccess(app, 'known', () =>
    app.register(scalar, {
      routePrefix: '/api/docs',
      configuration: {
        url: '/api/openapi.json',
        withDefaultFonts: false,
        telemetry: false,
        agent: { disabled: true },
      },
    }),
  );
}
