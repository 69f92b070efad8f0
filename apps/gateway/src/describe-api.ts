import { config } from '@vedette/contract';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildParts } from './build-parts.ts';
import { openAccess } from './open-access.ts';
import { addRoutes } from './routes.ts';
import { silentLogger } from './observability/logger.ts';

/** Its routes are there only where it is configured. */
const OIDC = { issuer: 'https://accounts.example.org', clientId: 'vedette', clientSecret: 'secret' };

/** The OpenAPI document, from the routes themselves; starts nothing. */
export async function describeApi(): Promise<object> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'vedette-api-'));
  const everything = config.parse({ dataDir, access: { oidc: OIDC } });
  const access = await openAccess(everything, silentLogger);
  try {
    const parts = buildParts(everything, silentLogger, access);
    await addRoutes(parts);
    await parts.http.app.ready();
    const document = parts.http.app.swagger();
    await parts.http.close();
    return document;
  } finally {
    await access.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
