import swagger from '@fastify/swagger';
import scalar from '@scalar/fastify-api-reference';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { statingAccess } from '../servers/http/access-hook.ts';
import type { HttpApp } from '../servers/http/http-server.ts';

/** The reference page brings inline code of its own; nothing else does, and nothing else may. */
const REFERENCE_PAGE_POLICY =
  "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:";

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
  app.addHook('onSend', async (request, reply) => {
    if (request.url.startsWith('/api/docs')) reply.header('content-security-policy', REFERENCE_PAGE_POLICY);
    return Promise.resolve();
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
