import type { Credentials } from '../../door.ts';
import type { Proof, Prover } from '../../prover.ts';
import type { WebSessions } from '../web-sessions.ts';
import { proofOfUser } from './user-identity.ts';

/** The cookie of the dashboard. */
export class CookieProver implements Prover {
  readonly #sessions: WebSessions;

  constructor(sessions: WebSessions) {
    this.#sessions = sessions;
  }

  prove(credentials: Credentials): Proof | undefined {
    if (credentials.kind !== 'cookie') return undefined;
    const found = this.#sessions.find(credentials.value);
    return found === undefined ? undefined : proofOfUser(found.user);
  }
}
