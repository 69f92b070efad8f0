import { CAMERA_ACTIONS, SITE_ACTIONS, type Action, type CameraAction } from '@vedette/contract';
import { administrator, ApiClient, grantOf, logIn, type Account } from './access.ts';

/** The camera that all is about, and one that is none of most people's business. */
export const GATE = 'gate';
export const FAR = 'far';

type SiteAction = Exclude<Action, CameraAction>;

/** Somebody who comes to every door, and what of it the tables of the test allow him. */
export interface Actor {
  readonly name: string;
  readonly token: string | undefined;
  /** What he shows is worth something. */
  readonly isProven: boolean;
  /** A person with an account. */
  readonly isPerson: boolean;
  /** Has to choose a password before anything else. */
  readonly mustChangePassword: boolean;
  /** What he shows was lent to him, for one camera. */
  readonly isLent: boolean;
  readonly site: readonly SiteAction[];
  /** With {@link GATE}. */
  readonly gate: readonly CameraAction[];
  /** With {@link FAR}. */
  readonly far: readonly CameraAction[];
}

const NOBODY: Actor = {
  ...{ name: 'nobody', token: undefined, isProven: false, isPerson: false, mustChangePassword: false },
  ...{ isLent: false, site: [], gate: [], far: [] },
};

/** Everybody that the matrix knows. Whose credentials end by the clock come last. */
export async function makeActors(http: string): Promise<Actor[]> {
  const admin = await administrator(http);
  const people = await makePeople(admin);
  const { handler } = people;
  // First, so that it is over when everybody else has had his turn.
  const expired = await lend(handler.client, { minutes: 1 });
  return [
    NOBODY,
    { ...NOBODY, name: 'somebody with a word of nobody', token: 'eyJhbGciOiJub25lIn0.e30.x' },
    ...people.actors,
    {
      ...proven('administrator', admin.token),
      isPerson: true,
      site: SITE_ACTIONS,
      ...onBoth(CAMERA_ACTIONS),
    },
    ...(await makeKeys(admin)),
    ...(await makeLent(admin, handler.client)),
    { ...NOBODY, name: 'stream token, expired', token: expired },
  ];
}

function proven(name: string, token: string | undefined): Actor {
  return { ...NOBODY, name, token, isProven: true };
}

function lent(name: string, token: string): Actor {
  return { ...proven(name, token), isLent: true };
}

function onBoth(actions: readonly CameraAction[]): Pick<Actor, 'gate' | 'far'> {
  return { gate: actions, far: actions };
}

async function makePeople(
  admin: ApiClient,
): Promise<{ readonly actors: Actor[]; readonly handler: { readonly client: ApiClient } }> {
  const one = async (name: string, wish: object = {}): Promise<Account> => admin.makeUser({ name, ...wish });
  const person = (name: string, { token }: Account): Actor => ({ ...proven(name, token), isPerson: true });
  const all = [...CAMERA_ACTIONS];
  const [stranger, viewer, handler, operator, disabled] = await Promise.all([
    one('stranger', { grants: [grantOf(FAR, ...all)] }),
    one('viewer', { grants: [grantOf(GATE, 'view')] }),
    one('handler', { grants: [grantOf(GATE, ...all), grantOf(FAR, ...all)] }),
    one('operator', { role: 'operator' }),
    one('disabled', { role: 'admin' }),
  ]);
  await admin.ask('PATCH', `/api/v1/users/${disabled.id}`, { disabled: true });
  await admin.ask('POST', '/api/v1/users', {
    name: 'newcomer',
    role: 'admin',
    password: 'told to him by phone',
  });
  const newcomer = await logIn(admin.http, 'newcomer', 'told to him by phone');
  return {
    handler: { client: new ApiClient(admin.http, handler.token) },
    actors: [
      { ...person('user without the camera', stranger), far: all },
      { ...person('user who may view the camera', viewer), gate: ['view'] },
      { ...person('user who may do all with the camera', handler), ...onBoth(all) },
      {
        ...person('operator', operator),
        site: ['monitor'],
        ...onBoth(['view', 'playback', 'export', 'ptz', 'talk']),
      },
      { ...NOBODY, name: 'user who is disabled', token: disabled.token },
      {
        ...proven('administrator who has to choose a password', newcomer.token),
        ...{ isPerson: true, mustChangePassword: true },
      },
    ],
  };
}

async function makeKeys(admin: ApiClient): Promise<Actor[]> {
  const key = async (actions: Action[]): Promise<string> =>
    (await admin.makeApiKey(`walk ${actions.join()}`, { actions })).key;
  const gone = await admin.makeApiKey('revoked', { actions: ['view', 'configure', 'manageUsers'] });
  await admin.ask('DELETE', `/api/v1/api-keys/${gone.id}`);
  return [
    { ...proven('API key to view', await key(['view'])), ...onBoth(['view']) },
    { ...proven('API key to configure', await key(['configure'])), site: ['configure'] },
    { ...NOBODY, name: 'API key, revoked', token: gone.key },
    {
      ...lent('publish key of the camera', await admin.makePublishKey(GATE)),
      gate: ['publish'],
    },
    { ...lent('publish key of another camera', await admin.makePublishKey(FAR)), far: ['publish'] },
  ];
}

async function lend(
  lender: ApiClient,
  wish: { cameraId?: string; actions?: CameraAction[]; minutes?: number; bindIp?: string },
): Promise<string> {
  return (await lender.makeStreamToken({ cameraId: GATE, ...wish })).token;
}

async function makeLent(admin: ApiClient, lender: ApiClient): Promise<Actor[]> {
  const revoked = await lender.makeStreamToken({ cameraId: GATE, actions: ['view', 'publish'] });
  await lender.ask('DELETE', `/api/streaming/token/${revoked.id}`);
  const { secret } = await admin.makeShareLink({ cameraId: GATE });
  const withdrawn = await admin.makeShareLink({ cameraId: GATE });
  const withdrawnToken = await admin.openShareLink(withdrawn.secret);
  await admin.ask('DELETE', `/api/v1/share-links/${withdrawn.id}`);
  const far = await lend(lender, { cameraId: FAR, actions: ['view', 'publish'] });
  return [
    { ...lent('stream token to view', await lend(lender, {})), gate: ['view'] },
    {
      ...lent('stream token to publish', await lend(lender, { actions: ['view', 'publish'] })),
      gate: ['view', 'publish'],
    },
    { ...lent('stream token of another camera', far), far: ['view', 'publish'] },
    { ...NOBODY, name: 'stream token, revoked', token: revoked.token },
    {
      ...{ ...NOBODY, name: 'stream token, bound to another address' },
      token: await lend(lender, { bindIp: '192.0.2.1' }),
    },
    { ...lent('share link', await admin.openShareLink(secret)), gate: ['view'] },
    { ...NOBODY, name: 'share link, taken back', token: withdrawnToken },
  ];
}
