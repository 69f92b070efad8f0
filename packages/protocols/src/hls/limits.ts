/** Bounds of what the playlist parsers accept, checked before memory is taken. */
export const HLS_LIMITS = {
  /** Bytes of one playlist. */
  playlistBytes: 4 * 1024 * 1024,
  /** Characters of one line. */
  lineLength: 16 * 1024,
  /** Attributes of one tag. */
  attributes: 64,
  /** Media segments of one playlist: a day and a half of 2 s segments. */
  segments: 65_536,
  /** Partial segments of one playlist. */
  parts: 65_536,
  /** Variants and renditions of one multivariant playlist. */
  variants: 1024,
} as const;
