import { createContext, use } from 'react';

export interface Overlays {
  readonly openPalette: () => void;
  readonly openHelp: () => void;
}

/** Opens what lies over any page. */
export const OverlaysContext = createContext<Overlays>({
  openPalette: () => undefined,
  openHelp: () => undefined,
});

export function useOverlays(): Overlays {
  return use(OverlaysContext);
}
