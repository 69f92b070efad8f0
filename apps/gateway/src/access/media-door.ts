import type { AuditTrail } from './audit-entry.ts';
import type { Admission, Credentials, Door, Knock, Peer, Refusal } from './door.ts';
import { identityKey, type Identity } from './identity.ts';
import type { Proof, ProofContext } from './prover.ts';
import type { RateLimits } from './rate-limit.ts';
import { RefusalLog } from './refusal-log.ts';
import type { Rights } from './rights.ts';

/** Finds out who somebody is: `Identifier`. */
export interface Identifies {
  /** Never rejects; whoever shows nothing is nobody, or refused. */
  identify(credentials: Credentials, peer: Peer, context?: ProofContext): Promise<Proof | Refusal>;
}

export interface MediaDoorOptions {
  readonly identifier: Identifies;
  readonly rights: Pick<Rights, 'decide'>;
  readonly limits: RateLimits;
  readonly audit: AuditTrail;
  /** As in {@link Door}. */
  readonly needsPlainPasswords?: boolean;
}

/** What is no session but one picture: counted where requests are counted. */
const SINGLE_PICTURE = 'snapshot';

const UNAUTHENTICATED: Refusal = {
  ok: false,
  reason: 'unauthenticated',
  code: 'ERR_UNAUTHENTICATED',
  message: 'Who are you? Show a user and password, a token or a key.',
};
const HIDDEN: Refusal = {
  ok: false,
  reason: 'forbidden',
  code: 'ERR_CAMERA_NOT_FOUND',
  message: 'There is no such camera.',
};
const FORBIDDEN: Refusal = {
  ok: false,
  reason: 'forbidden',
  code: 'ERR_FORBIDDEN',
  message: 'You may not do this with this camera.',
};
const UNAVAILABLE: Refusal = {
  ok: false,
  reason: 'unavailable',
  code: 'ERR_UNAVAILABLE',
  message: 'It cannot be found out now whether you may: try again in a moment.',
};

/** The door of all media: who it is, whether he comes too often, and whether he may. */
export class MediaDoor implements Door {
  readonly isOpen = false;
  readonly needsPlainPasswords: boolean;
  readonly #options: MediaDoorOptions;
  readonly #refusals: RefusalLog;

  constructor(options: MediaDoorOptions) {
    this.#options = options;
    this.needsPlainPasswords = options.needsPlainPasswords === true;
    this.#refusals = new RefusalLog(options);
  }

  async knock(knock: Knock): Promise<Admission> {
    const { credentials, peer } = knock;
    let proof: Proof | Refusal;
    try {
      proof = await this.#options.identifier.identify(credentials, peer, knock);
      const refusal = proof.ok ? await this.#refusal(knock, proof.identity) : proof;
      if (refusal === undefined) return proof;
      // Most clients ask what is wanted before they show anything: that is no attempt.
      if (credentials.kind !== 'none' || refusal.reason !== 'unauthenticated')
        this.#refusals.record(knock, refusal, proof.ok ? proof.identity : undefined);
      return refusal;
    } catch {
      this.#refusals.record(knock, UNAVAILABLE);
      return UNAVAILABLE;
    }
  }

  /** Writes down what was counted of late: to be called before the audit ends. */
  close(): void {
    this.#refusals.flush();
  }

  async #refusal(knock: Knock, identity: Identity): Promise<Refusal | undefined> {
    if (identity.kind === 'nobody') return UNAUTHENTICATED;
    return this.#forbidden(knock, identity) ?? (await this.#limited(knock, identity));
  }

  #forbidden({ action, cameraId }: Knock, identity: Identity): Refusal | undefined {
    const { rights } = this.#options;
    const decision = rights.decide(identity, action, cameraId);
    if (decision === 'yes') return undefined;
    if (decision === 'gone') return UNAUTHENTICATED;
    return rights.decide(identity, 'view', cameraId) === 'yes' ? FORBIDDEN : HIDDEN;
  }

  /** One who comes from many addresses is counted, and one address from which many come. */
  async #limited({ protocol, peer }: Knock, identity: Identity): Promise<Refusal | undefined> {
    if (protocol === SINGLE_PICTURE) return undefined;
    const { limits } = this.#options;
    const waits = [
      await limits.take('sessions', identityKey(identity)),
      await limits.take('sessions', peer.address),
    ];
    const retryAfterMs = Math.max(...waits);
    if (retryAfterMs === 0) return undefined;
    return {
      ok: false,
      reason: 'limited',
      code: 'ERR_RATE_LIMITED',
      message: `Too many sessions were begun: try again in ${Math.ceil(retryAfterMs / 1000)} s.`,
      retryAfterMs,
    };
  }
}
