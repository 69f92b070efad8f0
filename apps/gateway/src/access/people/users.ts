import type { Grant } from '@vedette/contract';
import { randomUUID } from 'node:crypto';
import type { Store } from '../../store/store.ts';
import { StoreConstraintError } from '../../store/store.ts';
import type { NewUser, UserChange, UserRecord, UserRecords } from '../login/user-records.ts';
import type { Rights } from '../rights.ts';
import type { Secrets } from '../secrets.ts';
import type { SetKind } from './camera-sets.ts';
import { NotPossibleError } from './not-possible-error.ts';
import { Turns } from './turns.ts';
import { amended, rowOfUser, userOfRow, type UserAmendment } from './user-row.ts';

export interface UsersOptions {
  readonly store: Pick<Store, 'db'>;
  readonly secrets: Pick<Secrets, 'seal' | 'open'>;
  readonly rights: Pick<Rights, 'put' | 'remove'>;
  readonly now?: () => number;
}

/**
 * The users: in the store, in memory, and in the book of rights. What is read comes from memory; what is written
 * goes to the store first. Writes follow one another.
 */
export class Users implements UserRecords {
  readonly #db: Store['db'];
  readonly #secrets: UsersOptions['secrets'];
  readonly #rights: UsersOptions['rights'];
  readonly #now: () => number;
  readonly #byId = new Map<string, UserRecord>();
  readonly #byName = new Map<string, UserRecord>();
  readonly #turns = new Turns();

  constructor({ store, secrets, rights, now = Date.now }: UsersOptions) {
    this.#db = store.db;
    this.#secrets = secrets;
    this.#rights = rights;
    this.#now = now;
  }

  /**
   * Reads them all; to be called once, before anybody is let in.
   *
   * @throws {SecretsError} they were sealed with another key.
   */
  async load(): Promise<void> {
    const rows = await this.#db.selectFrom('users').selectAll().execute();
    for (const row of rows) this.#remember(userOfRow(row, this.#secrets));
  }

  get size(): number {
    return this.#byId.size;
  }

  byName(name: string): UserRecord | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  byId(id: string): UserRecord | undefined {
    return this.#byId.get(id);
  }

  /** All of them, by name. */
  list(): UserRecord[] {
    return [...this.#byId.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws {NotPossibleError} `ERR_USER_EXISTS`. */
  async create({ password, ...wanted }: NewUser): Promise<UserRecord> {
    return this.#turns.take(async () => {
      const now = this.#now();
      const user: UserRecord = {
        ...wanted,
        id: randomUUID(),
        name: wanted.name.toLowerCase(),
        passwordHash: password?.passwordHash,
        digest: password?.digest,
        totp: undefined,
        oidcSubject: wanted.oidcSubject,
        isDisabled: false,
        validFromMs: now,
        createdAtMs: now,
        updatedAtMs: now,
        lastLoginAtMs: undefined,
      };
      if (this.#byName.has(user.name)) throw userExists(user.name);
      await this.#insert(user);
      this.#remember(user);
      return user;
    });
  }

  async update(id: string, change: UserChange): Promise<UserRecord | undefined> {
    return this.amend(id, () => change);
  }

  /**
   * Changes a user.
   *
   * @param decide what is to change, as he is by then: nothing comes between this and the write. What it throws is
   * passed on, and nothing is written.
   * @returns `undefined`: there is no such user.
   */
  async amend(id: string, decide: (user: UserRecord) => UserAmendment): Promise<UserRecord | undefined> {
    return this.#turns.take(async () => {
      const before = this.#byId.get(id);
      if (before === undefined) return undefined;
      const change = decide(before);
      const isLoginOnly = Object.keys(change).every((key) => key === 'lastLoginAtMs');
      const updatedAtMs = isLoginOnly ? before.updatedAtMs : this.#now();
      const after = { ...amended(before, change), updatedAtMs };
      await this.#write(after, change);
      this.#remember(after);
      return after;
    });
  }

  async takeTotpStep(id: string, step: number): Promise<boolean> {
    return this.#turns.take(async () => {
      const { numUpdatedRows } = await this.#db
        .updateTable('users')
        .set({ totpLastStep: step })
        .where('id', '=', id)
        .where('totpLastStep', '<', step)
        .executeTakeFirst();
      const user = this.#byId.get(id);
      if (numUpdatedRows === 0n) return false;
      if (user?.totp !== undefined) this.#remember({ ...user, totp: { ...user.totp, lastStep: step } });
      return true;
    });
  }

  /**
   * Removes a user, and with him his logins and stream tokens.
   *
   * @param check throws where he must stay; nothing comes between this and the write.
   * @returns whether he was there.
   */
  async remove(id: string, check: (user: UserRecord) => void): Promise<boolean> {
    return this.#turns.take(async () => {
      const user = this.#byId.get(id);
      if (user === undefined) return false;
      check(user);
      await this.#db.transaction().execute(async (transaction) => {
        await transaction.deleteFrom('streamTokens').where('userId', '=', id).execute();
        await transaction.deleteFrom('users').where('id', '=', id).execute();
      });
      this.#byId.delete(id);
      this.#byName.delete(user.name);
      this.#rights.remove('user', id);
      return true;
    });
  }

  /** Takes what was granted for a camera, group or zone from all: a later one of its name is another. */
  async forgetTarget({
    kind,
    id,
  }: {
    readonly kind: 'camera' | SetKind;
    readonly id: string;
  }): Promise<void> {
    const isMeant = ({ target }: Grant): boolean => target.kind === kind && target.id === id;
    for (const user of this.list().filter(({ grants }) => grants.some(isMeant))) {
      await this.amend(user.id, ({ grants }) => ({ grants: grants.filter((grant) => !isMeant(grant)) }));
    }
  }

  async #insert(user: UserRecord): Promise<void> {
    try {
      await this.#db.insertInto('users').values(rowOfUser(user, this.#secrets)).execute();
    } catch (error) {
      if (error instanceof StoreConstraintError && error.constraint === 'unique') throw userExists(user.name);
      throw error;
    }
  }

  /** A second factor that is taken away takes its recovery codes with it. */
  async #write(user: UserRecord, { totp }: UserAmendment): Promise<void> {
    const { id, ...columns } = rowOfUser(user, this.#secrets);
    await this.#db.transaction().execute(async (transaction) => {
      await transaction.updateTable('users').set(columns).where('id', '=', id).execute();
      if (totp === null) await transaction.deleteFrom('recoveryCodes').where('userId', '=', id).execute();
    });
  }

  #remember(user: UserRecord): void {
    const before = this.#byId.get(user.id);
    this.#byId.set(user.id, user);
    this.#byName.set(user.name, user);
    const { id, role, grants, isDisabled } = user;
    // Running sessions are looked at anew for each change of rights: not for each login.
    const isSame = before?.role === role && before.grants === grants && before.isDisabled === isDisabled;
    if (!isSame) this.#rights.put('user', { id, role, grants, isDisabled });
  }
}

function userExists(name: string): NotPossibleError {
  return new NotPossibleError('conflict', 'ERR_USER_EXISTS', `There is a user "${name}" already.`);
}
