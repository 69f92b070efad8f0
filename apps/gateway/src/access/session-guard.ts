import type { Logger } from '../observability/logger.ts';
import type { SessionRecord, SessionRegistry } from '../sessions/session-registry.ts';
import { identityKey, personOf, type Identity } from './identity.ts';
import type { Rights } from './rights.ts';

export interface SessionGuardOptions {
  readonly sessions: Pick<SessionRegistry, 'list'>;
  readonly rights: Pick<Rights, 'decide' | 'onChange'>;
  readonly logger: Logger;
}

/** Why sessions are ended here, as it is logged. */
const PERMISSION_WITHDRAWN = 'permission withdrawn';

/** Hours end, tokens expire, and identities from outside do: nobody says so. */
const INTERVAL_MS = 1000;
/** Changes that come together are looked at together. */
const GATHER_MS = 50;

/** Ends the sessions of those who may no longer do what they do, within a second. */
export class SessionGuard {
  readonly #sessions: SessionGuardOptions['sessions'];
  readonly #rights: SessionGuardOptions['rights'];
  readonly #logger: Logger;
  /** Told to end; some take a moment, to end politely. */
  readonly #told = new WeakSet<SessionRecord>();
  #interval: NodeJS.Timeout | undefined;
  #gathering: NodeJS.Timeout | undefined;
  #stopListening: (() => void) | undefined;

  constructor({ sessions, rights, logger }: SessionGuardOptions) {
    this.#sessions = sessions;
    this.#rights = rights;
    this.#logger = logger;
  }

  start(): void {
    this.#interval ??= setInterval(() => this.check(), INTERVAL_MS).unref();
    this.#stopListening ??= this.#rights.onChange(() => {
      this.#gathering ??= setTimeout(() => this.check(), GATHER_MS).unref();
    });
  }

  /** Looks at every session now. */
  check(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    for (const session of this.#sessions.list()) {
      if (!this.#isAllowed(session)) this.#end(session, PERMISSION_WITHDRAWN);
    }
  }

  /** Ends all sessions of one identity, as `identityKey` names it. @returns how many. */
  endSessionsOf(key: string, reason: string): number {
    return this.#endWhere((identity) => identityKey(identity) === key, reason);
  }

  /** Ends all sessions of a user, also those by his stream tokens. @returns how many. */
  endSessionsOfUser(userId: string, reason: string): number {
    return this.#endWhere((identity) => personOf(identity) === userId, reason);
  }

  /** Safe to call twice. */
  close(): void {
    clearInterval(this.#interval);
    clearTimeout(this.#gathering);
    this.#stopListening?.();
  }

  #isAllowed({ identity, kind, cameraId }: SessionRecord): boolean {
    return this.#rights.decide(identity, kind, cameraId) === 'yes';
  }

  #endWhere(isMeant: (identity: Identity) => boolean, reason: string): number {
    const meant = this.#sessions.list().filter(({ identity }) => isMeant(identity));
    for (const session of meant) this.#end(session, reason);
    return meant.length;
  }

  #end(session: SessionRecord, reason: string): void {
    if (this.#told.has(session)) return;
    this.#told.add(session);
    try {
      session.owner.close(reason);
    } catch (error) {
      // The others have to end all the same; this one is told again.
      this.#told.delete(session);
      this.#logger.error({ err: error, session: session.id }, 'a session could not be ended');
    }
  }
}
