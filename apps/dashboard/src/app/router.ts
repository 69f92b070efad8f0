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

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  component: lazyRouteComponent(async () => import('../login/login-page.tsx'), 'LoginPage'),
});

const share = createRoute({
  getParentRoute: () => root,
  path: '/share',
  component: lazyRouteComponent(async () => import('../share/share-page.tsx'), 'SharePage'),
});

const account = createRoute({
  getParentRoute: () => root,
  path: '/account',
  component: lazyRouteComponent(async () => import('../account/account-page.tsx'), 'AccountPage'),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  component: lazyRouteComponent(async () => import('../settings/settings-layout.tsx'), 'SettingsLayout'),
});

const settingsPages = [
  createRoute({
    getParentRoute: () => settings,
    path: '/',
    component: lazyRouteComponent(async () => import('../settings/settings-start.tsx'), 'SettingsStart'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/cameras',
    validateSearch: (search: Record<string, unknown>): { add?: 1 } => ('add' in search ? { add: 1 } : {}),
    component: lazyRouteComponent(async () => import('../settings/cameras/cameras-page.tsx'), 'CamerasPage'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/groups',
    component: lazyRouteComponent(async () => import('../settings/groups/groups-page.tsx'), 'GroupsPage'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/people',
    component: lazyRouteComponent(async () => import('../settings/people/people-page.tsx'), 'PeoplePage'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/permissions',
    component: lazyRouteComponent(
      async () => import('../settings/people/permissions-page.tsx'),
      'PermissionsPage',
    ),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/links',
    component: lazyRouteComponent(async () => import('../settings/links/links-page.tsx'), 'LinksPage'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/keys',
    component: lazyRouteComponent(async () => import('../settings/keys/keys-page.tsx'), 'KeysPage'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/audit',
    component: lazyRouteComponent(async () => import('../settings/audit/audit-page.tsx'), 'AuditPage'),
  }),
] as const;

export const router = createRouter({
  routeTree: root.addChildren([
    live,
    camera,
    publish,
    sessions,
    login,
    share,
    account,
    settings.addChildren(settingsPages),
  ]),
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
