import type { Grant } from '@vedette/contract';
import { apiCameraGuard } from '../../net/guarded-lookup.ts';
import { NOBODY, type Identity } from '../../access/identity.ts';
import { CameraSets } from '../../access/people/camera-sets.ts';
import { openPeopleSite, type PeopleSite } from '../../access/people/testing/people-site.ts';
import { UserAdministration } from '../../access/people/user-administration.ts';
import { Users } from '../../access/people/users.ts';
import type { Rights } from '../../access/rights.ts';
import { TestDoor } from '../../access/testing/test-door.ts';
import { CameraSet } from '../../cameras/camera-set.ts';
import { StoredCameras } from '../../cameras/stored-cameras.ts';
import { SourceTests } from '../../check-source/source-tests.ts';
import { silentLogger } from '../../observability/logger.ts';
import { HttpAccess } from '../../servers/http/http-access.ts';
import { HttpServer } from '../../servers/http/http-server.ts';
import { SessionRegistry } from '../../sessions/session-registry.ts';
import { cameraRoutes, sessionRoutes } from '../api-routes.ts';
import { cameraAdminRoutes } from '../camera-admin-routes.ts';
import { cameraSetRoutes } from '../camera-set-routes.ts';
import { userRoutes } from '../user-routes.ts';

export interface Answer {
  readonly status: number;
  /** `undefined` where there is none. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

/** The routes of people and cameras on a real server and a real store. */
export interface PeopleApi {
  readonly site: PeopleSite;
  readonly cameras: CameraSet;
  readonly sets: CameraSets;
  readonly sessions: SessionRegistry;
  /** @param who `root` (administrator), `op` (operator), `mai` (user, who may view "gate"), or nobody. */
  ask(who: string | undefined, method: string, path: string, body?: unknown): Promise<Answer>;
  close(): Promise<void>;
}

const ROLES = { root: 'admin', op: 'operator', mai: 'user' } as const;
const GATE: Grant = { target: { kind: 'camera', id: 'gate' }, actions: ['view'] };

export function identityOf(name: string): Identity {
  return { kind: 'user', id: name, name };
}

/** Needs closing. */
export async function openPeopleApi({
  privateNetworks = true,
  tests = new SourceTests(),
} = {}): Promise<PeopleApi> {
  const site = await openPeopleSite();
  const { rights } = site;
  for (const [id, role] of Object.entries(ROLES)) {
    rights.put('user', { id, role, grants: id === 'mai' ? [GATE] : [], isDisabled: false });
  }
  const sessions = new SessionRegistry({ started: () => undefined, ended: () => undefined });
  const cameras = new CameraSet({ logger: silentLogger, createSource: () => undefined });
  const users = new Users(site);
  const guard = apiCameraGuard({ privateNetworks });
  const sets = new CameraSets({
    ...site,
    cameraExists: (id) => cameras.find(id) !== undefined,
    beforeRemove: async (kind, id) => users.forgetTarget({ kind, id }),
  });
  const stored = new StoredCameras({
    ...{ ...site, cameras, guard, logger: silentLogger },
    beforeRemove: async (id) => {
      await users.forgetTarget({ kind: 'camera', id });
      await sets.forgetCamera(id);
    },
  });
  const admin = new UserAdministration({
    ...{ ...site, users, plans: ['free', 'pro'], endSessions: () => undefined },
  });
  const access = accessBy(rights);
  const server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    allowedOrigins: [],
    access,
    logger: silentLogger,
  });
  await server.prepare();
  const live = { cameras, sessions, rights };
  await server.app.register(cameraRoutes(live));
  await server.app.register(sessionRoutes(live));
  await server.app.register(userRoutes({ users: admin, access, rights, cameras }));
  await server.app.register(cameraSetRoutes({ sets, access }));
  await server.app.register(cameraAdminRoutes({ ...live, stored, tests, access, guard }));
  const url = await server.listen();
  return {
    ...{ site, cameras, sets, sessions },
    ask: async (who, method, path, body) => ask(`${url}${path}`, who, method, body),
    close: async () => {
      await server.close();
      await cameras.close();
      await site.close();
    },
  };
}

/** Whoever shows his name as a token is let in. */
function accessBy(rights: Rights): HttpAccess {
  return new HttpAccess({
    door: new TestDoor([]),
    identify: async (credentials) => {
      await Promise.resolve();
      const isKnown = credentials.kind === 'token' && credentials.token in ROLES;
      return { ok: true, identity: isKnown ? identityOf(credentials.token) : NOBODY };
    },
    rights,
    limits: { take: () => 0 },
    trustedProxies: [],
  });
}

async function ask(url: string, who: string | undefined, method: string, body: unknown): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(who === undefined ? {} : { authorization: `Bearer ${who}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, json: text === '' ? undefined : (JSON.parse(text) as Answer['json']) };
}
