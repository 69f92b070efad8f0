/** What strangers may cost the RTSP server; whoever goes over is closed, alone, with one line in the log. */
export interface RtspServerLimits {
  /** Connections at a time, over all listeners. */
  readonly connections: number;
  /** Connections at a time from one address. */
  readonly connectionsPerAddress: number;
  /** SETUP requests of one session; clients send one a track. */
  readonly setups: number;
  /** Requests of one connection within ten seconds. */
  readonly requestsPerTenSeconds: number;
  /** Bytes of answers that a client may leave unread while it plays nothing. */
  readonly unreadAnswerBytes: number;
  /** Time from connecting to the end of the first request, and for each message from its first byte to its last. */
  readonly messageMs: number;
  /** A session without any sign of life ends after this; told to clients in `Session`. */
  readonly sessionTimeoutMs: number;
  /** How long a peer that was told of the end of its session may take to hang up by itself. */
  readonly farewellMs: number;
  /** How long DESCRIBE waits for a camera that is connecting. */
  readonly describeWaitMs: number;
  /** Wrong passwords and tokens of one connection in a row; those of an address are counted behind the door. */
  readonly wrongCredentials: number;
  /** How long somebody who was let in may take from DESCRIBE to SETUP. */
  readonly admissionMs: number;
  /** How long a nonce is good for whoever logs in by it. */
  readonly nonceLifeMs: number;
}

export const RTSP_SERVER_DEFAULTS: RtspServerLimits = {
  connections: 4096,
  connectionsPerAddress: 1024,
  setups: 32,
  requestsPerTenSeconds: 2000,
  unreadAnswerBytes: 256 * 1024,
  messageMs: 10_000,
  sessionTimeoutMs: 60_000,
  farewellMs: 700,
  describeWaitMs: 8000,
  wrongCredentials: 2,
  admissionMs: 60_000,
  nonceLifeMs: 300_000,
};
