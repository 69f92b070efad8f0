import { randomUUID } from 'node:crypto';
import type { Identity } from '../access/identity.ts';

/** Protocols by which peers take or give media; the label of metrics and the sessions list. */
export type SessionProtocol = 'rtsp' | 'webrtc' | 'hls' | 'rtmp' | 'srt' | 'mse' | 'flv' | 'ts' | 'mjpeg';

export interface SessionInfo {
  readonly protocol: SessionProtocol;
  readonly kind: 'view' | 'publish';
  readonly cameraId: string;
  /** Peer as `address:port`, or the address alone where several connections make one session. */
  readonly peer: string;
  /** Player's or encoder's name for itself, as sent; at most 200 characters are kept. */
  readonly userAgent?: string | undefined;
  /** How it is carried: `tcp`, `udp`, `tls`, … */
  readonly transport: string;
  /** Who views or publishes. */
  readonly identity: Identity;
}

/** How the peer says it receives. */
export interface NetworkQuality {
  /** Share of packets lost lately. */
  readonly lossPercent: number;
  readonly jitterMs: number;
  /** `undefined` until measured. */
  readonly roundTripMs?: number;
}

/** Totals that the session's owner keeps; read when somebody looks, never pushed. */
export interface SessionTotals {
  /** Media bytes handed to (view) or taken from (publish) the peer. */
  readonly bytes: number;
  /** Units dropped because the peer was slow. */
  readonly dropped: number;
  /** Bytes that wait for the peer now. */
  readonly queuedBytes: number;
  /** Where the protocol has reports. */
  readonly network?: NetworkQuality;
}

export interface SessionOwner {
  totals(): SessionTotals;
  /** Ends the session with the protocol's own words; `reason` is logged. */
  close(reason: string): void;
}

export interface SessionRecord extends SessionInfo {
  readonly id: string;
  readonly startedAtMs: number;
  readonly owner: SessionOwner;
}

/** Told of every start and end, one call each: logs and metrics hang here. */
export interface SessionObserver {
  started(session: SessionRecord): void;
  ended(session: SessionRecord, reason: string): void;
}

const MAX_USER_AGENT = 200;

/** Who is watching or publishing, whatever the protocol: one list for the API, logs, metrics and revocation. */
export class SessionRegistry {
  readonly #sessions = new Map<string, SessionRecord>();
  readonly #observer: SessionObserver;
  readonly #now: () => number;

  constructor(observer: SessionObserver, now: () => number = Date.now) {
    this.#observer = observer;
    this.#now = now;
  }

  /**
   * Enters a session that has begun.
   *
   * @returns its record, and `end`, to be called once by the owner when it is over, with the reason
   * (further calls do nothing).
   */
  begin(info: SessionInfo, owner: SessionOwner): { record: SessionRecord; end: (reason: string) => void } {
    const record: SessionRecord = {
      ...info,
      userAgent: info.userAgent?.slice(0, MAX_USER_AGENT),
      id: randomUUID(),
      startedAtMs: this.#now(),
      owner,
    };
    this.#sessions.set(record.id, record);
    this.#observer.started(record);
    return {
      record,
      end: (reason) => {
        if (this.#sessions.delete(record.id)) this.#observer.ended(record, reason);
      },
    };
  }

  get(id: string): SessionRecord | undefined {
    return this.#sessions.get(id);
  }

  list(): SessionRecord[] {
    return [...this.#sessions.values()];
  }

  /** How many view `cameraId` now. */
  viewers(cameraId: string): number {
    let count = 0;
    for (const session of this.#sessions.values()) {
      if (session.cameraId === cameraId && session.kind === 'view') count += 1;
    }
    return count;
  }
}
