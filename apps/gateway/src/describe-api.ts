import { config } from '@vedette/contract';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DescribedRoute } from './access/people/describe-permissions.ts';
import { buildParts } from './build-parts.ts';
import { openAccess } from './open-access.ts';
import { addRoutes } from './routes.ts';
import { silentLogger } from './observability/logger.ts';

/** Its routes are there only where it is configured. */
const OIDC = { issuer: 'https://accounts.example.org', clientId: 'vedette', clientSecret: 'secret' };

/** The OpenAPI document and the routes that it describes, from the routes themselves; starts nothing. */
export async function describeApi(): Promise<{ document: object; routes: DescribedRoute[] }> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'vedette-api-'));
  const everything = config.parse({ dataDir, access: { oidc: OIDC } });
  const access = await openAccess(everything, silentLogger);
  try {
    const parts = buildParts(everything, silentLogger, access);
    const routes: DescribedRoute[] = [];
    parts.http.app.addHook('onRoute', ({ method, url, config: { access: stated } = {}, schema }) => {
      // What serves the dashboard's files, and what Fastify adds to them (HEAD), is no part of the API.
      if (stated === undefined || schema === undefined || 'hide' in schema) return;
      for (const one of [method].flat()) routes.push({ method: one, url, access: stated });
    });
    await addRoutes(parts);
    await parts.http.app.ready();
    const document = parts.http.app.swagger();
    await parts.http.close();
    return { document, routes: routes.filter(({ method }) => method !== 'HEAD') };
  } finally {
    await access.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
