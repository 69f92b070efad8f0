export { blockingReload, parseDeliveryDirectives } from './blocking-reload.ts';
export type { DeliveryDirectives, PlaylistEdge, ReloadDecision } from './blocking-reload.ts';
export { HLS_LIMITS } from './limits.ts';
export { serializeMediaPlaylist } from './media-playlist.ts';
export type {
  ByteRange,
  EncryptionKey,
  InitSection,
  MediaPlaylist,
  MediaSegment,
  PartialSegment,
  PreloadHint,
  RenditionReport,
  SegmentStart,
  ServerControl,
} from './media-playlist.ts';
export { serializeMultivariantPlaylist } from './multivariant-playlist.ts';
export type { MultivariantPlaylist, Rendition, Variant } from './multivariant-playlist.ts';
export { parsePlaylist } from './parse-playlist.ts';
export type { Playlist } from './parse-playlist.ts';
export { applyDelta, deltaUpdate } from './playlist-delta.ts';
