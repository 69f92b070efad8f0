import { useNavigate, useSearch } from '@tanstack/react-router';
import type { Camera } from '@vedette/contract';
import { Unplug } from 'lucide-react';
import { useEffect, type ReactNode } from 'react';
import { useCameras } from '../cameras/use-cameras.ts';
import { messages } from '../messages/index.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { toggleFullScreen, useIsWall } from '../ui/full-screen.ts';
import { useKeys } from '../ui/use-keys.ts';
import { useTitle } from '../ui/use-title.ts';
import { CameraGrid } from './camera-grid.tsx';
import { clampPage, pageCount, pageOf, type Layout } from './grid-layout.ts';
import { LAYOUT_KEYS, LiveToolbar } from './live-toolbar.tsx';
import { rememberLiveView, resolveLiveView } from './live-view.ts';
import { NoCameras } from './no-cameras.tsx';

/** What the page needs of the list: it renders again only when this changes, not with every figure. */
function overview(cameras: Camera[]): { ids: string[]; live: number } {
  return {
    ids: cameras.map(({ id }) => id),
    live: cameras.filter(({ state }) => state.name === 'live').length,
  };
}

function Loading({ isFailed }: { isFailed: boolean }): ReactNode {
  if (!isFailed) {
    return (
      <p role="status" className="sr-only">
        {messages.live.loading}
      </p>
    );
  }
  const { failed, failedHint } = messages.gateway;
  return <EmptyState icon={Unplug} title={failed} text={failedHint} />;
}

export function LivePage(): ReactNode {
  useTitle(messages.live.title);
  const { data, isFailed } = useCameras(overview);
  const search = useSearch({ from: '/' });
  const navigate = useNavigate({ from: '/' });
  const isWall = useIsWall();
  const ids = data?.ids ?? [];
  const { layout, page: wanted } = resolveLiveView(search, localStorage);
  const page = clampPage(wanted, layout, ids.length);
  const pages = pageCount(layout, ids.length);

  const isKnown = data !== undefined;
  useEffect(() => {
    if (isKnown) rememberLiveView({ layout, page }, localStorage);
  }, [isKnown, layout, page]);

  const show = (next: { layout: Layout; page: number }): void => {
    void navigate({ search: next, replace: true });
  };
  const turnTo = (next: number): void => show({ layout, page: clampPage(next, layout, ids.length) });

  useKeys((key, { target }) => {
    const nextLayout = LAYOUT_KEYS[key];
    if (nextLayout !== undefined) show({ layout: nextLayout, page: 1 });
    else if (key === 'PageUp') turnTo(page - 1);
    else if (key === 'PageDown') turnTo(page + 1);
    else if (key === 'f' && target === document.body) void toggleFullScreen(document.documentElement);
    else return false;
    return true;
  });

  if (data === undefined) return <Loading isFailed={isFailed} />;
  if (ids.length === 0) return <NoCameras />;
  return (
    <div className="flex h-full flex-col">
      {!isWall && (
        <LiveToolbar
          summary={messages.live.summary(ids.length, data.live)}
          layout={layout}
          onLayout={(next) => show({ layout: next, page: 1 })}
          page={page}
          pages={pages}
          onPage={turnTo}
        />
      )}
      <div className="min-h-0 flex-1">
        <CameraGrid layout={layout} cameraIds={pageOf(ids, layout, page)} />
      </div>
    </div>
  );
}
