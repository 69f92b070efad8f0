import type { Config } from '@vedette/contract';
import { renameSync, writeFileSync } from 'node:fs';
import { SecretsError } from './access/secrets.ts';
import { checkSourceCommand } from './check-source/check-source-command.ts';
import { ConfigError, loadConfig, type ConfigSources } from './config/load-config.ts';
import { watchConfig } from './config/watch-config.ts';
import { startGateway, type Gateway } from './gateway.ts';
import { parseArguments, USAGE, UsageError, type ConfigFlags, type MainOptions } from './main-options.ts';
import { createLogger, type Logger } from './observability/logger.ts';
import { resetPasswordCommand } from './reset-password-command.ts';
import { backupCommand } from './store/backup-command.ts';
import { StoreStartError } from './store/store.ts';
import { verifyAuditCommand } from './verify-audit-command.ts';
import { version } from './version.ts';

const DEFAULT_CONFIG_FILE = 'vedette.yml';
/** Ending politely may take this long; then the process goes. */
const SHUTDOWN_LIMIT_MS = 4500;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function fail(text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

/** Whole or not at all: whoever waits for the file must not read half of it. */
function writeReadyFile(file: string, { addresses }: Gateway): void {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify({ pid: process.pid, ...addresses }));
  renameSync(temporary, file);
}

function greet({ addresses }: Gateway, { access }: Config): void {
  say(`Vedette ${version} is running: ${addresses.http}`);
  if (addresses.rtsp !== undefined) say(`  RTSP players:            ${addresses.rtsp}/CAMERA`);
  if (access.mode === 'open') say('  Only this machine can reach it: access is open.');
}

/** Reloads on SIGHUP and when the file changes; a configuration that is not valid changes nothing. */
function reloadOnChange(sources: ConfigSources, gateway: Gateway, logger: Logger): () => void {
  const reload = (): void => {
    try {
      const { config } = loadConfig(sources);
      gateway.reload(config).then(
        (restartKeys) => {
          logger.info({ file: sources.file }, 'configuration reloaded');
          if (restartKeys.length > 0)
            logger.warn({ keys: restartKeys }, 'these keys take effect at the next start');
        },
        (error: unknown) => logger.error({ err: error }, 'configuration could not be applied'),
      );
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      logger.error(
        { file: sources.file },
        `configuration not reloaded, the running one stays: ${error.message}`,
      );
    }
  };
  process.on('SIGHUP', reload);
  return watchConfig(sources.file, reload, (error) => {
    logger.warn({ err: error }, 'the configuration file is not watched; send SIGHUP to reload it');
  });
}

function configSources({ configFile, overrides }: ConfigFlags): ConfigSources {
  const file = configFile ?? process.env['VEDETTE_CONFIG'];
  return {
    file: file ?? DEFAULT_CONFIG_FILE,
    isFileRequired: file !== undefined,
    environment: process.env,
    flags: overrides,
  };
}

async function start(options: Extract<MainOptions, { command: 'start' }>): Promise<void> {
  const sources = configSources(options);
  const { config, warnings } = loadConfig(sources);
  const logger = createLogger(config.logLevel);
  for (const warning of warnings) logger.warn({}, warning);

  const stopping = Promise.withResolvers<string>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.resolve(signal));
  const gateway = await startOrExplain(config, logger);
  const stopWatching = reloadOnChange(sources, gateway, logger);
  greet(gateway, config);
  const readyFile = options.readyFile ?? process.env['VEDETTE_READY_FILE'];
  if (readyFile !== undefined) writeReadyFile(readyFile, gateway);

  const signal = await stopping.promise;
  logger.info({ signal }, 'shutting down');
  setTimeout(() => {
    logger.error({}, 'shutting down took too long; leaving');
    process.exit(0);
  }, SHUTDOWN_LIMIT_MS).unref();
  stopWatching();
  await gateway.close();
  process.exit(0);
}

async function startOrExplain(config: Config, logger: Logger): Promise<Gateway> {
  try {
    return await startGateway(config, logger, { say, environment: process.env });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      fail(
        `vedette: ${error.message}: another program listens there; choose another port, e.g. --http.port 9000`,
      );
    }
    throw error;
  }
}

async function main(): Promise<void> {
  const options = parseArguments(process.argv.slice(2));
  switch (options.command) {
    case 'help':
      say(USAGE);
      return;
    case 'version':
      say(version);
      return;
    case 'check-source':
      process.exitCode = await checkSourceCommand(options.args, process);
      return;
    case 'reset-password': {
      const { config } = loadConfig(configSources(options));
      process.exitCode = await resetPasswordCommand(options.name, config, process);
      return;
    }
    case 'verify-audit': {
      const { config } = loadConfig(configSources(options));
      process.exitCode = await verifyAuditCommand(config, process);
      return;
    }
    case 'backup': {
      const { dataDir, databaseUrl } = loadConfig(configSources(options)).config;
      process.exitCode = backupCommand({ dataDir, databaseUrl, file: options.file }, process);
      return;
    }
    case 'start':
      return start(options);
  }
}

try {
  await main();
} catch (error) {
  if (error instanceof UsageError) fail(`vedette: ${error.message}\n\n${USAGE}`);
  if (error instanceof ConfigError) fail(`vedette: the configuration can't be used:\n${error.message}`);
  if (error instanceof StoreStartError || error instanceof SecretsError)
    fail(`vedette: ${error.message} (${error.code})`);
  throw error;
}
