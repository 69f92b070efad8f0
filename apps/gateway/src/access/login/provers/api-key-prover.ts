import { API_KEY_PREFIX } from '@vedette/contract';
import type { Credentials, Refusal } from '../../door.ts';
import type { Proof, Prover } from '../../prover.ts';
import type { ApiKeys } from '../api-keys.ts';

const REFUSED: Refusal = {
  ok: false,
  reason: 'unauthenticated',
  code: 'ERR_UNAUTHENTICATED',
  message: 'The API key is not valid: it was revoked, or has expired.',
};

/** A key of the API. */
export class ApiKeyProver implements Prover {
  readonly #keys: ApiKeys;

  constructor(keys: ApiKeys) {
    this.#keys = keys;
  }

  prove(credentials: Credentials): Proof | Refusal | undefined {
    if (credentials.kind !== 'token' || !credentials.token.startsWith(API_KEY_PREFIX)) return undefined;
    const key = this.#keys.find(credentials.token);
    return key === undefined
      ? REFUSED
      : { ok: true, identity: { kind: 'apiKey', id: key.id, name: key.name } };
  }
}
