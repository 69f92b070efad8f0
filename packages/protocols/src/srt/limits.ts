/** What a peer's bytes may ask of us; checked before memory is taken. */
export const SRT_LIMITS = {
  /** Largest datagram taken: Ethernet's MTU less the headers of IPv4 and UDP. */
  datagramBytes: 1472,
  /** Media bytes of one data packet: seven packets of MPEG-TS (the live mode of every implementation). */
  payloadBytes: 1316,
  /** Extensions of one handshake. */
  extensions: 16,
  /** Bytes of a stream id (draft-sharabayko-srt §3.2.1.3). */
  streamIdBytes: 512,
  /** Packets that wait for their time or for a missing one; also the flow window that peers are told. */
  receiveWindow: 8192,
  /** Packets that wait to be sent or acknowledged. */
  sendWindow: 32_768,
  /** Latencies above this are a mistake of units. The field has 16 bits. */
  latencyMs: 30_000,
} as const;

/** Length of the header of every packet. */
export const SRT_HEADER_LENGTH = 16;
