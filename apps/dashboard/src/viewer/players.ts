import { PlayerPool, type ProtocolChoice } from '@vedette/client';
import { PAGE_TOKEN } from '../account/page-token.ts';

const KEY = 'vedette.protocol';
const QUALITY_KEY = 'vedette.quality';

function isChoice(value: unknown): value is ProtocolChoice {
  return value === 'auto' || value === 'webrtc' || value === 'mse' || value === 'hls';
}

function stored(key: string): Record<string, unknown> {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '{}') as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** How the person wants this camera played: `?protocol=` in the address, else what was chosen last. */
function storedChoice(cameraId: string): ProtocolChoice {
  const asked = new URLSearchParams(location.search).get('protocol');
  if (isChoice(asked)) return asked;
  const choice = stored(KEY)[cameraId];
  return isChoice(choice) ? choice : 'auto';
}

/** Which rendition the person wants of this camera: `?quality=`, else what was chosen last. */
function storedQuality(cameraId: string): string {
  const asked = new URLSearchParams(location.search).get('quality') ?? stored(QUALITY_KEY)[cameraId];
  return typeof asked === 'string' && /^[A-Za-z0-9_-]{1,32}$/.test(asked) ? asked : 'auto';
}

/** All players of the page: begun before the page is built, and handed from view to view. */
export const players = new PlayerPool((cameraId) => ({
  token: PAGE_TOKEN,
  choice: storedChoice(cameraId),
  quality: storedQuality(cameraId),
}));

export function rememberChoice(cameraId: string, choice: ProtocolChoice): void {
  remember(KEY, cameraId, choice);
}

export function rememberQuality(cameraId: string, quality: string): void {
  remember(QUALITY_KEY, cameraId, quality);
}

function remember(key: string, cameraId: string, choice: string): void {
  const others = Object.entries(stored(key)).filter(([id]) => id !== cameraId);
  const all = choice === 'auto' ? others : [...others, [cameraId, choice]];
  try {
    localStorage.setItem(key, JSON.stringify(Object.fromEntries(all)));
  } catch {
    // Blocked or full: it holds for this page.
  }
}
