import { useSyncExternalStore } from 'react';

function subscribe(listener: () => void): () => void {
  document.addEventListener('fullscreenchange', listener);
  return () => document.removeEventListener('fullscreenchange', listener);
}

/** The element that fills the screen, or `null`. Menus and tooltips have to be put inside it to be seen. */
export function useFullScreenElement(): Element | null {
  return useSyncExternalStore(subscribe, () => document.fullscreenElement);
}

/** Whether the whole page fills the screen, as on a wall: only pictures are shown then. */
export function useIsWall(): boolean {
  return useFullScreenElement() === document.documentElement;
}

/** Safari on phones fills the screen with a `<video>` only. */
type PhoneVideo = HTMLVideoElement & { readonly webkitEnterFullscreen?: () => void };

/** Fills the screen with `element`, or leaves it. A refusal (no gesture, not allowed in a frame) changes nothing. */
export async function toggleFullScreen(element: Element, video?: HTMLVideoElement): Promise<void> {
  try {
    if (document.fullscreenElement !== null) await document.exitFullscreen();
    else if (document.fullscreenEnabled) await element.requestFullscreen();
    else (video as PhoneVideo | undefined)?.webkitEnterFullscreen?.();
  } catch {
    // Stay as we are.
  }
}
