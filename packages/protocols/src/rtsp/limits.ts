/** What one peer may make an `RtspParser` hold. Every limit is checked before memory is taken. */
export interface RtspLimits {
  /** Longest start line or header line, in bytes, without its line end. */
  readonly lineBytes: number;
  /** Start line and headers together, in bytes. */
  readonly headerBytes: number;
  /** Header lines of one message. */
  readonly headerCount: number;
  /** Largest `Content-Length`. */
  readonly bodyBytes: number;
  /** Largest payload of an interleaved frame; the wire allows 65 535. */
  readonly frameBytes: number;
  /** Bytes that may be skipped in a row to find the next frame or message; 0 means the peer may send no garbage. */
  readonly garbageBytes: number;
}

/** For servers: any stranger may connect, and honest clients frame their messages well. */
export const RTSP_SERVER_LIMITS: RtspLimits = {
  lineBytes: 4096,
  headerBytes: 16_384,
  headerCount: 64,
  bodyBytes: 65_536,
  frameBytes: 65_535,
  garbageBytes: 0,
};

/** For clients: one camera the user chose; its descriptions may be long and its framing sloppy. */
export const RTSP_CLIENT_LIMITS: RtspLimits = {
  lineBytes: 8192,
  headerBytes: 32_768,
  headerCount: 128,
  bodyBytes: 262_144,
  frameBytes: 65_535,
  garbageBytes: 65_536,
};
