import type { Credentials, Knock, Peer, Refusal } from './door.ts';
import type { Identity } from './identity.ts';

/** What a prover may need to know beside the credentials; absent where nothing is asked for yet. */
export type ProofContext = Pick<Knock, 'action' | 'cameraId' | 'protocol'>;

export interface Proof {
  readonly ok: true;
  readonly identity: Identity;
}

/** Finds out whose some credentials are. */
export interface Prover {
  /**
   * Whose these are; a refusal where they are of this kind and prove nothing (or not now); `undefined` where they are
   * of no kind that it knows: the next one is asked. Takes at most seconds; never rejects.
   */
  prove(
    credentials: Credentials,
    peer: Peer,
    context: ProofContext | undefined,
  ): Promise<Proof | Refusal | undefined> | Proof | Refusal | undefined;
}
