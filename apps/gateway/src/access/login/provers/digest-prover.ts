import { createHmac, randomBytes } from 'node:crypto';
import type { Credentials, Peer, Refusal } from '../../door.ts';
import type { Proof, Prover } from '../../prover.ts';
import type { LoginGuard } from '../login-guard.ts';
import { limited, LOGIN_FAILED, TOTP_NEEDS_TOKEN } from '../refusals.ts';
import type { UserRecord, UserRecords } from '../user-records.ts';
import { proofOfUser } from './user-identity.ts';

export interface DigestProverOptions {
  readonly users: Pick<UserRecords, 'byName'>;
  readonly guard: LoginGuard;
}

/** HTTP digest authentication (RFC 7616), as RTSP players prefer it. */
export class DigestProver implements Prover {
  readonly #options: DigestProverOptions;
  readonly #key = randomBytes(32);

  constructor(options: DigestProverOptions) {
    this.#options = options;
  }

  prove(credentials: Credentials, peer: Peer): Proof | Refusal | undefined {
    if (credentials.kind !== 'digest') return undefined;
    const { users, guard } = this.#options;
    const { user: name, algorithm, verify } = credentials;
    const user = users.byName(name);
    const attempt = guard.password({ name, user, peer });
    if (typeof attempt === 'number') return limited(attempt);
    const nobodys = this.#nobodys(name, algorithm);
    if (!verify(user?.digest?.[algorithm] ?? nobodys) || !isUsable(user)) {
      attempt.failed();
      return LOGIN_FAILED;
    }
    attempt.succeeded();
    return user.totp?.isEnabled === true ? TOTP_NEEDS_TOKEN : proofOfUser(user);
  }

  /** For an unknown name the answer is compared too, with what nobody can know. */
  #nobodys(name: string, algorithm: 'MD5' | 'SHA-256'): string {
    return createHmac(algorithm === 'MD5' ? 'md5' : 'sha256', this.#key)
      .update(name)
      .digest('hex');
  }
}

function isUsable(user: UserRecord | undefined): user is UserRecord {
  return user?.digest !== undefined && !user.isDisabled;
}
