import type { Erasure, UserData } from '@vedette/contract';
import type { Store } from '../../store/store.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { ChainSeal } from '../audit/chain-seal.ts';
import { ERASED_ACTION, erasePerson, pseudonymOf } from '../audit/erase-person.ts';
import { NotPossibleError } from '../people/not-possible-error.ts';
import type { Actor } from '../people/actor.ts';
import type { UserAdministration } from '../people/user-administration.ts';
import { userData } from './user-data.ts';

export interface PrivacyOptions {
  readonly store: Store;
  readonly seal: ChainSeal;
  readonly audit: Pick<AuditLog, 'record' | 'flush'>;
  readonly users: Pick<UserAdministration, 'get' | 'remove'>;
  readonly now?: () => number;
}

/** What somebody may ask of whoever keeps data about him: to see it, and to have it erased. */
export class Privacy {
  readonly #options: PrivacyOptions;
  readonly #now: () => number;

  constructor(options: PrivacyOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** @throws {NotPossibleError} `ERR_USER_NOT_FOUND`. */
  async export(actor: Actor, id: string): Promise<UserData> {
    const { store, audit } = this.#options;
    const data = await userData(store.db, id, this.#now());
    if (data === undefined)
      throw new NotPossibleError('missing', 'ERR_USER_NOT_FOUND', 'There is no such user.');
    audit.record({ ...actor, action: 'user.exported', target: id, result: 'ok' });
    return data;
  }

  /**
   * Removes the user, and puts a pseudonym in place of his name in the audit log.
   *
   * @throws {NotPossibleError} `ERR_USER_NOT_FOUND`, `ERR_LAST_ADMINISTRATOR`, `ERR_ERASE_SELF`.
   */
  async erase(actor: Actor, id: string): Promise<Erasure> {
    const { store, seal, audit, users } = this.#options;
    if ('id' in actor.identity && actor.identity.id === id)
      throw new NotPossibleError(
        'conflict',
        'ERR_ERASE_SELF',
        'Another administrator has to erase your data.',
      );
    const { name } = users.get(id);
    await users.remove(actor, id);
    await store.db.deleteFrom('shareLinks').where('createdBy', '=', id).execute();
    // Also what was just written, of his sessions that end by this.
    await audit.flush();
    const auditEntries = await erasePerson(store, seal, { id, name });
    const pseudonym = pseudonymOf({ id });
    audit.record({
      ...actor,
      action: ERASED_ACTION,
      target: id,
      result: 'ok',
      detail: { pseudonym, auditEntries },
    });
    return { id, pseudonym, auditEntries };
  }
}
