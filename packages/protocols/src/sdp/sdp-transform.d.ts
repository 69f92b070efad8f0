/** The part of sdp-transform 3 that is used here; the package brings no types. */
declare module 'sdp-transform' {
  export interface RawConnection {
    version: number;
    ip: string;
  }

  export interface RawSection {
    invalid?: { value?: string | number }[];
    control?: string | number;
    mid?: string | number;
    direction?: string;
    connection?: RawConnection;
  }

  export interface RawMedia extends RawSection {
    type?: string;
    port?: number;
    protocol?: string;
    payloads?: string | number;
    rtp: { payload?: number; codec?: string | number; rate?: number; encoding?: string | number }[];
    fmtp: { payload?: number; config?: string | number }[];
  }

  export interface RawSession extends RawSection {
    version?: number;
    name?: string | number;
    origin?: {
      username?: string | number;
      sessionId?: string | number;
      sessionVersion?: string | number;
      netType?: string;
      ipVer?: number;
      address?: string | number;
    };
    timing?: { start: number; stop: number };
    media: RawMedia[];
  }

  const sdpTransform: {
    parse(text: string): RawSession;
    write(session: RawSession): string;
  };
  export default sdpTransform;
}
