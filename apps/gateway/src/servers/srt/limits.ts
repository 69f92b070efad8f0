/** What strangers may cost the SRT server. */
export interface SrtServerLimits {
  /** Connections at a time. */
  readonly connections: number;
  /** Connections at a time from one address. */
  readonly connectionsPerAddress: number;
  /** Passphrases checked within a second, each a millisecond of the CPU; callers that are over ask again by themselves. */
  readonly secretsPerSecond: number;
  readonly secretsPerSecondPerAddress: number;
  /** How long a viewer waits for a camera that is connecting. */
  readonly liveWaitMs: number;
  /** Between lines about refused callers: whoever floods must not fill the log. */
  readonly refusalLogMs: number;
}

export const SRT_SERVER_DEFAULTS: SrtServerLimits = {
  connections: 4096,
  connectionsPerAddress: 1024,
  secretsPerSecond: 100,
  secretsPerSecondPerAddress: 20,
  liveWaitMs: 8000,
  refusalLogMs: 1000,
};
