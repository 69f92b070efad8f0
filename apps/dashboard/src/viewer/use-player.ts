import type { CameraPlayer, PlaybackStats, PlayerState, QualityState } from '@vedette/client';
import type { Camera } from '@vedette/contract';
import { useEffect, useLayoutEffect, useState, useSyncExternalStore, type RefObject } from 'react';
import { players } from './players.ts';

/**
 * The camera's player, playing inside `container` while the component is there. For one camera per
 * component: give the component the camera as its key.
 */
export function usePlayer(
  cameraId: string,
  camera: Camera | undefined,
  container: RefObject<HTMLElement | null>,
): CameraPlayer {
  const [player] = useState(() => players.warm(cameraId, camera));
  useLayoutEffect(() => {
    const held = players.acquire(cameraId);
    if (container.current !== null) held.attach(container.current);
    return () => players.release(cameraId);
  }, [cameraId, container]);
  useEffect(() => {
    if (camera !== undefined) player.update(camera);
  }, [camera, player]);
  return player;
}

export function usePlayerState(player: CameraPlayer): PlayerState {
  return useSyncExternalStore(
    (listener) => player.on('state', listener),
    () => player.state,
  );
}

export function useIsMuted(player: CameraPlayer): boolean {
  return useSyncExternalStore(
    (listener) => player.on('sound', listener),
    () => player.isMuted,
  );
}

/** Which rendition plays, and what there is to choose from; `null` where nobody knows. */
export function useQuality(player: CameraPlayer): QualityState | null {
  return useSyncExternalStore(
    (listener) => player.on('quality', listener),
    () => player.quality,
  );
}

const STATS_EVERY_MS = 1000;

/** Figures, once a second for as long as they are looked at; `null` before the first and while nothing plays. */
export function useStats(player: CameraPlayer): PlaybackStats | null {
  const [stats, setStats] = useState<PlaybackStats | null>(null);
  useEffect(() => {
    let isGone = false;
    const read = async (): Promise<void> => {
      const next = await player.stats();
      if (!isGone) setStats(next);
    };
    void read();
    const timer = setInterval(() => void read(), STATS_EVERY_MS);
    return () => {
      isGone = true;
      clearInterval(timer);
    };
  }, [player]);
  return stats;
}
