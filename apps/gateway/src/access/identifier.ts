import type { Logger } from '../observability/logger.ts';
import type { Credentials, Peer, Refusal } from './door.ts';
import { limitKey } from './limits/limit-key.ts';
import { FailureDelays } from './login/failure-delays.ts';
import { passwordChangeRefusal } from './login/must-change-password.ts';
import { limited, NOT_PROVEN } from './login/refusals.ts';
import type { UserRecords } from './login/user-records.ts';
import type { Proof, ProofContext, Prover } from './prover.ts';
import type { RateLimits } from './rate-limit.ts';
import { tokenInPassword } from './tokens/token-kind.ts';

export interface IdentifierOptions {
  /** Asked in this order; each answers from memory, or guards itself (passwords). */
  readonly provers: readonly Prover[];
  /**
   * Asked afterwards, for what nobody here knows, and also where nothing is shown: those that ask somebody else. An
   * address that fails again and again has to wait for them.
   */
  readonly outside?: readonly Prover[];
  readonly users: Pick<UserRecords, 'byId'>;
  readonly limits: RateLimits;
  readonly logger: Logger;
  readonly now?: () => number;
}

const NOTHING: Credentials = { kind: 'none' };
/** Of an address, at those who are asked outside. */
const OUTSIDE_FAILURES = { free: 100, maxWaitMs: 60_000 };

const CANNOT_TELL: Refusal = {
  ok: false,
  reason: 'unavailable',
  code: 'ERR_UNAVAILABLE',
  message: 'It cannot be found out now who you are: try again in a moment.',
};

/** Finds out who somebody is by what he shows. The same for every door: HTTP, RTSP, RTMP, SRT, Socket.IO. */
export class Identifier {
  readonly #options: IdentifierOptions;
  readonly #outsideDelays: FailureDelays;

  constructor(options: IdentifierOptions) {
    this.#options = options;
    this.#outsideDelays = new FailureDelays(options.now);
  }

  /**
   * Whose the credentials are. Takes a second at most where a password is verified, some where an outside endpoint is
   * asked, else microseconds; never rejects.
   *
   * @param context what he wants to do; absent where that is not known yet, or is no matter of cameras. Where it is
   * given, somebody who has to change his password first is refused; else that is the asking part's to see to.
   */
  async identify(credentials: Credentials, peer: Peer, context?: ProofContext): Promise<Proof | Refusal> {
    try {
      const answer = await this.#prove(credentials, peer, context);
      if (answer.ok && context !== undefined) {
        return passwordChangeRefusal(this.#options.users, answer.identity) ?? answer;
      }
      return answer.ok ? answer : await this.#counted(answer, credentials, peer);
    } catch (error) {
      this.#options.logger.error({ err: error, peer: peer.address }, 'a peer could not be identified');
      return CANNOT_TELL;
    }
  }

  async #prove(
    credentials: Credentials,
    peer: Peer,
    context: ProofContext | undefined,
  ): Promise<Proof | Refusal> {
    const { provers, outside = [] } = this.#options;
    // A player that knows nothing but name and password shows its token there.
    const token = tokenInPassword(credentials);
    const asToken = token && (await ask(provers, token, peer, context));
    if (asToken?.ok === true) return asToken;
    const answer = await ask(provers, credentials, peer, context);
    if (answer !== undefined) return answer;
    if (outside.length === 0) return NOT_PROVEN;
    // A login of the dashboard that has ended is as good as nothing, and nobody else's business.
    const shown = credentials.kind === 'cookie' ? NOTHING : (token ?? credentials);
    return this.#proveOutside(outside, shown, peer, context);
  }

  async #proveOutside(
    outside: readonly Prover[],
    credentials: Credentials,
    peer: Peer,
    context: ProofContext | undefined,
  ): Promise<Proof | Refusal> {
    const attempt = this.#outsideDelays.begin([{ key: limitKey(peer.address), ...OUTSIDE_FAILURES }]);
    if (typeof attempt === 'number') return limited(attempt);
    try {
      const answer = (await ask(outside, credentials, peer, context)) ?? NOT_PROVEN;
      // Whoever shows nothing has not guessed: most protocols begin so.
      if (!answer.ok && answer.reason === 'unauthenticated' && credentials.kind !== 'none') attempt.failed();
      return answer;
    } finally {
      attempt.abandoned();
    }
  }

  /** Guesses of tokens are hopeless and cost nothing, so that they are only answered otherwise. */
  async #counted(refusal: Refusal, { kind }: Credentials, peer: Peer): Promise<Refusal> {
    const isCountedElsewhere = kind === 'none' || kind === 'password' || kind === 'digest';
    if (refusal.reason !== 'unauthenticated' || isCountedElsewhere) return refusal;
    const waitMs = await this.#options.limits.take('login', `token:${limitKey(peer.address)}`);
    return waitMs > 0 ? limited(waitMs) : refusal;
  }
}

async function ask(
  provers: readonly Prover[],
  credentials: Credentials,
  peer: Peer,
  context: ProofContext | undefined,
): Promise<Proof | Refusal | undefined> {
  for (const prover of provers) {
    const answer = await prover.prove(credentials, peer, context);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
