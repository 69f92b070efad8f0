import type { Identity } from '../../access/identity.ts';
import type { PathSigner, SignedPath } from '../../access/tokens/path-signature.ts';
import type { HttpAccess } from '../http/http-access.ts';
import { HttpProblem } from '../http/problems.ts';
import { sessionNotFound, tooManyRequests } from './hls-problems.ts';
import type { HlsPeer, HlsSession, HlsSessions } from './hls-sessions.ts';

/** How paths are signed, that caches may keep what lies below. */
export interface SignedPaths {
  readonly signer: Pick<PathSigner, 'sign' | 'verify'>;
  /** Who it is; `undefined`: he is no more. */
  readonly identityOf: (path: SignedPath) => Identity | undefined;
}

/** Signed paths whose session was ended by somebody. */
const MAX_CLOSED = 10_000;

/**
 * Viewing by signed paths: everybody who was given the same one shares a session, for between him and here there may
 * be a cache that asks once for all. The signature says who was let in; whether he still may is asked at each request.
 */
export class SignedViewing {
  readonly #paths: SignedPaths;
  readonly #sessions: HlsSessions;
  readonly #access: HttpAccess;
  readonly #closed = new Set<string>();
  readonly #now: () => number;

  constructor(paths: SignedPaths, sessions: HlsSessions, access: HttpAccess, now: () => number = Date.now) {
    this.#paths = paths;
    this.#sessions = sessions;
    this.#access = access;
    this.#now = now;
  }

  /**
   * The segment of his path, for somebody who has just been let in; `undefined`: he is nobody to whom one can be
   * given. A session of it that was ended may begin again.
   */
  sign(identity: Identity, cameraId: string): string | undefined {
    const segment = this.#paths.signer.sign(identity, cameraId, this.#now());
    if (segment !== undefined) this.#closed.delete(segment);
    return segment;
  }

  /**
   * The session of a signed path.
   *
   * @throws {HttpProblem} the path is not ours or over (404), or who it was given to may no longer view (403).
   */
  session(segment: string, cameraId: string, peer: Omit<HlsPeer, 'identity'>): HlsSession {
    const path = this.#paths.signer.verify(segment, cameraId, this.#now());
    if (path === undefined || this.#closed.has(segment)) throw sessionNotFound(cameraId);
    const identity = this.#paths.identityOf(path);
    if (identity === undefined || this.#access.rights.decide(identity, 'view', cameraId) !== 'yes') {
      this.#sessions.find(segment, cameraId)?.close('the viewer may no longer watch');
      throw new HttpProblem(403, 'ERR_FORBIDDEN', 'Not allowed', 'This address is no longer good.');
    }
    const known = this.#sessions.find(segment, cameraId);
    if (known !== undefined) return known;
    const session = this.#sessions.invite(cameraId, { ...peer, identity }, segment);
    if (session === undefined) throw tooManyRequests('Too many viewers from this address.');
    session.hasLadder = true;
    session.onEnded = () => this.#close(segment);
    return session;
  }

  #close(segment: string): void {
    this.#closed.add(segment);
    const [oldest] = this.#closed;
    if (this.#closed.size > MAX_CLOSED && oldest !== undefined) this.#closed.delete(oldest);
  }
}
