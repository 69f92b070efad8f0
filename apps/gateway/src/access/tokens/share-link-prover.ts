import type { Credentials, Refusal } from '../door.ts';
import type { Proof, Prover } from '../prover.ts';
import { refusal } from './asker.ts';
import type { ShareLinks } from './share-links.ts';

const NOT_VALID: Refusal = refusal(
  'unauthenticated',
  'ERR_UNAUTHENTICATED',
  'The share link has ended, was taken back, or has to be opened with its password first.',
);

/** Whoever opened a share link, or has the secret of one without a password. */
export class ShareLinkProver implements Prover {
  readonly #links: Pick<ShareLinks, 'check'>;

  constructor(links: Pick<ShareLinks, 'check'>) {
    this.#links = links;
  }

  prove(credentials: Credentials): Proof | Refusal | undefined {
    if (credentials.kind !== 'token') return undefined;
    const record = this.#links.check(credentials.token);
    if (record === undefined) return undefined;
    return record === null ? NOT_VALID : { ok: true, identity: record.identity };
  }
}
