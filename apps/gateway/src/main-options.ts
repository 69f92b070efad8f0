import { flagOverride, isBooleanFlag, type Override } from './config/overrides.ts';

/** What the command line says of the configuration. */
export interface ConfigFlags {
  readonly configFile: string | undefined;
  readonly overrides: readonly Override[];
}

/** What the command line asks for. */
export type MainOptions =
  | { readonly command: 'help' | 'version' }
  | { readonly command: 'check-source'; readonly args: readonly string[] }
  | (ConfigFlags & { readonly command: 'reset-password'; readonly name: string })
  | (ConfigFlags & { readonly command: 'verify-audit' })
  | (ConfigFlags & { readonly command: 'backup'; readonly file: string })
  | (ConfigFlags & {
      readonly command: 'start';
      readonly readyFile: string | undefined;
    });

/** The command line can't be understood; `message` says which word. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const USAGE = `Usage: vedette [start] [flags]        start the gateway
       vedette check-source URL       look at a camera before adding it
       vedette reset-password NAME    give a user a new password, shown here
       vedette verify-audit           whether the audit log is what was written
       vedette backup FILE            copy the database, also while the gateway runs
       vedette --version | --help

  --config FILE       configuration (default: vedette.yml, where there is one)
  --ready-file FILE   write the bound addresses here once everything listens
  --no-demo           without the demo camera
  --KEY VALUE         any configuration key, e.g. --http.port 9000
`;

interface Flag {
  readonly name: string;
  readonly value: string | undefined;
}

function* flagsOf(args: readonly string[]): Generator<Flag> {
  for (let index = 0; index < args.length; index += 1) {
    const word = args[index] ?? '';
    if (!word.startsWith('--')) throw new UsageError(`"${word}" is no flag`);
    const equals = word.indexOf('=');
    if (equals > 0) {
      yield { name: word.slice(2, equals), value: word.slice(equals + 1) };
      continue;
    }
    const name = word.slice(2);
    const next = args[index + 1];
    const isAlone = isBooleanFlag(name) && next !== 'true' && next !== 'false';
    if (isAlone) {
      yield { name, value: undefined };
      continue;
    }
    index += 1;
    if (next === undefined) throw new UsageError(`--${name} needs a value`);
    yield { name, value: next };
  }
}

/**
 * Reads the command line (without node and the script).
 *
 * @throws {UsageError} an unknown flag or command, or a flag without its value.
 */
export function parseArguments(args: readonly string[]): MainOptions {
  const [first] = args;
  if (args.includes('--help') || args.includes('-h') || first === 'help') return { command: 'help' };
  if (args.includes('--version') || first === 'version') return { command: 'version' };
  if (first === 'check-source') return { command: 'check-source', args: args.slice(1) };
  if (first === 'reset-password') return parseResetPassword(args.slice(1));
  if (first === 'verify-audit') {
    const { configFile, overrides } = parseFlags(args.slice(1));
    return { command: 'verify-audit', configFile, overrides };
  }
  if (first === 'backup') return parseBackup(args.slice(1));
  return { command: 'start', ...parseFlags(first === 'start' ? args.slice(1) : args) };
}

function parseResetPassword([name, ...flags]: readonly string[]): MainOptions {
  if (name === undefined || name.startsWith('-'))
    throw new UsageError('reset-password needs the name of a user');
  const { readyFile, ...configFlags } = parseFlags(flags);
  if (readyFile !== undefined) throw new UsageError('reset-password takes no --ready-file');
  return { command: 'reset-password', name, ...configFlags };
}

function parseBackup([file, ...flags]: readonly string[]): MainOptions {
  if (file === undefined || file.startsWith('-')) throw new UsageError('backup needs the name of a file');
  const { configFile, overrides } = parseFlags(flags);
  return { command: 'backup', file, configFile, overrides };
}

function parseFlags(args: readonly string[]): ConfigFlags & { readonly readyFile: string | undefined } {
  let configFile: string | undefined;
  let readyFile: string | undefined;
  const overrides: Override[] = [];
  for (const { name, value } of flagsOf(args)) {
    if (name === 'config') configFile = value;
    else if (name === 'ready-file') readyFile = value;
    else {
      const override = flagOverride(name, value);
      if (override === undefined) throw new UsageError(`there is no flag --${name}`);
      overrides.push(override);
    }
  }
  return { configFile, readyFile, overrides };
}
