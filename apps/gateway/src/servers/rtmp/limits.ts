import type { ConnectionLimits } from '../connection-guard.ts';

/** What strangers may cost the RTMP server; whoever goes over is closed, alone, with one line in the log. */
export interface RtmpServerLimits extends ConnectionLimits {
  /** From connecting to the end of the command `connect`, the TLS handshake included. */
  readonly handshakeMs: number;
  /** A connection that neither publishes nor plays ends after this. */
  readonly idleMs: number;
  /** How long a player waits for a camera that is connecting. */
  readonly playWaitMs: number;
  /** Bytes that a client may send within ten seconds while it does not publish. */
  readonly idleBytesPerTenSeconds: number;
  /** The same while it is being decided whether it may: encoders that do not wait have begun to send. */
  readonly earlyMediaBytes: number;
  /** Answers to one connection within ten seconds. */
  readonly answersPerTenSeconds: number;
  /** Bytes of answers that a client may leave unread while it plays nothing. */
  readonly unreadAnswerBytes: number;
}

export const RTMP_SERVER_DEFAULTS: RtmpServerLimits = {
  connections: 4096,
  connectionsPerAddress: 1024,
  handshakeMs: 10_000,
  idleMs: 30_000,
  playWaitMs: 8000,
  idleBytesPerTenSeconds: 1024 * 1024,
  earlyMediaBytes: 4 * 1024 * 1024,
  answersPerTenSeconds: 2000,
  unreadAnswerBytes: 256 * 1024,
};
