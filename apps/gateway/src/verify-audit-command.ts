import type { AuditVerification, Config } from '@vedette/contract';
import { ChainSeal } from './access/audit/chain-seal.ts';
import { verifyChain } from './access/audit/verify-chain.ts';
import { Secrets, SecretsError } from './access/secrets.ts';
import { silentLogger as logger } from './observability/logger.ts';
import type { Terminal } from './reset-password-command.ts';
import { openStore } from './store/open-store.ts';
import { StoreStartError, StoreUnavailableError, type Store } from './store/store.ts';

/**
 * `vedette verify-audit`: reads the whole audit log and says whether it is what was written.
 *
 * @returns the exit code: 0 where it is intact, 1 where it is not, 2 where it can't be read.
 */
export async function verifyAuditCommand(
  { dataDir, databaseUrl }: Pick<Config, 'dataDir' | 'databaseUrl'>,
  { stdout, stderr }: Terminal,
): Promise<number> {
  let store: Store | undefined;
  try {
    const secrets = Secrets.open(dataDir, process.env['VEDETTE_SECRET_KEY_FILE']);
    store = await openStore({ dataDir, databaseUrl, logger });
    const found = await verifyChain(store.db, new ChainSeal(secrets.key('audit')));
    stdout.write(`${sentenceOf(found)}\n`);
    return found.state === 'intact' ? 0 : 1;
  } catch (error) {
    if (!isExplained(error)) throw error;
    stderr.write(`vedette: ${error.message}\n`);
    stderr.write('A gateway that is running verifies it too: GET /api/v1/audit/verify\n');
    return 2;
  } finally {
    await store?.close();
  }
}

function sentenceOf(found: AuditVerification): string {
  if (found.state === 'broken')
    return `The audit log is broken. ${found.message} The ${found.entries} before it are intact.`;
  if (found.entries === 0) return 'The audit log is intact: it has no entries.';
  return `The audit log is intact: ${found.entries} entries, ${found.firstSeq} to ${found.lastSeq}.`;
}

function isExplained(error: unknown): error is Error {
  return (
    error instanceof StoreStartError ||
    error instanceof SecretsError ||
    error instanceof StoreUnavailableError
  );
}
