import type { CameraPlayer } from '@vedette/client';
import { planGrid, tilePlaces, type Layout } from './live/grid-layout.ts';

/** What the pictures will be part of; where that is on the page is in the style sheet. */
export type EarlyPage = 'grid' | 'camera' | 'camera-alone' | 'embedded';

const ID = 'early';

function place(player: CameraPlayer, layer: HTMLElement, style: Readonly<Record<string, string>>): void {
  const holder = document.createElement('div');
  Object.assign(holder.style, style, { position: 'absolute' });
  layer.append(holder);
  player.attach(holder);
}

/**
 * Shows pictures where the application is going to have them, before it is there. It takes them over
 * from here, in the same place, so that nothing is seen of the change.
 */
export function showEarly(page: EarlyPage, players: readonly CameraPlayer[], layout: Layout = 1): void {
  // Nothing is painted before the style sheet is there, and without it nothing has its size.
  requestAnimationFrame(() => {
    if (document.getElementById('root')?.hasChildNodes() === true) return;
    const layer = document.createElement('div');
    layer.id = ID;
    layer.className = `early early-${page}`;
    document.body.append(layer);
    const [only] = players;
    if (page !== 'grid') {
      if (only !== undefined) place(only, layer, { inset: '0' });
      return;
    }
    const area = { width: layer.clientWidth, height: layer.clientHeight };
    const places = tilePlaces(planGrid(layout, players.length, area), players.length, area);
    for (const [index, { left, top, width, height }] of places.entries()) {
      const player = players[index];
      const style = { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` };
      if (player !== undefined) place(player, layer, style);
    }
  });
}

/** The application is there: its views have taken the pictures. */
export function endEarly(): void {
  document.getElementById(ID)?.remove();
}
