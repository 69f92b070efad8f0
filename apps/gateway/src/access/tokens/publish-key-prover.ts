import type { Credentials, Refusal } from '../door.ts';
import type { Proof, Prover } from '../prover.ts';
import { refusal } from './asker.ts';
import type { PublishKeys } from './publish-keys.ts';

const NOT_VALID: Refusal = refusal(
  'unauthenticated',
  'ERR_UNAUTHENTICATED',
  'There is no such publish key; it may have been revoked.',
);

/** An encoder with the key of a camera. */
export class PublishKeyProver implements Prover {
  readonly #keys: Pick<PublishKeys, 'use'>;

  constructor(keys: Pick<PublishKeys, 'use'>) {
    this.#keys = keys;
  }

  prove(credentials: Credentials): Proof | Refusal | undefined {
    if (credentials.kind !== 'token') return undefined;
    const record = this.#keys.use(credentials.token);
    if (record === undefined) return undefined;
    return record === null ? NOT_VALID : { ok: true, identity: record.identity };
  }
}
