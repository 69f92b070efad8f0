import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADMINISTRATOR, ApiFault, grantOf, logIn, type Account, type ApiClient } from './support/access.ts';
import { videoFootage } from './support/footage.ts';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { residentBytes } from './support/process-stats.ts';
import { publishByFfmpeg, type PublishingPeer } from './support/publishers.ts';
import { RawViewer } from './support/raw-viewer.ts';
import { until } from './support/until.ts';

const GATE = 'gate';
const ATTEMPTS_A_SECOND = 100;
const SECONDS = 5;
/** Where the administrator is at home, and the attackers are not. */
const HOME = { 'x-forwarded-for': '192.0.2.7' };
/** What memory may grow by: passwords are checked in some lanes of 19 MiB each, and garbage is not collected yet. */
const MAX_GROWTH_BYTES = 192 * 1024 * 1024;

let gateway: RunningGateway;
let admin: ApiClient;
let viewer: Account;
let publisher: PublishingPeer;
/** Everything that must stand nowhere. */
const secrets: string[] = [ADMINISTRATOR.password, 'a guess that is wrong'];

before(async () => {
  gateway = await startGateway({
    access: true,
    config: `http: {trustedProxies: [127.0.0.1]}\ncameras: {${GATE}: {source: publish}}`,
    environment: { VEDETTE_ADMIN_PASSWORD: ADMINISTRATOR.password },
  });
  admin = await logIn(gateway.http, ADMINISTRATOR.name, ADMINISTRATOR.password, HOME);
  viewer = await admin.makeUser({ name: 'viewer', grants: [grantOf(GATE, 'view')] });
  const footage = { video: 'h264', width: 640, height: 368, fps: 25, gop: 25, bframes: 0 } as const;
  const videoFile = await videoFootage({ ...footage, seconds: 8, bitrateKbps: 1000 });
  const key = await admin.makePublishKey(GATE);
  secrets.push(key, viewer.password, viewer.token, admin.token ?? '');
  publisher = publishByFfmpeg(
    { url: `${gateway.rtsp}/${GATE}?token=${key}`, videoFile, isLooped: true },
    'tcp',
  );
  await until(async () => (await admin.send('GET', `/live/${GATE}/snapshot.jpg`)).status === 200);
});
after(async () => {
  await publisher.close();
  await gateway.close();
});

/** One guess at a password from an address of its own. @returns the status. */
async function guess(index: number, bodies: string[]): Promise<number> {
  const response = await fetch(`${gateway.http}/api/v1/auth/login`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-forwarded-for': `198.51.${(index >> 8) & 255}.${index & 255}`,
    },
    body: JSON.stringify({
      name: index % 2 === 0 ? ADMINISTRATOR.name : `nobody${index}`,
      password: 'a guess that is wrong',
    }),
  });
  bodies.push(await response.text());
  return response.status;
}

test(`${ATTEMPTS_A_SECOND} wrong logins a second from many addresses: no picture is lost, and the administrator comes in`, async (context) => {
  const eye = await RawViewer.play(`${gateway.rtsp}/${GATE}?token=${viewer.token}`);
  context.after(async () => eye.close());
  await until(() => eye.pictures > 25);
  const residentBefore = residentBytes(gateway.pid);
  const bodies: string[] = [];
  const guesses: Promise<number>[] = [];
  let mostResident = 0;
  let logins = 0;
  for (let second = 0; second < SECONDS; second += 1) {
    for (let count = 0; count < ATTEMPTS_A_SECOND; count += 10) {
      for (let more = 0; more < 10; more += 1) guesses.push(guess(guesses.length, bodies));
      await sleep(100);
    }
    mostResident = Math.max(mostResident, residentBytes(gateway.pid));
    if (second !== 2) continue;
    const beforeMs = performance.now();
    const { token = '' } = await logIn(gateway.http, ADMINISTRATOR.name, ADMINISTRATOR.password, HOME);
    secrets.push(token);
    logins += 1;
    context.diagnostic(`the administrator was let in within ${Math.round(performance.now() - beforeMs)} ms`);
  }
  const statuses = await Promise.all(guesses);
  const counts = Object.groupBy(statuses, (status) => String(status));
  const told = Object.entries(counts).map(([status, all = []]) => `${status}: ${all.length}`);
  mostResident = Math.max(mostResident, residentBytes(gateway.pid));
  const grown = mostResident - residentBefore;
  context.diagnostic(`${told.join(', ')}; memory grew by ${(grown / 2 ** 20).toFixed(0)} MiB`);
  assert.equal(logins, 1);
  assert.ok(statuses.every((status) => [401, 429, 503].includes(status)));
  assert.ok(grown < MAX_GROWTH_BYTES, `memory grew by ${grown} bytes`);
  const shown = eye.pictures;
  await until(() => eye.pictures > shown + 25, { what: 'a second more of pictures' });
  assert.equal(eye.gaps, 0, 'no packet is missing');
  const sessions = await admin.sessions();
  assert.deepEqual(
    sessions.filter(({ kind }) => kind === 'view').map(({ dropped }) => dropped),
    [0],
  );
  for (const secret of secrets) assert.ok(bodies.every((body) => !body.includes(secret)));
});

test('no password, token or key stands in the log, metrics, lists, the audit or an error', async () => {
  const lent = await admin.makeStreamToken({ cameraId: GATE });
  const { secret, id } = await admin.makeShareLink({ cameraId: GATE, password: 'of the link alone' });
  const { key } = await admin.makeApiKey('program', { actions: ['view'] });
  secrets.push(lent.token, secret, key, 'of the link alone', 'a word in an address');
  // Each is shown where it is right, and where it is not.
  for (const token of [lent.token, secret, key, 'a word in an address']) {
    for (const camera of [GATE, 'nowhere']) {
      await fetch(`${gateway.http}/live/${camera}/snapshot.jpg?token=${encodeURIComponent(token)}`);
      await RawViewer.play(`${gateway.rtsp}/${camera}?token=${encodeURIComponent(token)}`).then(
        async (eye) => eye.close(),
        () => undefined,
      );
    }
  }
  const wrong = await logIn(gateway.http, 'viewer', viewer.password.toUpperCase()).catch(
    (error: unknown) => error,
  );
  assert.ok(wrong instanceof ApiFault);
  secrets.push(viewer.password.toUpperCase());
  await admin.ask('DELETE', `/api/v1/share-links/${id}`);
  const places: Record<string, string> = { 'a refusal': wrong.message, 'the log': gateway.log() };
  for (const path of [
    '/metrics',
    '/api/v1/sessions',
    '/api/v1/audit?limit=1000',
    '/api/v1/audit/export?format=json',
    '/api/v1/audit/export?format=csv',
    '/api/v1/users',
    '/api/v1/api-keys',
    '/api/streaming/tokens',
    '/api/v1/share-links',
    `/api/v1/cameras/${GATE}/publish-keys`,
    `/api/v1/users/${viewer.id}/data`,
  ]) {
    const response = await admin.send('GET', path);
    assert.equal(response.status, 200, path);
    places[path] = await response.text();
  }
  for (const [place, text] of Object.entries(places)) {
    assert.ok(text.length > 2, place);
    for (const [index, literal] of secrets.entries()) {
      for (const written of [literal, encodeURIComponent(literal)])
        assert.ok(!text.includes(written), `secret ${index} stands in ${place}`);
    }
  }
});
