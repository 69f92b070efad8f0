/** Limits on RTMP from strangers. */
export const RTMP_LIMITS = {
  /** Bytes of one message with media: as many as its 24 bits allow. */
  mediaMessageBytes: 16 * 1024 * 1024 - 1,
  /** Bytes of one message of a peer that does not publish: commands are short. */
  commandMessageBytes: 64 * 1024,
  /** Chunk streams of one connection; encoders use four. */
  chunkStreams: 64,
  /** Bytes of messages that are not complete, over all chunk streams. */
  unfinishedBytes: 24 * 1024 * 1024,
  /** Messages with media of a publisher that does not wait to be let in; their bytes are counted by the connection. */
  heldMessages: 2048,
  /** Characters of an application's or a stream's name, the query with its token included. */
  nameLength: 9000,
  /** Tags in one aggregate message. */
  aggregateTags: 1024,
} as const;
