import { randomBytes } from 'node:crypto';
import type { RtspRequest, RtspResponse, ServerSessionState } from '@vedette/protocols';
import { rtspResponse, serializeSession } from '@vedette/protocols';
import type { SessionRegistry } from '../../sessions/session-registry.ts';
import type { DatagramPorts } from './datagram-ports.ts';
import type { RtspServerLimits } from './limits.ts';
import type { RtspPeer } from './rtsp-peer.ts';

/** The connection that a session is controlled by. */
export interface SessionConnection {
  readonly peer: RtspPeer;
  /** The session has ended: gives the peer a moment to leave by itself, then ends the connection. */
  farewell(session: RtspSession): void;
  /** Ends the connection at once. */
  abort(reason: string): void;
  /** The session is over. */
  releaseSession(session: RtspSession): void;
}

/** One peer's RTSP session: watches or publishes one camera. */
export interface RtspSession {
  readonly id: string;
  readonly cameraId: string;
  /** Where it was made. */
  readonly peerAddress: string;
  readonly state: ServerSessionState;
  /** Packets travel by UDP: the session outlives the loss of its connection (RFC 2326 §1.4). */
  readonly isDatagram: boolean;
  /** `undefined` after its loss. */
  connection: SessionConnection | undefined;
  /** When the peer last showed that it is there, on the server's clock. */
  lastSeenMs: number;
  /** An interleaved frame of the session's connection. */
  onFrame(channel: number, payload: Uint8Array): void;
  /**
   * Ends the session. Safe to call twice.
   *
   * @param reason for the log and, where `isPolite`, for the peer.
   */
  close(reason: string, isPolite: boolean): void;
}

/** What becomes of the connection when its session is over. */
export type SessionEnd = 'keep' | 'farewell' | 'abort';

/** What sessions need of the server. */
export interface SessionHost {
  readonly registry: SessionRegistry;
  readonly limits: RtspServerLimits;
  readonly udp: DatagramPorts | undefined;
  now(): number;
  /** A session is over. `farewell`: its connection has no further purpose; `abort`: and nobody reads it. */
  onSessionEnd(session: RtspSession, then: SessionEnd): void;
}

/** Unpredictable, so that nobody can end another's session (RFC 2326 §3.4). */
export function createSessionId(): string {
  return randomBytes(8).toString('hex');
}

/** A response that carries the session. */
export function sessionResponse(
  request: RtspRequest,
  session: Pick<RtspSession, 'id'>,
  host: Pick<SessionHost, 'limits'>,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): RtspResponse {
  const timeoutSeconds = Math.ceil(host.limits.sessionTimeoutMs / 1000);
  return rtspResponse(request, status, {
    Session: serializeSession({ id: session.id, timeoutSeconds }),
    ...headers,
  });
}

/** `response` with a phrase that says more than its code; line breaks cannot be in it. */
export function withReason(response: RtspResponse, reason: string): RtspResponse {
  return { ...response, reason: reason.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 200) };
}
