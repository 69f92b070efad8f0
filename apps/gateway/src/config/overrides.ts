import { cameraConfig } from '@vedette/contract';
import { coerce, configKeys, environmentName, keysOf, type ConfigKey } from './config-keys.ts';

/** A value that is not in the file: where it goes, and where it came from (for error messages). */
export interface Override {
  readonly path: readonly string[];
  readonly value: unknown;
  /** `VEDETTE_HTTP_PORT` or `--http.port`. */
  readonly origin: string;
}

/** Names that mean something to the start itself, or are read elsewhere; not keys of the configuration. */
const OTHER_NAMES: ReadonlySet<string> = new Set([
  'VEDETTE_CONFIG',
  'VEDETTE_READY_FILE',
  'VEDETTE_ADMIN_PASSWORD',
  'VEDETTE_SECRET_KEY_FILE',
  'VEDETTE_SHARED',
  'VEDETTE_GATEWAY',
]);

/** Names taken over from the systems that Vedette replaces. */
const INHERITED: Readonly<Record<string, ConfigKey>> = {
  ALLOWED_ORIGINS: { path: ['http', 'allowedOrigins'], kind: 'json' },
  VEDETTE_ACCESS: { path: ['access', 'mode'], kind: 'string' },
  DATABASE_URL: { path: ['databaseUrl'], kind: 'string' },
  REDIS_URL: { path: ['redisUrl'], kind: 'string' },
  STREAM_TOKEN_EXPIRES_MINUTES: { path: ['access', 'streamTokens', 'minutes'], kind: 'number' },
  MAX_TOKENS_PER_USER: { path: ['access', 'streamTokens', 'perUser'], kind: 'number' },
  MAX_TOKENS_PER_HOUR: { path: ['access', 'streamTokens', 'perHour'], kind: 'number' },
};

const byName = new Map(configKeys.map((key) => [environmentName(key.path), key]));
const cameraKeys = keysOf(cameraConfig).map((key) => ({
  ...key,
  suffix: environmentName(key.path).slice('VEDETTE'.length),
}));

function cameraOverride(name: string, text: string, declared: readonly string[]): Override | undefined {
  const prefix = 'VEDETTE_CAMERAS_';
  if (!name.startsWith(prefix)) return undefined;
  // The longest suffix first: a camera may be called "x_source".
  const key = cameraKeys
    .filter(({ suffix }) => name.endsWith(suffix) && name.length > prefix.length + suffix.length)
    .sort((a, b) => b.suffix.length - a.suffix.length)[0];
  if (key === undefined) return undefined;
  const upper = name.slice(prefix.length, -key.suffix.length);
  const id =
    declared.find((known) => known.toUpperCase().replaceAll('-', '_') === upper) ?? upper.toLowerCase();
  return { path: ['cameras', id, ...key.path], value: coerce(text, key.kind), origin: name };
}

/**
 * Overrides from the environment.
 *
 * @param declared ids of the cameras in the file: `VEDETTE_CAMERAS_FRONT_DOOR_SOURCE` finds
 * `front-door`; a name that fits none declares a camera in lower case.
 * @returns the overrides, and the names that begin like ours and fit nothing.
 */
export function environmentOverrides(
  environment: Readonly<Record<string, string | undefined>>,
  declared: readonly string[],
): { overrides: Override[]; unknown: string[] } {
  const overrides: Override[] = [];
  const unknown: string[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (text === undefined) continue;
    const key = byName.get(name) ?? INHERITED[name];
    if (key !== undefined) {
      overrides.push({ path: key.path, value: coerce(text, key.kind), origin: name });
      continue;
    }
    if (!name.startsWith('VEDETTE_') || OTHER_NAMES.has(name)) continue;
    const camera = cameraOverride(name, text, declared);
    if (camera === undefined) unknown.push(name);
    else overrides.push(camera);
  }
  return { overrides, unknown };
}

const byFlag = new Map<string, ConfigKey>([
  ...configKeys.map((key) => [key.path.join('.'), key] as const),
  ['access', { path: ['access', 'mode'], kind: 'string' }],
]);

/**
 * The override that the flag `--name value` stands for; `undefined` where there is no such key.
 * Booleans may stand alone (`--demo`, `--no-demo`).
 */
export function flagOverride(name: string, text: string | undefined): Override | undefined {
  const negated = name.startsWith('no-') ? byFlag.get(name.slice(3)) : undefined;
  if (negated?.kind === 'boolean' && text === undefined) {
    return { path: negated.path, value: false, origin: `--${name}` };
  }
  const key = byFlag.get(name);
  if (key === undefined) return undefined;
  const value = text === undefined ? (key.kind === 'boolean' ? true : '') : coerce(text, key.kind);
  return { path: key.path, value, origin: `--${name}` };
}

/** Whether `--name` takes no value of its own. */
export function isBooleanFlag(name: string): boolean {
  return (
    byFlag.get(name)?.kind === 'boolean' ||
    (name.startsWith('no-') && byFlag.get(name.slice(3))?.kind === 'boolean')
  );
}
