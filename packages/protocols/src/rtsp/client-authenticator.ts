import { authorize, type Credentials } from './authorization.ts';
import { parseChallenges, type Challenge } from './challenge.ts';

/** What a challenge means for the request it answered. */
export type ChallengeOutcome = 'retry' | 'noCredentials' | 'wrongCredentials' | 'unsupported';

/** A client's memory of the server's challenge, so that later requests carry credentials at once. */
export class ClientAuthenticator {
  readonly #credentials: Credentials | undefined;
  readonly #clientNonce: string;
  #challenge: Challenge | undefined;
  #nonceCount = 0;

  /** @param clientNonce unpredictable text; one per connection is enough, as the nonce count keeps requests apart. */
  constructor(credentials: Credentials | undefined, clientNonce: string) {
    this.#credentials = credentials;
    this.#clientNonce = clientNonce;
  }

  /** The `Authorization` value for a request; `undefined` until the server has asked. */
  header(method: string, url: string): string | undefined {
    if (this.#challenge === undefined || this.#credentials === undefined) return undefined;
    this.#nonceCount += 1;
    return authorize(
      this.#challenge,
      this.#credentials,
      { method, url },
      this.#nonceCount,
      this.#clientNonce,
    );
  }

  /**
   * Takes the challenges of a 401.
   *
   * @param wasAuthorized the refused request already carried credentials. It is tried again only when the
   * nonce may be what was wrong: cameras lock out an address after a handful of wrong passwords.
   * @param earlierChallenges how many 401s this request has had before this one.
   */
  challenged(values: readonly string[], wasAuthorized: boolean, earlierChallenges: number): ChallengeOutcome {
    const [strongest] = parseChallenges(values);
    if (strongest === undefined) return 'unsupported';
    if (this.#credentials === undefined) return 'noCredentials';
    const previous = this.#challenge;
    this.#challenge = strongest;
    this.#nonceCount = 0;
    if (!wasAuthorized) return 'retry';
    if (strongest.scheme === 'basic' || previous?.scheme !== 'digest') return 'wrongCredentials';
    // Without stale=true, an expired nonce shows by a new one in answer to a request that used an old one.
    const isExpired = earlierChallenges === 0 && strongest.nonce !== previous.nonce;
    const isStale = strongest.isStale === true && earlierChallenges < 2;
    return isExpired || isStale ? 'retry' : 'wrongCredentials';
  }
}
