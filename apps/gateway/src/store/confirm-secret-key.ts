import type { Kysely } from 'kysely';
import { type Secrets, SecretsError } from '../access/secrets.ts';
import type { Database } from './schema.ts';
import { StoreStartError } from './store.ts';

const KEY = 'secretKeyCheck';
const PURPOSE = 'store.secretKeyCheck';
const WORD = 'this key belongs to this database';

/**
 * Makes sure at the start that the key opens what is in the database, rather than at the first camera whose password
 * is needed. At the first start it leaves a mark for the next.
 *
 * @throws {StoreStartError} `ERR_SECRET_KEY_WRONG`.
 */
export async function confirmSecretKey(db: Kysely<Database>, secrets: Secrets): Promise<void> {
  await db
    .insertInto('settings')
    .values({ key: KEY, value: secrets.seal(WORD, PURPOSE) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const { value } = await db
    .selectFrom('settings')
    .select('value')
    .where('key', '=', KEY)
    .executeTakeFirstOrThrow();
  try {
    secrets.open(value, PURPOSE);
  } catch (error) {
    if (!(error instanceof SecretsError)) throw error;
    throw new StoreStartError(
      'ERR_SECRET_KEY_WRONG',
      'the secret key is not the one that this database was written with: put secret.key back ' +
        '(or set VEDETTE_SECRET_KEY_FILE to it)',
    );
  }
}
