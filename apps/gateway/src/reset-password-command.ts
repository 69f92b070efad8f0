import type { Config } from '@vedette/contract';
import { AuditLog } from './access/audit/audit-log.ts';
import { ChainSeal } from './access/audit/chain-seal.ts';
import { NOBODY } from './access/identity.ts';
import { generatedPassword } from './access/login/first-run.ts';
import { Passwords } from './access/login/passwords.ts';
import { newPassword } from './access/login/set-password.ts';
import { Users } from './access/people/users.ts';
import { Rights } from './access/rights.ts';
import { Secrets, SecretsError } from './access/secrets.ts';
import { silentLogger as logger } from './observability/logger.ts';
import { openStore } from './store/open-store.ts';
import { StoreStartError, type Store } from './store/store.ts';

/** Where the command writes: `process`. */
export interface Terminal {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/**
 * `vedette reset-password NAME`: gives a user a new password, which has to be changed at the next login. For whoever
 * may read the key file, and so may do everything anyway: also a lost second factor is taken away.
 *
 * @returns the exit code.
 */
export async function resetPasswordCommand(
  name: string,
  { dataDir, databaseUrl }: Pick<Config, 'dataDir' | 'databaseUrl'>,
  { stdout, stderr }: Terminal,
): Promise<number> {
  let store: Store | undefined;
  try {
    const secrets = Secrets.open(dataDir, process.env['VEDETTE_SECRET_KEY_FILE']);
    store = await openStore({ dataDir, databaseUrl, logger });
    const password = await reset(name, store, secrets);
    if (password === undefined) {
      stderr.write(`vedette: there is no user "${name}"\n`);
      return 1;
    }
    stdout.write(`The password of "${name.toLowerCase()}" is now:  ${password}\n`);
    stdout.write('It has to be changed at the next login; a second factor is off; all logins have ended.\n');
    if (databaseUrl !== undefined) stdout.write('A gateway that is running takes it at its next start.\n');
    return 0;
  } catch (error) {
    if (!(error instanceof StoreStartError) && !(error instanceof SecretsError)) throw error;
    stderr.write(`vedette: ${error.message}\n`);
    return 1;
  } finally {
    await store?.close();
  }
}

/** @returns the new password; `undefined`: there is no such user. */
async function reset(name: string, store: Store, secrets: Secrets): Promise<string | undefined> {
  const users = new Users({ store, secrets, rights: new Rights() });
  await users.load();
  const user = users.byName(name);
  if (user === undefined) return undefined;
  const password = generatedPassword();
  const state = await newPassword(new Passwords(), user.name, password);
  await users.amend(user.id, ({ validFromMs }) => ({
    password: state,
    mustChangePassword: true,
    totp: null,
    validFromMs: Math.max(Date.now(), validFromMs) + 1,
  }));
  const audit = new AuditLog({ store, seal: new ChainSeal(secrets.key('audit')), logger });
  audit.record({
    identity: NOBODY,
    action: 'user.passwordReset',
    target: user.name,
    address: '',
    result: 'ok',
    detail: { by: 'vedette reset-password' },
  });
  await audit.close();
  return password;
}
