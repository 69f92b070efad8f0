import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { serverEvents } from '@vedette/contract';
import { ADMINISTRATOR, administrator, ApiClient, NO_LIMITS } from './support/access.ts';
import { FAR, GATE, makeActors, type Actor } from './support/access-actors.ts';
import { EventSocket } from './support/event-socket.ts';
import { videoFootage } from './support/footage.ts';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { MEDIA_DOORS } from './support/media-doors.ts';
import {
  addressOf,
  expected,
  expectedAtDoor,
  HIDDEN_ROUTES,
  ROUTES,
  rowOf,
  type Row,
} from './support/permission-table.ts';
import { rawClip, RawPublisher } from './support/raw-publisher.ts';
import { until } from './support/until.ts';

/*
 * One table of who may do what, and everybody at every door. A route, an event or a door without a row fails.
 */

let gateway: RunningGateway;
let publisher: RawPublisher;
let actors: Actor[];
let feeding: NodeJS.Timeout;

before(async () => {
  gateway = await startGateway({
    access: true,
    config: `${NO_LIMITS}\ncameras: {${GATE}: {source: publish}, ${FAR}: {source: publish}}`,
    environment: { VEDETTE_ADMIN_PASSWORD: ADMINISTRATOR.password },
  });
  actors = await makeActors(gateway.http);
  const admin = await administrator(gateway.http);
  const clip = rawClip(
    await videoFootage({
      ...{ video: 'h264', width: 320, height: 176, fps: 25, gop: 25, bframes: 0 },
      ...{ seconds: 2, bitrateKbps: 200 },
    }),
  );
  publisher = await RawPublisher.record(
    `${gateway.rtsp}/${GATE}?token=${await admin.makePublishKey(GATE)}`,
    clip,
  );
  let next = 0;
  feeding = setInterval(
    () => publisher.send(clip.pictures[next++ % clip.pictures.length] ?? Buffer.of()),
    40,
  );
  await until(async () => (await admin.send('GET', `/live/${GATE}/snapshot.jpg`)).status === 200);
});
after(async () => {
  clearInterval(feeding);
  await publisher.close();
  await gateway.close();
});

/** One after the other in order, `width` at a time. */
async function each<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of { [Symbol.iterator]: () => rest }) await work(item);
    }),
  );
}

/** Asks as somebody does who means no harm. */
async function ask(
  { token }: Actor,
  route: string,
  { body, contentType = 'application/json' }: { readonly body: unknown; readonly contentType?: string },
): Promise<Response> {
  const [method = '', path = ''] = route.split(' ');
  const hasBody = ['POST', 'PATCH', 'PUT'].includes(method);
  return fetch(gateway.http + addressOf(path), {
    method,
    redirect: 'manual',
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(hasBody ? { 'content-type': contentType } : {}),
    },
    ...(hasBody ? { body: JSON.stringify(body) } : {}),
  });
}

/** What somebody hears by HTTP, in the words of {@link expected}; what is none of them, as it is. */
async function answerOf(actor: Actor, route: string, row: Row): Promise<string> {
  const { body, contentType } = row;
  const response = await ask(actor, route, {
    body: body?.(actor) ?? {},
    ...(contentType === undefined ? {} : { contentType }),
  });
  if (response.status < 400) {
    await response.body?.cancel(); // some have no end
    return response.headers.get('location')?.startsWith('/login') === true ? 'login' : 'in';
  }
  return answerOfProblem(response, row);
}

async function answerOfProblem(response: Response, { rule }: Row): Promise<string> {
  const { status, headers } = response;
  const text = await response.text();
  const isProblem = headers.get('content-type')?.includes('json') === true;
  if (!isProblem) return `${status} ${text}`;
  const { code } = JSON.parse(text) as { code?: string };
  if (status === 401 && headers.has('www-authenticate')) return '401';
  if (status === 403) return '403';
  if (status === 404 && code === 'ERR_CAMERA_NOT_FOUND') return '404';
  if (status === 404 && rule === 'address') return 'not there';
  return status === 429 || status >= 500 ? `${status} ${text}` : 'in';
}

async function liveRoutes(): Promise<string[]> {
  const admin = await administrator(gateway.http);
  const { paths } = (await admin.ask('GET', '/api/openapi.json')) as {
    paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

test('every route of the API document, and every other, has a row in the table; and every row a route', async () => {
  assert.deepEqual((await liveRoutes()).sort(), Object.keys(ROUTES).sort());
});

/** Those whose end is a matter of time come when it is over. */
const isTimed = ({ name }: Actor): boolean => name.includes('expired');

async function untilExpired(actor: Actor): Promise<void> {
  const client = new ApiClient(gateway.http, actor.token);
  await until(async () => (await client.send('GET', '/api/v1/me')).status === 401, {
    limitMs: 70_000,
    what: 'the end of what is to end',
  });
}

async function walkDoors(who: readonly Actor[]): Promise<string[]> {
  const wrong: string[] = [];
  const cells = MEDIA_DOORS.flatMap((door) => who.map((actor) => ({ door, actor })));
  await each(cells, 8, async ({ door, actor }) => {
    const answer = await door.knock(gateway, GATE, actor.token);
    const right = expectedAtDoor(door.action, actor);
    if (answer !== right) wrong.push(`${door.name}, ${actor.name}: ${answer} instead of ${right}`);
  });
  return wrong;
}

async function walkRoutes(who: readonly Actor[], isLast: boolean): Promise<string[]> {
  const wrong: string[] = [];
  const rows = Object.entries({ ...ROUTES, ...HIDDEN_ROUTES })
    .map(([route, row]) => ({ route, row: rowOf(row) }))
    .filter(({ row }) => (row.isLast ?? false) === isLast);
  const cells = rows.flatMap(({ route, row }) => who.map((actor) => ({ route, row, actor })));
  await each(cells, isLast ? 1 : 8, async ({ route, row, actor }) => {
    const answer = await answerOf(actor, route, row);
    const right = expected(row.rule, actor);
    if (answer !== right) wrong.push(`${route}, ${actor.name}: ${answer} instead of ${right}`);
  });
  return wrong;
}

test('who comes to every media door hears what the table says', async () => {
  assert.deepEqual(await walkDoors(actors.filter((actor) => !isTimed(actor))), []);
});

/** Who is told an event of Socket.IO; where it is about a camera, about which. */
const EVENTS: Readonly<Record<keyof typeof serverEvents, (actor: Actor) => boolean>> = {
  cameras: () => true,
  camera: ({ gate }) => gate.includes('view'),
  camera_removed: ({ name, site, far }) =>
    site.includes('monitor') || (name === 'API key to view' && far.length > 0),
  pushes: () => true,
  push: ({ site }) => site.includes('monitor'),
  push_removed: ({ site }) => site.includes('monitor'),
};

/** Somebody's dashboard. */
type Dashboard = readonly [actor: Actor, socket: EventSocket];

/** Those of everybody who may come in. */
async function openDashboards(): Promise<Dashboard[]> {
  const all = actors.filter((actor) => !isTimed(actor));
  const sockets: Dashboard[] = all.map((actor) => [actor, new EventSocket(gateway.http, actor.token)]);
  await Promise.all(sockets.map(async ([, socket]) => socket.settled()));
  for (const [{ name, isProven, mustChangePassword }, { isConnected, refusal }] of sockets) {
    const mayCome = isProven && !mustChangePassword;
    const code = isProven ? 'ERR_PASSWORD_CHANGE_REQUIRED' : 'ERR_UNAUTHENTICATED';
    assert.deepEqual([isConnected, refusal], [mayCome, mayCome ? undefined : code], name);
  }
  return sockets.filter(([, { isConnected }]) => isConnected);
}

function assertGreeted([{ name, gate, far }, socket]: Dashboard): void {
  const seen = (socket.last('cameras') as { id: string }[]).map(({ id }) => id);
  const right = [...(far.includes('view') ? [FAR] : []), ...(gate.includes('view') ? [GATE] : [])];
  assert.deepEqual(seen, right, name);
  for (const event of socket.events) assert.doesNotMatch(JSON.stringify(event), /vd[ps]_|eyJ/);
}

test('every event of Socket.IO comes to those who may know, and to nobody else', async () => {
  assert.deepEqual(Object.keys(EVENTS).sort(), Object.keys(serverEvents).sort());
  const admin = await administrator(gateway.http);
  const dashboards = await openDashboards();
  const toldOf = async (
    name: keyof typeof EVENTS,
    properties: Readonly<Record<string, unknown>> = {},
    isTold: (actor: Actor) => boolean = EVENTS[name],
  ): Promise<void> => {
    const told = dashboards.filter(([actor]) => isTold(actor));
    assert.ok(told.length >= 2);
    await until(() => told.every(([, socket]) => socket.has(name, properties)), { what: name });
  };
  await toldOf('cameras');
  await toldOf('pushes');
  dashboards.forEach(assertGreeted);

  // Something of each kind happens.
  await admin.ask('POST', '/api/v1/cameras', { id: 'later', source: 'publish' });
  const wish = { to: 'rtmp://127.0.0.1:9/live/secret-key' };
  const { id } = (await admin.ask('POST', `/api/v1/cameras/${GATE}/pushes`, wish)) as { id: string };
  await toldOf('camera', { id: 'later' }, EVENTS.camera_removed);
  await toldOf('push', { id });
  await admin.ask('DELETE', `/api/v1/cameras/${GATE}/pushes/${id}`);
  await admin.ask('DELETE', '/api/v1/cameras/later');
  await toldOf('camera_removed', { id: 'later' });
  await toldOf('push_removed', { id });
  await toldOf('camera', { id: GATE });
  for (const [actor, socket] of dashboards) {
    for (const [name, isTold] of Object.entries(EVENTS)) {
      const about = name === 'camera' ? { id: GATE } : {};
      assert.equal(socket.has(name, about), isTold(actor), `${name} to ${actor.name}`);
    }
    socket.close();
  }
});

test('who comes to every route hears what the table says', async () => {
  assert.deepEqual(
    await walkRoutes(
      actors.filter((actor) => !isTimed(actor)),
      false,
    ),
    [],
  );
});

test('what has expired opens nothing any more', async () => {
  const timed = actors.filter(isTimed);
  assert.equal(timed.length, 1);
  for (const actor of timed) await untilExpired(actor);
  assert.deepEqual([...(await walkDoors(timed)), ...(await walkRoutes(timed, false))], []);
  for (const { token } of timed) {
    const socket = new EventSocket(gateway.http, token);
    await socket.settled();
    assert.equal(socket.refusal, 'ERR_UNAUTHENTICATED');
  }
});

test('who logs out hears what the table says', async () => {
  // Each of these ends a login: one of them for each actor's.
  const wrong: string[] = [];
  for (const [route, row] of Object.entries(ROUTES).map(([key, value]) => [key, rowOf(value)] as const)) {
    if (row.isLast !== true || row.rule === 'public') continue;
    for (const actor of actors) {
      const answer = await answerOf(actor, route, row);
      const right = expected(row.rule, actor);
      if (answer !== right) wrong.push(`${route}, ${actor.name}: ${answer} instead of ${right}`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.deepEqual(
    await walkRoutes(actors.slice(0, 1), true).then((all) => all.filter((one) => /logout,/.test(one))),
    [],
  );
});

test('nothing that was shown stands in the log', () => {
  const log = gateway.log();
  for (const { name, token } of actors) {
    if (token !== undefined) assert.ok(!log.includes(token), name);
  }
});
