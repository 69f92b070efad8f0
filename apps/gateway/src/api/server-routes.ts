import { serverInfo, type ServerInfo } from '@vedette/contract';
import type { HttpRoutes } from '../servers/http/http-app.ts';

/** `/api/v1/server`: what a page needs to know of the gateway. */
export function serverRoutes(info: () => ServerInfo): HttpRoutes {
  return async (app) => {
    await Promise.resolve();
    app.get(
      '/api/v1/server',
      {
        config: { access: 'known' },
        schema: {
          summary: 'About this gateway',
          tags: ['server'],
          response: { 200: serverInfo },
        },
      },
      () => info(),
    );
  };
}
