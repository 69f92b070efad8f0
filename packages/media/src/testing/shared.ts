import { existsSync } from 'node:fs';
import path from 'node:path';

const root = process.env['VEDETTE_SHARED'] ?? path.resolve(import.meta.dirname, '../../../../../shared');

/**
 * Path of a file or folder of the shared test data (footage, models, vectors), which lies beside a
 * developer's checkout and is not part of the project.
 *
 * @returns `undefined` where the data is missing; the caller's test says so and runs the rest.
 */
export function sharedPath(...parts: string[]): string | undefined {
  const found = path.join(root, ...parts);
  return existsSync(found) ? found : undefined;
}
