import type { Camera as CameraJson, CameraState as StateJson, TrackInfo } from '@vedette/contract';
import { audioCodecString, type Track } from '@vedette/media';
import type { Camera } from '../cameras/camera.ts';
import type { CameraState } from '../cameras/directory.ts';
import { redactAddress } from '../cameras/redact.ts';

function instant(ms: number): string {
  return new Date(ms).toISOString();
}

function stateJson(state: CameraState): StateJson {
  const since = instant(state.sinceMs);
  switch (state.name) {
    case 'live':
    case 'waiting':
    case 'idle':
      return { name: state.name, since };
    case 'connecting':
      return { name: 'connecting', since, attempt: state.attempt };
    case 'offline': {
      const { code, reason, attempt, nextAttemptMs } = state;
      const nextAttemptAt = nextAttemptMs === undefined ? null : instant(nextAttemptMs);
      return { name: 'offline', since, code, reason, attempt, nextAttemptAt };
    }
  }
}

export function trackJson(track: Track): TrackInfo {
  if (track.kind === 'audio') {
    const { kind, codec, sampleRate, channels } = track;
    return { kind, codec, codecString: audioCodecString(track), sampleRate, channels };
  }
  const { codecString, profile, width, height, frameRate, reorderDepth } = track.video;
  return {
    kind: track.kind,
    codec: track.codec,
    codecString,
    profile,
    width,
    height,
    ...(frameRate === undefined ? {} : { frameRate }),
    hasReorderedPictures: reorderDepth > 0,
  };
}

/** What others know of a camera. */
export interface CameraFacts {
  readonly managedBy: CameraJson['managedBy'];
  readonly groups: Iterable<string>;
  readonly zones: Iterable<string>;
  readonly viewers: number;
  readonly rates: { readonly bitrate: number; readonly frameRate: number };
}

/** A camera as the API shows it: never its credentials. */
export function cameraJson(
  camera: Camera,
  { managedBy, groups, zones, viewers, rates }: CameraFacts,
): CameraJson {
  const { id, config, state, stream } = camera;
  return {
    id,
    name: config.name ?? id,
    source: redactAddress(config.source),
    managedBy,
    groups: [...groups].sort(),
    zones: [...zones].sort(),
    state: stateJson(state),
    tracks: stream.tracks.map(trackJson),
    viewers,
    bitrate: rates.bitrate,
    frameRate: rates.frameRate,
    lastPictureAt: stream.lastPictureMs === undefined ? null : instant(stream.lastPictureMs),
  };
}
