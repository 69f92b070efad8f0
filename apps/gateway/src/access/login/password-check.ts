import type { Logger } from '../../observability/logger.ts';
import type { Refusal } from '../door.ts';
import type { Claimant, LoginGuard } from './login-guard.ts';
import type { Passwords, PasswordVerdict } from './passwords.ts';
import { limited, LOGIN_FAILED } from './refusals.ts';
import { newPassword } from './set-password.ts';
import type { UserRecord, UserRecords } from './user-records.ts';

/** Somebody shows a name and a password. */
export type PasswordClaim = Omit<Claimant, 'user'> & { readonly password: string };

export type PasswordProof = { readonly ok: true; readonly user: UserRecord } | Refusal;

export interface PasswordCheckOptions {
  readonly users: UserRecords;
  readonly passwords: Passwords;
  readonly guard: LoginGuard;
  readonly logger: Logger;
}

/** When to come again where too many passwords are being checked. */
const BUSY_RETRY_MS = 2000;

/**
 * Whether a name and a password belong together: one way for every door. Unknown names and known ones take the same
 * steps: look-up, guard, one hash, the same refusal.
 */
export class PasswordCheck {
  readonly #options: PasswordCheckOptions;
  /** What is being checked now: many connections of one player wait for one hash. */
  readonly #underWay = new Map<string, Promise<PasswordProof>>();

  constructor(options: PasswordCheckOptions) {
    this.#options = options;
  }

  async check(claim: PasswordClaim): Promise<PasswordProof> {
    const { users, passwords, guard } = this.#options;
    const user = users.byName(claim.name);
    const name = claim.name.toLowerCase();
    // Before anything is compared: what is remembered must not tell those who guess whether they are right.
    const { lane, waitMs } = guard.standing({ ...claim, user });
    if (waitMs > 0) return limited(waitMs);
    if (passwords.remembers(name, user?.passwordHash, claim.password)) return proofOf(user);
    const fingerprint = passwords.fingerprint(name, user?.passwordHash, claim.password);
    const key = `${lane} ${claim.peer.address} ${fingerprint}`;
    const underWay =
      this.#underWay.get(key) ?? this.#verify(claim, user).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, underWay);
    return underWay;
  }

  async #verify(claim: PasswordClaim, user: UserRecord | undefined): Promise<PasswordProof> {
    const { passwords, guard } = this.#options;
    const attempt = guard.password({ ...claim, user });
    if (typeof attempt === 'number') return limited(attempt);
    const name = claim.name.toLowerCase();
    let verdict: PasswordVerdict;
    try {
      verdict = await passwords.verify(name, user?.passwordHash, claim.password, attempt.lane);
    } catch (error) {
      attempt.abandoned();
      throw error;
    }
    if (verdict === 'busy') {
      attempt.abandoned();
      return limited(BUSY_RETRY_MS);
    }
    const proof = verdict === 'right' ? proofOf(user) : LOGIN_FAILED;
    if (!proof.ok) {
      attempt.failed();
      return proof;
    }
    attempt.succeeded();
    void this.#rehash(proof.user, claim.password);
    return proof;
  }

  /** What a hash costs changes with the years: here alone is the password to make a new one of. */
  async #rehash({ id, name, passwordHash }: UserRecord, password: string): Promise<void> {
    const { users, passwords, logger } = this.#options;
    if (passwordHash === undefined || !passwords.needsRehash(passwordHash)) return;
    try {
      const renewed = await newPassword(passwords, name, password);
      if (users.byId(id)?.passwordHash === passwordHash) await users.update(id, { password: renewed });
    } catch (error) {
      logger.debug({ err: error }, 'a password was not hashed anew; it will be at the next login');
    }
  }
}

function proofOf(user: UserRecord | undefined): PasswordProof {
  return user === undefined || user.isDisabled ? LOGIN_FAILED : { ok: true, user };
}
