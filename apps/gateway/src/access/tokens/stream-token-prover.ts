import type { Credentials, Peer, Refusal } from '../door.ts';
import type { Proof, Prover } from '../prover.ts';
import { refusal } from './asker.ts';
import type { StreamTokens } from './stream-tokens.ts';

/** The same for whatever is wrong: a stranger learns nothing. */
const NOT_VALID: Refusal = refusal(
  'unauthenticated',
  'ERR_UNAUTHENTICATED',
  'The stream token is not valid: it has ended, was revoked, or is bound to somebody else.',
);

/** Whoever shows a stream token. */
export class StreamTokenProver implements Prover {
  readonly #tokens: Pick<StreamTokens, 'check' | 'isStreamToken'>;

  constructor(tokens: Pick<StreamTokens, 'check' | 'isStreamToken'>) {
    this.#tokens = tokens;
  }

  prove(credentials: Credentials, peer: Peer): Proof | Refusal | undefined {
    if (credentials.kind !== 'token' || !this.#tokens.isStreamToken(credentials.token)) return undefined;
    const record = this.#tokens.check(credentials.token, peer);
    return record === undefined ? NOT_VALID : { ok: true, identity: record.identity };
  }
}
