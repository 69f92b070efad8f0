export { ApiClient, ApiError, UnreachableError } from './api/api-client.ts';
export { mediaUrls, type MediaUrls } from './api/media-urls.ts';
export { preloadHls } from './hls/hls-playback.ts';
export { CameraPlayer, type CameraPlayerEvents, type CameraPlayerOptions } from './player/camera-player.ts';
export { codecLabel, findObstacles, type Capabilities } from './player/obstacles.ts';
export type {
  Obstacle,
  Playback,
  PlaybackFailure,
  PlaybackStats,
  Protocol,
  ProtocolChoice,
  QualityState,
} from './player/playback.ts';
export type { PlayerState } from './player/player-model.ts';
export { PlayerPool } from './player/player-pool.ts';
export type { PublishStats } from './webrtc/publish-stats.ts';
export type { PublishFailure } from './webrtc/whip-failure.ts';
export { WhipPublisher, type PublisherState, type WhipPublisherOptions } from './webrtc/whip-publisher.ts';
