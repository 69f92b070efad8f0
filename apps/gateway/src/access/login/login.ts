import type { Logger } from '../../observability/logger.ts';
import { StoreUnavailableError } from '../../store/store.ts';
import type { AuditEntry, AuditTrail } from '../audit-entry.ts';
import type { Peer, Refusal } from '../door.ts';
import { NOBODY } from '../identity.ts';
import type { Claimant, LoginGuard } from './login-guard.ts';
import type { PasswordCheck, PasswordProof } from './password-check.ts';
import { isRecoveryCode, type RecoveryCodes } from './recovery-codes.ts';
import { limited, STORE_AWAY, TOTP_REQUIRED, TOTP_WRONG } from './refusals.ts';
import { takeTotp } from './totp.ts';
import type { UserRecord, UserRecords } from './user-records.ts';

/** What somebody shows who logs in. */
export interface LoginClaim {
  readonly name: string;
  readonly password: string;
  /** Of an authenticator app, or a recovery code. */
  readonly code?: string | undefined;
  readonly peer: Peer;
  /** The cookie of a device, where one was shown. */
  readonly device?: string | undefined;
}

export interface LoginOptions {
  readonly users: UserRecords;
  readonly check: PasswordCheck;
  readonly guard: LoginGuard;
  readonly recoveryCodes: RecoveryCodes;
  readonly audit: AuditTrail;
  readonly logger: Logger;
  readonly now?: () => number;
}

/** Refusals of one address that the guard makes are written down once in a while: it may be a thousand a second. */
const LIMITED_AUDIT_MS = 60_000;
const MAX_LIMITED_ADDRESSES = 1000;

/** Logging in with a name, a password and, where the user has set one up, a second factor. */
export class Login {
  readonly #options: LoginOptions;
  readonly #now: () => number;
  readonly #limitedAt = new Map<string, number>();

  constructor(options: LoginOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  async login(claim: LoginClaim): Promise<PasswordProof> {
    const proof = await this.#prove(claim);
    this.#record(claim, proof);
    if (proof.ok) {
      this.#options.guard.welcome(proof.user, claim.peer);
      this.#noteLogin(proof.user);
    }
    return proof;
  }

  /**
   * Whether somebody who is logged in knows the password too: asked for before what would outlast a stolen session.
   */
  async confirm(
    user: UserRecord,
    password: string,
    { peer, device }: Pick<LoginClaim, 'peer' | 'device'>,
  ): Promise<Refusal | undefined> {
    const proof = await this.#options.check.check({ name: user.name, password, peer, device });
    return proof.ok ? undefined : proof;
  }

  async #prove(claim: LoginClaim): Promise<PasswordProof> {
    const proof = await this.#options.check.check(claim);
    if (!proof.ok || proof.user.totp?.isEnabled !== true) return proof;
    if (claim.code === undefined) return TOTP_REQUIRED;
    const refusal = await this.#checkCode({ ...claim, user: proof.user }, proof.user, claim.code);
    return refusal ?? proof;
  }

  async #checkCode(claimant: Claimant, user: UserRecord, code: string): Promise<Refusal | undefined> {
    const { users, guard, recoveryCodes } = this.#options;
    const isRecovery = isRecoveryCode(code);
    const attempt = guard.code(claimant, isRecovery);
    if (typeof attempt === 'number') return limited(attempt);
    try {
      const isRight = isRecovery
        ? await recoveryCodes.take(user.id, code)
        : await takeTotp(users, user, code, this.#now());
      if (isRight) attempt.succeeded();
      else attempt.failed();
      return isRight ? undefined : TOTP_WRONG;
    } catch (error) {
      attempt.abandoned();
      if (error instanceof StoreUnavailableError) return STORE_AWAY;
      throw error;
    }
  }

  #record({ name, code, peer }: LoginClaim, proof: PasswordProof): void {
    const { audit } = this.#options;
    const about: Pick<AuditEntry, 'target' | 'address' | 'userAgent'> = {
      target: name.toLowerCase(),
      address: peer.address,
      userAgent: peer.userAgent,
    };
    if (proof.ok) {
      const { id, name: userName, totp } = proof.user;
      const secondFactor =
        totp?.isEnabled === true ? (isRecoveryCode(code ?? '') ? 'recovery code' : 'totp') : 'none';
      const identity = { kind: 'user', id, name: userName } as const;
      audit.record({ ...about, identity, action: 'login.succeeded', result: 'ok', detail: { secondFactor } });
      return;
    }
    // The second step of a login that has two is no failure.
    if (proof.code === 'ERR_TOTP_REQUIRED') return;
    if (proof.reason === 'limited' && !this.#isLimitedNews(peer.address)) return;
    audit.record({
      ...about,
      identity: NOBODY,
      action: 'login.failed',
      result: proof.reason === 'unavailable' ? 'failed' : 'refused',
      detail: { code: proof.code },
    });
  }

  #isLimitedNews(address: string): boolean {
    const now = this.#now();
    const last = this.#limitedAt.get(address);
    if (last !== undefined && now - last < LIMITED_AUDIT_MS) return false;
    this.#limitedAt.delete(address);
    this.#limitedAt.set(address, now);
    const [oldest] = this.#limitedAt.keys();
    if (this.#limitedAt.size > MAX_LIMITED_ADDRESSES && oldest !== undefined) this.#limitedAt.delete(oldest);
    return true;
  }

  /** Nobody waits for it, and it may fail: people log in also while the store is away. */
  #noteLogin({ id }: UserRecord): void {
    const { users, logger } = this.#options;
    users.update(id, { lastLoginAtMs: this.#now() }).catch((error: unknown) => {
      logger.debug({ err: error }, 'the time of a login was not kept');
    });
  }
}
