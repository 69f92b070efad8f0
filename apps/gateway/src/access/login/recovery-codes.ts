import { randomInt } from 'node:crypto';
import type { Store } from '../../store/store.ts';
import { secretHash } from '../tokens/secret-word.ts';

const CODES = 10;
const GROUPS = 4;
const GROUP_LENGTH = 4;
/** Without what is mistaken for something else: 31 signs, 79 bits a code. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';

/** Groups of random signs that people can read out and type: `k7mq-2xw9-…`. */
export function readableSecret(groups: number, groupLength: number): string {
  const group = (): string =>
    Array.from({ length: groupLength }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return Array.from({ length: groups }, group).join('-');
}

/** What is looked at of a code that somebody typed. */
function plainCode(code: string): string {
  return code.toLowerCase().replaceAll(/[\s-]/g, '');
}

/** Whether it has the form of a recovery code, and not of an authenticator app's. */
export function isRecoveryCode(code: string): boolean {
  return plainCode(code).length === GROUPS * GROUP_LENGTH;
}

/** Codes that stand in for a lost authenticator app: ten of a user, each good once, only their hashes kept. */
export class RecoveryCodes {
  readonly #db: Store['db'];
  readonly #now: () => number;

  constructor({ db }: Pick<Store, 'db'>, now: () => number = Date.now) {
    this.#db = db;
    this.#now = now;
  }

  /** Makes new ones, and voids those before. */
  async renew(userId: string): Promise<string[]> {
    const codes = Array.from({ length: CODES }, () => readableSecret(GROUPS, GROUP_LENGTH));
    const rows = codes.map((code) => ({ userId, hash: hashOf(code), usedAt: null }));
    await this.#db.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('recoveryCodes').where('userId', '=', userId).execute();
      await transaction.insertInto('recoveryCodes').values(rows).execute();
    });
    return codes;
  }

  /** Takes the code. @returns whether it is one of the user's that was not taken before. */
  async take(userId: string, code: string): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('recoveryCodes')
      .set({ usedAt: this.#now() })
      .where('userId', '=', userId)
      .where('hash', '=', hashOf(code))
      .where('usedAt', 'is', null)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  /** How many are left. */
  async count(userId: string): Promise<number> {
    const { left } = await this.#db
      .selectFrom('recoveryCodes')
      .select(({ fn }) => fn.countAll().as('left'))
      .where('userId', '=', userId)
      .where('usedAt', 'is', null)
      .executeTakeFirstOrThrow();
    return Number(left);
  }

  async remove(userId: string): Promise<void> {
    await this.#db.deleteFrom('recoveryCodes').where('userId', '=', userId).execute();
  }
}

function hashOf(code: string): string {
  return secretHash(plainCode(code));
}
