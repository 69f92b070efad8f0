import type { Credentials, Refusal } from '../../door.ts';
import type { Proof, Prover } from '../../prover.ts';
import type { ApiTokens } from '../api-tokens.ts';
import { proofOfUser } from './user-identity.ts';

const REFUSED: Refusal = {
  ok: false,
  reason: 'unauthenticated',
  code: 'ERR_UNAUTHENTICATED',
  message: 'The access token is not valid, or has expired: refresh it.',
};

/** An access token of the API (`typ: at+jwt`). */
export class AccessTokenProver implements Prover {
  readonly #tokens: ApiTokens;

  constructor(tokens: ApiTokens) {
    this.#tokens = tokens;
  }

  prove(credentials: Credentials): Proof | Refusal | undefined {
    if (credentials.kind !== 'token' || !this.#tokens.isAccessToken(credentials.token)) return undefined;
    const holder = this.#tokens.find(credentials.token);
    return holder === undefined ? REFUSED : proofOfUser(holder.user);
  }
}
