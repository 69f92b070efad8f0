import { randomBytes } from 'node:crypto';
import type { Identity } from '../../access/identity.ts';
import type { SessionRegistry, SessionTotals } from '../../sessions/session-registry.ts';

export interface HlsSessionLimits {
  /** A session without a request for this long is over, ms. */
  readonly idleMs: number;
  /** Sessions at once, from everywhere and from one address. */
  readonly maxSessions: number;
  readonly maxSessionsPerAddress: number;
  /** Requests of one address that may be unanswered at once. */
  readonly maxRequestsPerAddress: number;
  /** A client that takes nothing of an answer for this long is cut off, ms: it keeps old media alive. */
  readonly stallMs: number;
}

export const HLS_SESSION_LIMITS: HlsSessionLimits = {
  idleMs: 30_000,
  maxSessions: 20_000,
  maxSessionsPerAddress: 2000,
  maxRequestsPerAddress: 2000,
  stallMs: 30_000,
};

/** Who asks. */
export interface HlsPeer {
  readonly address: string;
  readonly userAgent: string | undefined;
  /** `http` or `https`. */
  readonly transport: string;
  readonly identity: Identity;
}

const KEY_BYTES = 16;
const SWEEP_INTERVAL_MS = 5000;

/**
 * One viewer: everyone who plays by the address that one multivariant playlist gave out. HLS has no
 * connection, so the session begins with the first media playlist and ends when requests cease.
 */
export class HlsSession {
  /** Secret part of the viewer's addresses. */
  readonly key: string;
  readonly cameraId: string;
  readonly peer: HlsPeer;
  lastSeenMs: number;
  /** It was offered more than one quality. */
  hasLadder = false;
  /** Called where somebody ends it, such as an administrator; not where it ends by itself. */
  onEnded: (() => void) | undefined;
  readonly #onClose: (session: HlsSession) => void;
  readonly #requests = new Set<AbortController>();
  #bytes = 0;
  #end: ((reason: string) => void) | undefined;
  #isClosed = false;

  constructor(
    key: string,
    cameraId: string,
    peer: HlsPeer,
    nowMs: number,
    onClose: (session: HlsSession) => void,
  ) {
    this.key = key;
    this.cameraId = cameraId;
    this.peer = peer;
    this.lastSeenMs = nowMs;
    this.#onClose = onClose;
  }

  get isBusy(): boolean {
    return this.#requests.size > 0;
  }

  totals(): SessionTotals {
    return { bytes: this.#bytes, dropped: 0, queuedBytes: 0 };
  }

  /** Enters the viewer into the list of sessions; only the first call counts. */
  begin(registry: SessionRegistry): void {
    if (this.#end !== undefined || this.#isClosed) return;
    const { cameraId, peer } = this;
    const info = { protocol: 'hls', kind: 'view', cameraId, peer: peer.address } as const;
    const { userAgent, transport, identity } = peer;
    const close = (reason: string): void => {
      this.onEnded?.();
      this.close(reason);
    };
    this.#end = registry.begin(
      { ...info, userAgent, transport, identity },
      { totals: () => this.totals(), close },
    ).end;
  }

  countBytes(bytes: number): void {
    this.#bytes += bytes;
  }

  /** A signal that aborts when the client leaves or the session is closed; `done` when answered. */
  request(client: AbortSignal): { readonly signal: AbortSignal; readonly done: () => void } {
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    if (client.aborted) abort();
    client.addEventListener('abort', abort, { once: true });
    this.#requests.add(controller);
    return {
      signal: controller.signal,
      done: () => {
        client.removeEventListener('abort', abort);
        this.#requests.delete(controller);
      },
    };
  }

  close(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClose(this);
    for (const controller of this.#requests) controller.abort();
    this.#end?.(reason);
  }
}

/** All HLS viewers: bounded in number, ended when idle. */
export class HlsSessions {
  readonly #registry: SessionRegistry;
  readonly #limits: HlsSessionLimits;
  readonly #now: () => number;
  readonly #sessions = new Map<string, HlsSession>();
  readonly #perAddress = new Map<string, number>();
  readonly #requests = new Map<string, number>();
  #sweeper: NodeJS.Timeout | undefined;

  constructor(
    registry: SessionRegistry,
    limits: HlsSessionLimits = HLS_SESSION_LIMITS,
    now: () => number = () => performance.now(),
  ) {
    this.#registry = registry;
    this.#limits = limits;
    this.#now = now;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /**
   * A place for a viewer who may come; `undefined` when there are too many.
   *
   * @param key of viewers who share one address; else one is made that nobody can guess.
   */
  invite(
    cameraId: string,
    peer: HlsPeer,
    key = randomBytes(KEY_BYTES).toString('base64url'),
  ): HlsSession | undefined {
    const { maxSessions, maxSessionsPerAddress } = this.#limits;
    const fromThere = this.#perAddress.get(peer.address) ?? 0;
    if (this.#sessions.size >= maxSessions || fromThere >= maxSessionsPerAddress) return undefined;
    const session = new HlsSession(key, cameraId, peer, this.#now(), (closed) => this.#forget(closed));
    this.#sessions.set(session.key, session);
    this.#perAddress.set(peer.address, fromThere + 1);
    this.#sweeper ??= setInterval(() => this.sweep(), SWEEP_INTERVAL_MS).unref();
    return session;
  }

  /** The viewer of `key`, who has now been seen. */
  find(key: string, cameraId: string): HlsSession | undefined {
    const session = this.#sessions.get(key);
    if (session?.cameraId !== cameraId) return undefined;
    session.lastSeenMs = this.#now();
    return session;
  }

  /** The viewer plays: it appears in the list of sessions. */
  begin(session: HlsSession): void {
    session.begin(this.#registry);
  }

  /** Counts a request that may wait. @returns what to call when it is answered, or `undefined`: too many. */
  admit(address: string): (() => void) | undefined {
    const count = this.#requests.get(address) ?? 0;
    if (count >= this.#limits.maxRequestsPerAddress) return undefined;
    this.#requests.set(address, count + 1);
    return () => {
      const left = (this.#requests.get(address) ?? 1) - 1;
      if (left === 0) this.#requests.delete(address);
      else this.#requests.set(address, left);
    };
  }

  /** Ends idle sessions. Called by a timer; tests call it with a clock of their own. */
  sweep(): void {
    const nowMs = this.#now();
    for (const session of this.#sessions.values()) {
      if (session.isBusy) session.lastSeenMs = nowMs;
      else if (nowMs - session.lastSeenMs > this.#limits.idleMs) session.close('no requests any more');
    }
  }

  /** Ends all sessions, and with them the requests that wait. Safe to call twice. */
  close(): void {
    for (const session of this.#sessions.values()) session.close('server is shutting down');
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  #forget({ key, peer: { address } }: HlsSession): void {
    this.#sessions.delete(key);
    const left = (this.#perAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, left);
    if (this.#sessions.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}
