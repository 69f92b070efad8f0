import type { newUser, UserChange } from '@vedette/contract';
import type { z } from 'zod';
import type { AuditAction, AuditTrail } from '../audit-entry.ts';
import type { Passwords } from '../login/passwords.ts';
import { readableSecret } from '../login/recovery-codes.ts';
import { newPassword } from '../login/set-password.ts';
import type { UserRecord } from '../login/user-records.ts';
import { NotPossibleError } from './not-possible-error.ts';
import type { UserAmendment } from './user-row.ts';
import type { Actor } from './actor.ts';
import type { Users } from './users.ts';

export interface UserAdministrationOptions {
  readonly users: Users;
  readonly passwords: Pick<Passwords, 'hash'>;
  readonly audit: AuditTrail;
  /** Names of `access.streamTokens.plans`. */
  readonly plans: readonly string[];
  /** Ends the running media sessions of a user: `SessionGuard.endSessionsOfUser`. */
  readonly endSessions: (userId: string, reason: string) => void;
  readonly now?: () => number;
}

type WantedUser = z.output<typeof newUser>;

/** Of somebody of whom nothing else is said. */
const USUAL_PLAN = 'free';
/** Of a password that is made up: 79 bits. */
const PASSWORD_GROUPS = 4;

/** What administrators do with users: the rules, and the audit of it. */
export class UserAdministration {
  readonly #options: UserAdministrationOptions;
  readonly #users: Users;
  readonly #now: () => number;

  constructor(options: UserAdministrationOptions) {
    this.#options = options;
    this.#users = options.users;
    this.#now = options.now ?? Date.now;
  }

  list(): UserRecord[] {
    return this.#users.list();
  }

  /** @throws {NotPossibleError} `ERR_USER_NOT_FOUND`. */
  get(id: string): UserRecord {
    const user = this.#users.byId(id);
    if (user === undefined) throw notFound();
    return user;
  }

  /**
   * Makes a user, who has to change his password at the first login.
   *
   * @returns him, and the password where it was made up.
   * @throws {NotPossibleError} `ERR_USER_EXISTS`, `ERR_UNKNOWN_PLAN`.
   */
  async create(
    actor: Actor,
    wanted: WantedUser,
  ): Promise<{ user: UserRecord; initialPassword: string | null }> {
    const { name, displayName = name, role, grants } = wanted;
    const plan = this.#checkedPlan(wanted.plan === undefined ? this.#usualPlan() : wanted.plan);
    const isTaken = this.#users.byName(name) !== undefined;
    // Not hashed for nothing: it is dear.
    if (isTaken)
      throw new NotPossibleError('conflict', 'ERR_USER_EXISTS', `There is a user "${name}" already.`);
    const initialPassword = wanted.password === undefined ? readableSecret(PASSWORD_GROUPS, 4) : null;
    const password = await newPassword(
      this.#options.passwords,
      name,
      wanted.password ?? initialPassword ?? '',
    );
    const user = await this.#users.create({
      name,
      displayName,
      role,
      grants,
      password,
      mustChangePassword: true,
      plan,
    });
    this.#record(actor, 'user.created', user, { after: shown(user) });
    return { user, initialPassword };
  }

  /** @throws {NotPossibleError} `ERR_USER_NOT_FOUND`, `ERR_LAST_ADMINISTRATOR`, `ERR_UNKNOWN_PLAN`. */
  async change(actor: Actor, id: string, { disabled, plan, ...rest }: UserChange): Promise<UserRecord> {
    const change: UserAmendment = {
      ...defined(rest),
      ...(plan === undefined ? {} : { plan: this.#checkedPlan(plan) }),
      ...(disabled === undefined ? {} : { isDisabled: disabled }),
    };
    let before: UserRecord | undefined;
    const after = await this.#users.amend(id, (user) => {
      before = user;
      if ((change.role ?? user.role) !== 'admin' || (change.isDisabled ?? user.isDisabled)) {
        this.#keepOneAdministrator(user);
      }
      // Whoever is let in again has to log in again.
      return change.isDisabled === true ? { ...change, validFromMs: this.#voiding(user) } : change;
    });
    if (before === undefined || after === undefined) throw notFound();
    const changed = differences(shown(before), shown(after));
    if (Object.keys(changed.after).length > 0) this.#record(actor, 'user.changed', after, changed);
    if (change.isDisabled === true) this.#options.endSessions(id, 'the user was disabled');
    return after;
  }

  /** @throws {NotPossibleError} `ERR_USER_NOT_FOUND`, `ERR_LAST_ADMINISTRATOR`. */
  async remove(actor: Actor, id: string): Promise<void> {
    const user = this.get(id);
    const wasThere = await this.#users.remove(id, (present) => this.#keepOneAdministrator(present));
    if (!wasThere) throw notFound();
    this.#record(actor, 'user.removed', user, { before: shown(user) });
    this.#options.endSessions(id, 'the user was removed');
  }

  /**
   * Gives a user another password, which he has to change at the next login, and ends his logins.
   *
   * @returns the password where it was made up.
   * @throws {NotPossibleError} `ERR_USER_NOT_FOUND`.
   */
  async setPassword(actor: Actor, id: string, wanted: string | undefined): Promise<string | null> {
    const { name } = this.get(id);
    const madeUp = wanted === undefined ? readableSecret(PASSWORD_GROUPS, 4) : null;
    const password = await newPassword(this.#options.passwords, name, wanted ?? madeUp ?? '');
    const change = { password, mustChangePassword: true };
    await this.#amendAndEnd(actor, id, 'user.passwordReset', change, 'the password was reset');
    return madeUp;
  }

  /**
   * Takes the second factor and its recovery codes away, for somebody who has lost them.
   *
   * @throws {NotPossibleError} `ERR_USER_NOT_FOUND`.
   */
  async resetTotp(actor: Actor, id: string): Promise<void> {
    await this.#amendAndEnd(actor, id, 'user.totpReset', { totp: null }, 'the second factor was reset');
  }

  /**
   * Ends all logins, API tokens and running sessions of a user.
   *
   * @throws {NotPossibleError} `ERR_USER_NOT_FOUND`.
   */
  async logout(actor: Actor, id: string): Promise<void> {
    await this.#amendAndEnd(actor, id, 'user.loggedOut', {}, 'logged out everywhere');
  }

  async #amendAndEnd(
    actor: Actor,
    id: string,
    action: AuditAction,
    change: UserAmendment,
    reason: string,
  ): Promise<void> {
    const user = await this.#users.amend(id, (present) => ({
      ...change,
      validFromMs: this.#voiding(present),
    }));
    if (user === undefined) throw notFound();
    this.#record(actor, action, user, {});
    this.#options.endSessions(id, reason);
  }

  /** From then on: what was issued up to now is void, also within this millisecond. */
  #voiding({ validFromMs }: UserRecord): number {
    return Math.max(this.#now(), validFromMs) + 1;
  }

  #keepOneAdministrator(user: UserRecord): void {
    if (!isActingAdministrator(user)) return;
    const others = this.#users.list().filter((other) => other.id !== user.id && isActingAdministrator(other));
    if (others.length > 0) return;
    throw new NotPossibleError(
      'conflict',
      'ERR_LAST_ADMINISTRATOR',
      'This is the last administrator who can log in: make another one first.',
    );
  }

  #usualPlan(): string | null {
    return this.#options.plans.includes(USUAL_PLAN) ? USUAL_PLAN : null;
  }

  /** As it is kept: the empty word where there is none. */
  #checkedPlan(plan: string | null): string {
    if (plan === null || this.#options.plans.includes(plan)) return plan ?? '';
    const known = this.#options.plans.join(', ');
    throw new NotPossibleError('invalid', 'ERR_UNKNOWN_PLAN', `There is no plan "${plan}", only: ${known}.`);
  }

  #record(actor: Actor, action: AuditAction, { name }: UserRecord, detail: Record<string, unknown>): void {
    this.#options.audit.record({ ...actor, action, target: name, result: 'ok', detail });
  }
}

function isActingAdministrator({ role, isDisabled }: UserRecord): boolean {
  return role === 'admin' && !isDisabled;
}

function notFound(): NotPossibleError {
  return new NotPossibleError(
    'missing',
    'ERR_USER_NOT_FOUND',
    'There is no such user; he may have been removed.',
  );
}

/** What the audit tells of a user. */
function shown({ displayName, role, grants, plan, isDisabled }: UserRecord): Record<string, unknown> {
  return { displayName, role, grants, plan, disabled: isDisabled };
}

function differences(
  before: Record<string, unknown>,
  after: Record<string, unknown>,
): { before: Record<string, unknown>; after: Record<string, unknown> } {
  const changed = Object.keys(after).filter(
    (key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]),
  );
  const pick = (from: Record<string, unknown>): Record<string, unknown> =>
    Object.fromEntries(changed.map((key) => [key, from[key]]));
  return { before: pick(before), after: pick(after) };
}

type Defined<Fields> = { [Key in keyof Fields]: Exclude<Fields[Key], undefined> };

/** Without the fields that are there and undefined. */
function defined<Fields extends object>(fields: Fields): Partial<Defined<Fields>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<
    Defined<Fields>
  >;
}
