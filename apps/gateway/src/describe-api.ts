import { config } from '@vedette/contract';
import { buildParts } from './build-parts.ts';
import { addRoutes } from './routes.ts';
import { silentLogger } from './observability/logger.ts';

/** The OpenAPI document, from the routes themselves; starts nothing. */
export async function describeApi(): Promise<object> {
  const parts = buildParts(config.parse({}), silentLogger);
  await addRoutes(parts);
  await parts.http.app.ready();
  const document = parts.http.app.swagger();
  await parts.http.close();
  return document;
}
