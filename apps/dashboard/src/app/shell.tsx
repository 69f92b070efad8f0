import { Outlet, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useMemo, useState, type ReactNode } from 'react';
import { useAccount } from '../account/use-account.ts';
import { endEarly } from '../early-pictures.ts';
import { isStrangersPage, loginAddress } from '../login/next-place.ts';
import { messages } from '../messages/index.ts';
import { CommandPalette } from '../palette/command-palette.tsx';
import { useIsWall } from '../ui/full-screen.ts';
import { useKeys } from '../ui/use-keys.ts';
import { GatewayBanner } from './gateway-banner.tsx';
import { OverlaysContext, type Overlays } from './overlays.ts';
import { Rail } from './rail.tsx';

const loadHelp = async (): Promise<typeof import('../help/help-dialog.tsx')> =>
  import('../help/help-dialog.tsx');
const HelpDialog = lazy(async () => ({ default: (await loadHelp()).HelpDialog }));

type Overlay = 'palette' | 'help' | null;

/** `Ctrl K` or `⌘ K`, wherever the focus is. */
function usePaletteKey(open: () => void): void {
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'k') return;
      event.preventDefault();
      open();
    };
    addEventListener('keydown', listener);
    return () => removeEventListener('keydown', listener);
  }, [open]);
}

/** `alone`: the pages of those who are not known yet. */
type Frame = 'whole' | 'embedded' | 'alone';

function frameOf({ pathname, search }: { pathname: string; search: object }): Frame {
  if (isStrangersPage({ pathname })) return 'alone';
  return pathname.startsWith('/live/') && 'embed' in search ? 'embedded' : 'whole';
}

/** Whoever is not known is asked who he is; an embedded player says so in its own words. */
function useLoginGuard(frame: Frame): void {
  const account = useAccount();
  useEffect(() => {
    if (frame === 'whole' && account === null) location.replace(loginAddress(location));
  }, [frame, account]);
}

/** What stands around every page. An embedded player and a wall have nothing around them. */
export function Shell(): ReactNode {
  const [overlay, setOverlay] = useState<Overlay>(null);
  const frame = useRouterState({ select: ({ location }) => frameOf(location) });
  const isEmbedded = frame === 'embedded';
  useLoginGuard(frame);
  const isWall = useIsWall();
  const overlays = useMemo<Overlays>(
    () => ({
      openPalette: () => setOverlay('palette'),
      // Where it can't be loaded the page stays as it is.
      openHelp: () =>
        void loadHelp().then(
          () => setOverlay('help'),
          () => undefined,
        ),
    }),
    [],
  );
  useEffect(endEarly, []);
  const close = (): void => setOverlay(null);
  usePaletteKey(overlays.openPalette);
  useKeys((key) => {
    if (key !== '?' || frame !== 'whole') return false;
    overlays.openHelp();
    return true;
  });
  if (frame !== 'whole') {
    return (
      <main className={isEmbedded ? 'h-full bg-video' : 'h-full'}>
        <Outlet />
      </main>
    );
  }
  return (
    <OverlaysContext value={overlays}>
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-raised focus:px-3 focus:py-2"
      >
        {messages.skipToContent}
      </a>
      <div className="flex h-full flex-col-reverse md:flex-row">
        {!isWall && <Rail />}
        <div className="flex min-h-0 min-w-0 flex-1 flex-col">
          <GatewayBanner />
          <main id="content" tabIndex={-1} className="min-h-0 flex-1 outline-none">
            <Outlet />
          </main>
        </div>
      </div>
      {overlay === 'palette' && <CommandPalette onClose={close} onHelp={overlays.openHelp} />}
      <Suspense>{overlay === 'help' && <HelpDialog onClose={close} />}</Suspense>
    </OverlaysContext>
  );
}
