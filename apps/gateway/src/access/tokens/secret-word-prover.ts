import type { Credentials, Refusal } from '../door.ts';
import type { Identity } from '../identity.ts';
import type { Proof, Prover } from '../prover.ts';
import { refusal } from './asker.ts';
import type { PublishKeys } from './publish-keys.ts';
import type { ShareLinks } from './share-links.ts';

/** Who holds a word: `undefined` where it is of another kind, `null` where it is good for nothing. */
type HolderOf = (word: string) => { readonly identity: Identity } | null | undefined;

/** Whoever shows a word that was handed to him, in the place of a token. */
class SecretWordProver implements Prover {
  readonly #holderOf: HolderOf;
  readonly #notValid: Refusal;

  constructor(holderOf: HolderOf, notValid: string) {
    this.#holderOf = holderOf;
    this.#notValid = refusal('unauthenticated', 'ERR_UNAUTHENTICATED', notValid);
  }

  prove(credentials: Credentials): Proof | Refusal | undefined {
    const holder = credentials.kind === 'token' ? this.#holderOf(credentials.token) : undefined;
    if (holder === undefined) return undefined;
    return holder === null ? this.#notValid : { ok: true, identity: holder.identity };
  }
}

/** An encoder with the key of a camera. */
export function publishKeyProver(keys: Pick<PublishKeys, 'use'>): SecretWordProver {
  return new SecretWordProver(
    (word) => keys.use(word),
    'There is no such publish key; it may have been revoked.',
  );
}

/** Whoever opened a share link, or has the secret of one without a password. */
export function shareLinkProver(links: Pick<ShareLinks, 'check'>): SecretWordProver {
  return new SecretWordProver(
    (word) => links.check(word),
    'The share link has ended, was taken back, or has to be opened with its password first.',
  );
}
