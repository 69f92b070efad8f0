import { config } from '@vedette/contract';
import type { z } from 'zod';

/** One settable key: its path, and how a string (from the environment or a flag) becomes its value. */
export interface ConfigKey {
  readonly path: readonly string[];
  readonly kind: 'string' | 'number' | 'boolean' | 'json';
}

interface Introspected {
  readonly type: string;
  readonly innerType?: z.core.$ZodType;
  /** Of what is transformed: what is written. */
  readonly in?: z.core.$ZodType;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
}

function definition(schema: z.core.$ZodType): Introspected {
  return schema._zod.def;
}

/** Walks `schema` down to its leaves, through defaults and optionals. */
export function keysOf(schema: z.core.$ZodType, path: readonly string[] = []): ConfigKey[] {
  const { type, innerType, in: input, shape } = definition(schema);
  if (innerType !== undefined) return keysOf(innerType, path);
  if (input !== undefined) return keysOf(input, path);
  if (shape !== undefined) {
    return Object.entries(shape).flatMap(([key, child]) => keysOf(child, [...path, key]));
  }
  switch (type) {
    case 'number':
    case 'boolean':
      return [{ path, kind: type }];
    case 'array':
    case 'record':
      return [{ path, kind: 'json' }];
    default:
      return [{ path, kind: 'string' }];
  }
}

/** Every key of the configuration but the cameras' own, which hang below names that users choose. */
export const configKeys: readonly ConfigKey[] = [
  ...keysOf(config).filter(({ path }) => path[0] !== 'cameras'),
  { path: ['cameras', 'autoCreate'], kind: 'boolean' },
];

/** `webrtc.playoutDelayMinMs` is `VEDETTE_WEBRTC_PLAYOUT_DELAY_MIN_MS`. */
export function environmentName(path: readonly string[]): string {
  const words = path.map((part) => part.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').replaceAll('-', '_'));
  return `VEDETTE_${words.join('_').toUpperCase()}`;
}

/** The value that `text` stands for; text that does not fit is left as it is, for the schema to refuse by name. */
export function coerce(text: string, kind: ConfigKey['kind']): unknown {
  switch (kind) {
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
    case 'boolean':
      if (/^(1|true|yes|on)$/i.test(text)) return true;
      return /^(0|false|no|off)$/i.test(text) ? false : text;
    case 'json':
      if (!/^[[{]/.test(text.trim()))
        return text
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== '');
      try {
        return JSON.parse(text) as unknown;
      } catch {
        return text;
      }
    case 'string':
      return text;
  }
}
