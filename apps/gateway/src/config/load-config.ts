import { config as schema, secretKeys, type Config } from '@vedette/contract';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseDocument } from 'yaml';
import { configKeys } from './config-keys.ts';
import { environmentOverrides, type Override } from './overrides.ts';
import { resolveFileAddress } from './resolve-file-address.ts';

/** The configuration can't be used; `message` names each key, its value and what is allowed, a line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export interface ConfigSources {
  /** Path of the YAML file; one that was not asked for by name may be missing. */
  readonly file: string;
  readonly isFileRequired: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** From the command line; they win over everything. */
  readonly flags: readonly Override[];
}

export interface LoadedConfig {
  readonly config: Config;
  /** What was ignored, a sentence each. */
  readonly warnings: readonly string[];
}

const MAX_FILE_BYTES = 4 * 1024 * 1024;

type Tree = Record<string, unknown>;

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readTree({ file, isFileRequired }: ConfigSources): Tree {
  if (!existsSync(file)) {
    if (isFileRequired) throw new ConfigError(`${file}: no such file`);
    return {};
  }
  const text = readFileSync(file, 'utf8');
  if (text.length > MAX_FILE_BYTES) throw new ConfigError(`${file}: larger than ${MAX_FILE_BYTES} bytes`);
  const document = parseDocument(text, { prettyErrors: true });
  const fault = document.errors[0];
  if (fault !== undefined) {
    // The first line alone: what follows quotes the file, which may hold passwords.
    throw new ConfigError(`${file}: ${fault.message.split('\n')[0] ?? 'not YAML'}`);
  }
  const tree: unknown = document.toJS({ maxAliasCount: 100 });
  if (tree === null || tree === undefined) return {};
  if (!isTree(tree)) throw new ConfigError(`${file}: must hold keys and values, like "demo: true"`);
  // The word alone is the mode.
  if (typeof tree['access'] === 'string') tree['access'] = { mode: tree['access'] };
  return tree;
}

function place(tree: Tree, { path, value, origin }: Override): void {
  let node = tree;
  for (const part of path.slice(0, -1)) {
    const child = node[part];
    if (isTree(child)) node = child;
    else if (child === undefined || child === null) node = node[part] = {};
    else throw new ConfigError(`${origin}: "${part}" is no group of keys in the file`);
  }
  const last = path.at(-1);
  if (last !== undefined) node[last] = value;
}

/** How many letters apart two short names are; enough to guess what was meant. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function suggestion(name: string, among: readonly string[]): string {
  const best = among.map((known) => ({ known, far: distance(name, known) })).sort((a, b) => a.far - b.far)[0];
  return best !== undefined && best.far <= 3 ? `; did you mean "${best.known}"?` : '';
}

function valueAt(tree: unknown, path: readonly PropertyKey[]): unknown {
  let node = tree;
  for (const part of path)
    node = isTree(node) || Array.isArray(node) ? (node as Tree)[String(part)] : undefined;
  return node;
}

function shown(path: readonly PropertyKey[], value: unknown): string {
  if (value === undefined) return '';
  // An entry of a list is as secret as the list.
  const key = path.findLast((part) => typeof part === 'string');
  if (secretKeys.has(String(key))) return ' (value not shown)';
  return ` (got ${JSON.stringify(value).slice(0, 120)})`;
}

function explain(
  tree: Tree,
  overrides: readonly Override[],
  issues: NonNullable<ReturnType<typeof schema.safeParse>['error']>['issues'],
): string {
  const known = [...new Set(configKeys.flatMap(({ path }) => path))];
  const lines = issues.flatMap((issue) => {
    const where = issue.path.join('.');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map(
        (key) => `unknown key "${[...issue.path, key].join('.')}"${suggestion(key, known)}`,
      );
    }
    const origin = overrides.find(({ path }) => path.join('.') === where)?.origin;
    const message = issue.message.replace(
      /^Invalid input: expected (\w+), received (\w+)$/,
      'must be a $1, not a $2',
    );
    return [
      `${origin === undefined ? where : `${where} (${origin})`}: ${message}${shown(issue.path, valueAt(tree, issue.path))}`,
    ];
  });
  return lines.join('\n');
}

/** Paths of file cameras are relative to the file's folder, and not to where the program happens to be started. */
function resolveFiles({ cameras }: Config, folder: string): void {
  for (const camera of Object.values(cameras.byId)) {
    if (camera.source.startsWith('file:')) camera.source = resolveFileAddress(camera.source, folder);
  }
}

/**
 * Reads the whole configuration: flags over environment over file over defaults.
 *
 * @throws {ConfigError} the file is missing or not YAML, a key is unknown, a value is not allowed.
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const tree = readTree(sources);
  const declared = isTree(tree['cameras']) ? Object.keys(tree['cameras']) : [];
  const { overrides, unknown } = environmentOverrides(sources.environment, declared);
  const all = [...overrides, ...sources.flags];
  for (const override of all) place(tree, override);
  const result = schema.safeParse(tree);
  if (!result.success) throw new ConfigError(explain(tree, all, result.error.issues));
  resolveFiles(result.data, path.dirname(path.resolve(sources.file)));
  // Not an error: orchestrators add names of their own (Kubernetes' VEDETTE_SERVICE_HOST, say).
  const warnings = unknown.map((name) => `environment variable ${name} is no configuration key`);
  return { config: result.data, warnings };
}
