import type { Obstacle, PlayerState, Protocol } from '@vedette/client';
import type { Camera } from '@vedette/contract';

/** What a person sees of a camera: what the gateway says of it and what the player here makes of it, as one. */
export type ViewerState =
  | { readonly name: 'live' }
  | { readonly name: 'degraded'; readonly frameRate: number; readonly normalFrameRate: number }
  | {
      readonly name: 'connecting';
      /** Who connects: the gateway to the camera, or this page to the gateway. */
      readonly who: 'gateway' | 'player';
      readonly attempt: number;
      /** On the clock of `performance.now()`; `null`: now. */
      readonly nextAttemptAtMs: number | null;
      readonly cause: 'unreachable' | 'timeout' | 'lost' | null;
    }
  | {
      readonly name: 'offline';
      readonly sinceMs: number;
      readonly code: string;
      readonly reason: string;
      readonly nextAttemptAtMs: number | null;
    }
  | { readonly name: 'waiting' }
  | { readonly name: 'unsupported'; readonly obstacle: Obstacle; readonly alternative: Protocol | null }
  | { readonly name: 'forbidden' }
  | { readonly name: 'missing' }
  | { readonly name: 'paused' };

/** Fewer than this part of the normal pictures is worth a word. */
const DEGRADED_PART = 0.7;
/** A camera that just came up has no rate to judge yet. */
const SETTLING_MS = 10_000;

function degradation({ state, tracks, frameRate, lastPictureAt }: Camera): ViewerState {
  const normalFrameRate = tracks.find(({ kind }) => kind === 'video')?.frameRate;
  const liveMs = lastPictureAt === null ? 0 : Date.parse(lastPictureAt) - Date.parse(state.since);
  const isJudged = normalFrameRate !== undefined && frameRate > 0 && liveMs > SETTLING_MS;
  return isJudged && frameRate < normalFrameRate * DEGRADED_PART
    ? { name: 'degraded', frameRate, normalFrameRate }
    : { name: 'live' };
}

function connecting(player: Extract<PlayerState, { name: 'connecting' }>): ViewerState {
  const { attempt, nextAttemptAtMs, failure } = player;
  const kind = failure?.kind;
  const cause = kind === 'unreachable' || kind === 'timeout' || kind === 'lost' ? kind : null;
  return { name: 'connecting', who: 'player', attempt, nextAttemptAtMs, cause };
}

function playing(player: PlayerState, camera: Camera | undefined): ViewerState {
  switch (player.name) {
    case 'live':
      return camera === undefined ? { name: 'live' } : degradation(camera);
    case 'connecting':
      return connecting(player);
    case 'absent':
      return { name: 'connecting', who: 'player', attempt: 1, nextAttemptAtMs: null, cause: null };
    case 'unsupported':
      return { name: 'unsupported', obstacle: player.obstacle, alternative: player.alternative };
    case 'forbidden':
      return { name: 'forbidden' };
    case 'notFound':
      return { name: 'missing' };
    case 'paused':
      return { name: 'paused' };
  }
}

/**
 * @param camera absent while the list is not there yet.
 * @param isMissing the list is there, and the camera is not in it.
 */
export function viewerState(
  player: PlayerState,
  camera: Camera | undefined,
  isMissing: boolean,
): ViewerState {
  if (isMissing) return { name: 'missing' };
  const state = camera?.state;
  switch (state?.name) {
    case 'offline': {
      const { code, reason, nextAttemptAt } = state;
      const nextAttemptAtMs = nextAttemptAt === null ? null : Date.parse(nextAttemptAt);
      return { name: 'offline', sinceMs: Date.parse(state.since), code, reason, nextAttemptAtMs };
    }
    case 'waiting':
      return { name: 'waiting' };
    case 'connecting':
      // The last pictures may still be playing out.
      if (player.name === 'live') return { name: 'live' };
      return {
        name: 'connecting',
        who: 'gateway',
        attempt: state.attempt,
        nextAttemptAtMs: null,
        cause: null,
      };
    case 'live':
    case 'idle':
    case undefined:
      return playing(player, camera);
  }
}
