import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { CameraPage } from '../camera/camera-page.tsx';
import { LivePage } from '../live/live-page.tsx';
import { parseLiveSearch } from '../live/live-view.ts';
import { CrashPage, NotFoundPage } from './not-found-page.tsx';
import { Shell } from './shell.tsx';

const root = createRootRoute({
  component: Shell,
  notFoundComponent: NotFoundPage,
  errorComponent: CrashPage,
});

const live = createRoute({
  getParentRoute: () => root,
  path: '/',
  validateSearch: parseLiveSearch,
  component: LivePage,
});

const camera = createRoute({
  getParentRoute: () => root,
  path: '/live/$cameraId',
  validateSearch: (search: Record<string, unknown>): { embed?: 1 } => ('embed' in search ? { embed: 1 } : {}),
  component: CameraPage,
});

const sessions = createRoute({
  getParentRoute: () => root,
  path: '/sessions',
  component: lazyRouteComponent(async () => import('../sessions/sessions-page.tsx'), 'SessionsPage'),
});

const publish = createRoute({
  getParentRoute: () => root,
  path: '/publish/$cameraId',
  component: lazyRouteComponent(async () => import('../publish/publish-page.tsx'), 'PublishPage'),
});

export const router = createRouter({ routeTree: root.addChildren([live, camera, publish, sessions]) });

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
