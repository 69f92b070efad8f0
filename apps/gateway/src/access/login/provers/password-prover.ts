import type { Credentials, Peer, Refusal } from '../../door.ts';
import type { Proof, Prover } from '../../prover.ts';
import type { PasswordCheck } from '../password-check.ts';
import { TOTP_NEEDS_TOKEN } from '../refusals.ts';
import type { UserRecords } from '../user-records.ts';
import { proofOfUser } from './user-identity.ts';

export interface PasswordProverOptions {
  readonly users: Pick<UserRecords, 'byName'>;
  readonly check: PasswordCheck;
  /** Somebody outside is asked for names that nobody has here (`access.http`): they are left to him. */
  readonly hasOutside: boolean;
}

/**
 * A name and a password, with each request: HTTP Basic, RTSP Basic, RTMP, SRT. Whoever has set up a second factor
 * can't show it there, and a password alone is not enough for him: he uses tokens.
 */
export class PasswordProver implements Prover {
  readonly #options: PasswordProverOptions;

  constructor(options: PasswordProverOptions) {
    this.#options = options;
  }

  async prove(credentials: Credentials, peer: Peer): Promise<Proof | Refusal | undefined> {
    const { users, check, hasOutside } = this.#options;
    if (credentials.kind !== 'password') return undefined;
    const { user: name, password } = credentials;
    if (hasOutside && users.byName(name) === undefined) return undefined;
    const proof = await check.check({ name, password, peer });
    if (!proof.ok) return proof;
    return proof.user.totp?.isEnabled === true ? TOTP_NEEDS_TOKEN : proofOfUser(proof.user);
  }
}
