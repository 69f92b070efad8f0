import { PlayerPool, type ProtocolChoice } from '@vedette/client';

const KEY = 'vedette.protocol';

function isChoice(value: unknown): value is ProtocolChoice {
  return value === 'auto' || value === 'webrtc' || value === 'hls';
}

function choices(): Record<string, unknown> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}') as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** How the person wants this camera played: `?protocol=` in the address, else what was chosen last. */
function storedChoice(cameraId: string): ProtocolChoice {
  const asked = new URLSearchParams(location.search).get('protocol');
  if (isChoice(asked)) return asked;
  const stored = choices()[cameraId];
  return isChoice(stored) ? stored : 'auto';
}

/** All players of the page: begun before the page is built, and handed from view to view. */
export const players = new PlayerPool((cameraId) => ({ choice: storedChoice(cameraId) }));

export function rememberChoice(cameraId: string, choice: ProtocolChoice): void {
  const others = Object.entries(choices()).filter(([id]) => id !== cameraId);
  const all = choice === 'auto' ? others : [...others, [cameraId, choice]];
  try {
    localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(all)));
  } catch {
    // Blocked or full: it holds for this page.
  }
}
