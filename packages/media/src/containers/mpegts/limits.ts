/** Limits on what is read out of a transport stream; those of pictures are `NAL_LIMITS`. */
export const TS_LIMITS = {
  /** Bytes without a sync byte where one has to be. */
  unsyncedBytes: 64 * 1024,
  /** Bytes in which a program with something to play has to be announced. */
  bytesBeforeProgram: 8 * 1024 * 1024,
  /** Programs whose tables are looked at. */
  programs: 64,
  /** Elementary streams of a program. */
  elementaryStreams: 64,
  /** Bytes of one PES packet of sound or data. */
  audioPesBytes: 256 * 1024,
  /** Bytes of one audio frame. */
  audioFrameBytes: 16 * 1024,
} as const;
