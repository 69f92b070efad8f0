/** Limits on what is put together from RTP packets; those of whole pictures are media's `NAL_LIMITS`. */
export const RTP_LIMITS = {
  /** Packets that one NAL unit or audio frame may be spread over. */
  fragments: 16_384,
  /** Bytes in one audio frame put together from fragments. */
  audioFrameBytes: 64 * 1024,
  /** Audio frames in one packet. */
  framesPerPacket: 64,
} as const;
