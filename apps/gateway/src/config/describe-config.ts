import { cameraConfig, config, pushConfig } from '@vedette/contract';
import { z } from 'zod';
import { environmentName } from './config-keys.ts';

interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

/** Larger than any bound that was meant: zod writes the range of safe integers where none was given. */
const UNBOUNDED = 2 ** 50;

function allowed({ type, enum: values, minimum, maximum }: JsonSchema): string {
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(', ');
  const isBounded = minimum !== undefined && maximum !== undefined && Math.abs(maximum) < UNBOUNDED;
  if (isBounded) return `${minimum} to ${maximum}`;
  return type === 'array' ? 'list' : (type ?? '');
}

function rows(schema: JsonSchema, path: readonly string[]): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    const here = [...path, key];
    if (child.properties !== undefined) return rows(child, here);
    const fallback = child.default === undefined ? '' : `\`${JSON.stringify(child.default)}\``;
    return [`| \`${here.join('.')}\` | ${allowed(child)} | ${fallback} | ${child.description ?? ''} |`];
  });
}

function table(schema: z.ZodType): string {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  return ['| key | allowed | default | |', '|---|---|---|---|', ...rows(json, [])].join('\n');
}

/** The page of the documentation that lists every key, from the schema itself. */
export function describeConfig(): string {
  return `<!-- Written by scripts/documents.ts from the schema: change that. -->

# Configuration

\`vedette.yml\` in the folder where Vedette is started, or \`--config FILE\`. Every key can also be an environment variable
or a flag: \`webrtc.port\` is \`${environmentName(['webrtc', 'port'])}\` and \`--webrtc.port\`. Flags win over environment over file over
default. Unknown keys and bad values stop the start with the key, the value and what is allowed.

\`cameras\` is read again when the file changes and on \`SIGHUP\`; a change of anything else is named in the log and takes
effect at the next start. \`ALLOWED_ORIGINS\` is another name of \`http.allowedOrigins\`.

${table(config)}

## A camera

Below \`cameras\`, by its id. \`VEDETTE_CAMERAS_GATE_SOURCE\` sets \`source\` of \`gate\`.

${table(cameraConfig)}

## A push

An entry of a camera's \`push\`: see [Pushing](push.md).

${table(pushConfig)}
`;
}
