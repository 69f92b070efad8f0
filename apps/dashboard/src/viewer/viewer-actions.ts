import type { CameraPlayer } from '@vedette/client';
import { snapshotName } from '../format/format.ts';
import { toggleFullScreen } from '../ui/full-screen.ts';
import { players } from './players.ts';

/** What a person can do with a picture, by key or by button. */
export interface ViewerActions {
  readonly toggleFullScreen: () => void;
  readonly toggleSound: () => void;
  readonly saveSnapshot: () => void;
  readonly toggleStatistics: () => void;
  readonly togglePictureInPicture: () => void;
}

const BY_KEY: Readonly<Record<string, keyof ViewerActions>> = {
  f: 'toggleFullScreen',
  m: 'toggleSound',
  s: 'saveSnapshot',
  i: 'toggleStatistics',
  p: 'togglePictureInPicture',
};

/** Does what `key` stands for; `false` when it stands for nothing. */
export function actByKey(key: string, actions: ViewerActions | null | undefined): boolean {
  const name = BY_KEY[key];
  if (name === undefined || actions === null || actions === undefined) return false;
  actions[name]();
  return true;
}

async function saveSnapshot(player: CameraPlayer): Promise<void> {
  const picture = await player.capture();
  if (picture === null) return;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(picture);
  link.download = snapshotName(player.cameraId, new Date(player.lastPictureAtMs ?? Date.now()));
  link.click();
  // The download has its own hold on the picture once it began.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

async function togglePictureInPicture({ video }: CameraPlayer): Promise<void> {
  try {
    if (document.pictureInPictureElement !== null && document.pictureInPictureElement === video) {
      await document.exitPictureInPicture();
    } else {
      await video?.requestPictureInPicture();
    }
  } catch {
    // Refused by the browser or the person: nothing to mend.
  }
}

function toggleSound(player: CameraPlayer, hasSound: boolean): void {
  if (!hasSound) return;
  if (player.isMuted) players.muteOthers(player.cameraId);
  player.setMuted(!player.isMuted);
}

export interface ViewerActionsOptions {
  readonly player: CameraPlayer;
  readonly hasSound: boolean;
  readonly toggleStatistics: () => void;
}

export function viewerActions({ player, hasSound, toggleStatistics }: ViewerActionsOptions): ViewerActions {
  return {
    toggleFullScreen: () => {
      // The picture with its controls, so that they are there in full screen too.
      const viewer = player.element.closest('[data-viewer]');
      if (viewer !== null) void toggleFullScreen(viewer, player.video);
    },
    toggleSound: () => toggleSound(player, hasSound),
    saveSnapshot: () => void saveSnapshot(player),
    toggleStatistics,
    togglePictureInPicture: () => void togglePictureInPicture(player),
  };
}
