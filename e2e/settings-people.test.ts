import type { Camera, CameraConfiguration, CameraSetJson, User } from '@vedette/contract';
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { startChromium, type Browser } from './support/chromium.ts';
import { videoFootage } from './support/footage.ts';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { publishByFfmpeg } from './support/publishers.ts';
import { assertAccessible, viewerOf, visitBy, type Visit, type VisitOptions } from './support/visitor.ts';

const CONFIG = `cameras:
  gate: {source: publish, name: Front gate, groups: [entrances]}
  yard: {source: "rtsp://127.0.0.1:1/stream", name: Back yard, zones: [outside], onDemand: true}
`;

let browser: Browser;
/** Whose demo camera is what others add: a camera on the network, with RTSP. */
let camera: RunningGateway;
let gateway: RunningGateway;
const ends: (() => unknown)[] = [];

before(async () => {
  browser = await startChromium({ after: (end: () => unknown) => void ends.push(end) });
  camera = await startGateway({ demo: true });
  gateway = await startGateway({ config: CONFIG });
});
after(async () => {
  for (const end of ends.reverse()) await end();
  assert.equal(await gateway.close(), 0);
  assert.equal(await camera.close(), 0);
});

async function visit(context: TestContext, place: string, options?: VisitOptions): Promise<Visit> {
  return visitBy(browser, context, gateway.http + place, options);
}

async function ask<Answer>(method: string, place: string, body?: object): Promise<Answer> {
  const content =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(gateway.http + place, { method, ...content });
  assert.ok(response.ok, `${method} ${place}: ${response.status} ${await response.clone().text()}`);
  return (response.status === 204 ? undefined : await response.json()) as Answer;
}

const address = (of: Locator): Locator => of.getByLabel('Address', { exact: true });
const row = (page: Page, name: RegExp): Locator => page.getByRole('row', { name });

/** Chooses from the menu at the end of an entry. */
async function choose(page: Page, whose: string, what: string): Promise<void> {
  await page.getByRole('button', { name: `What can be done with ${whose}` }).click();
  await page.getByRole('menuitem', { name: what }).click();
}

test('a newcomer adds a camera: what is wrong is said, what it sends is shown, and its picture comes', async (context) => {
  const empty = await startGateway();
  context.after(async () => empty.close());
  const { page, complaints } = await visitBy(browser, context, empty.http);
  await page.getByRole('link', { name: 'Add a camera' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a camera' });
  await address(dialog).fill('rtsp://127.0.0.1:1/stream');
  await dialog.getByRole('button', { name: 'Test' }).click();
  await dialog.getByText('No picture').waitFor();
  await dialog.getByText('Check that RTSP is switched on').waitFor();

  await address(dialog).fill(`${camera.rtsp}/demo`);
  await dialog.getByText('No picture').waitFor({ state: 'detached' });
  await dialog.getByRole('button', { name: 'Test' }).click();
  await dialog.getByText('It works').waitFor();
  assert.match(await dialog.getByRole('status').innerText(), /H\.264[^]*1280×720[^]*fps[^]*Sound/);
  await dialog.getByLabel('Name').fill('Cổng trước');
  assert.equal(await dialog.getByLabel('Id', { exact: true }).inputValue(), 'cong-truoc');
  await dialog.getByRole('button', { name: 'Add the camera' }).click();
  await page.getByRole('dialog', { name: 'Cổng trước is there' }).waitFor();
  await viewerOf(page, 'cong-truoc', 'live').waitFor();
  await page.getByRole('button', { name: 'Done' }).click();
  assert.match(await row(page, /Cổng trước/).innerText(), /cong-truoc[^]*Live[^]*Here/);
  await page.getByRole('link', { name: 'Live', exact: true }).click();
  await viewerOf(page, 'cong-truoc', 'live').waitFor();
  assert.deepEqual(complaints, []);
});

test('a camera that is sent here gets a key, and shows what comes with it', async (context) => {
  const { page, complaints } = await visit(context, '/settings/cameras?add');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('It is sent here').check();
  await dialog.getByLabel('Name').fill('Phone');
  await dialog.getByRole('button', { name: 'Add the camera' }).click();
  await viewerOf(page, 'phone', 'waiting').waitFor();
  await dialog.getByLabel('Which encoder it is for').fill('ffmpeg');
  await dialog.getByRole('button', { name: 'Make a key' }).click();
  await dialog.getByRole('button', { name: 'Copy the RTSP address' }).click();
  const url = await page.evaluate<string>('navigator.clipboard.readText()');
  assert.match(url, /^rtsp:\/\/127\.0\.0\.1:\d+\/phone\?token=vdp_/);

  const videoFile = await videoFootage({
    ...{ video: 'h264', width: 640, height: 360, fps: 25, gop: 25, bframes: 0 },
    ...{ seconds: 10, bitrateKbps: 500 },
  });
  const sender = publishByFfmpeg({ url, videoFile, isLooped: true }, 'tcp');
  context.after(async () => sender.close());
  await viewerOf(page, 'phone', 'live').waitFor();
  await dialog.getByRole('button', { name: 'Done' }).click();

  await choose(page, 'Phone', 'Publish keys');
  await page.getByRole('button', { name: 'Revoke the key ffmpeg' }).click();
  await page.getByRole('button', { name: 'Revoke', exact: true }).click();
  await page.getByText('No keys yet').waitFor();
  assert.deepEqual(complaints, []);
});

test('a camera is changed and removed; one of the file says where it is changed', async (context) => {
  await ask<Camera>('POST', '/api/v1/cameras', {
    ...{ id: 'shed', name: 'Shed', onDemand: true },
    source: 'rtsp://mai:secret@127.0.0.1:1/stream?key=1',
  });
  const { page, complaints } = await visit(context, '/settings/cameras');
  await page.getByLabel('Search cameras').fill('shed');
  await row(page, /Back yard/).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Shed', exact: true }).click();
  const dialog = page.getByRole('dialog');
  assert.equal(await address(dialog).inputValue(), 'rtsp://127.0.0.1:1/stream', 'nothing secret');
  await dialog.getByLabel('Name').fill('Garden shed');
  await dialog.getByText('Advanced').click();
  await dialog.getByLabel('Transport of RTSP').selectOption('udp');
  await dialog.getByLabel('Smaller versions').selectOption('own');
  await dialog.getByLabel('Height (pixels)').fill('360');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  const saved = await ask<CameraConfiguration>('GET', '/api/v1/cameras/shed/config');
  assert.deepEqual([saved.name, saved.transport, saved.hasSecrets], ['Garden shed', 'udp', true]);
  assert.deepEqual(saved.renditions, [{ height: 360, bitrate: 800_000 }]);

  await choose(page, 'Garden shed', 'Remove');
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByText('No camera of that name').waitFor();

  await page.getByLabel('Search cameras').fill('outside');
  await page.getByRole('button', { name: 'Back yard', exact: true }).click();
  await dialog.getByText('This camera stands in vedette.yml').waitFor();
  assert.equal(await dialog.getByRole('button', { name: 'Save' }).count(), 0);
  assert.deepEqual(complaints, []);
});

test('what the gateway does not take is said at the field, and what was typed stays', async (context) => {
  const { page } = await visit(context, '/settings/cameras?add');
  const dialog = page.getByRole('dialog');
  await address(dialog).fill('file:/etc/passwd');
  await dialog.getByLabel('Name').fill('Front gate');
  await dialog.getByRole('button', { name: 'Add the camera' }).click();
  await dialog.getByRole('alert').waitFor();
  assert.equal(await address(dialog).getAttribute('aria-invalid'), 'true');
  assert.equal(await address(dialog).inputValue(), 'file:/etc/passwd');
  await dialog.getByLabel('Id', { exact: true }).fill('gate');
  await dialog.getByText('There is one of this id already').waitFor();
});

test('groups and zones are made, filled, renamed and removed; what the file says stays', async (context) => {
  const { page, complaints } = await visit(context, '/settings/groups');
  await page.getByRole('button', { name: 'Make a group' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Shop 2');
  await dialog.getByLabel('Back yard').check();
  await dialog.getByRole('button', { name: 'Make a group' }).click();
  await row(page, /Shop 2 shop-2 Back yard/).waitFor();

  await page.getByRole('button', { name: 'Edit Shop 2' }).click();
  await dialog.getByLabel('Name').fill('Shop two');
  await dialog.getByLabel('Back yard').uncheck();
  await dialog.getByLabel('Front gate').check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await row(page, /Shop two shop-2 Front gate/).waitFor();

  await page.getByRole('button', { name: 'Edit entrances' }).click();
  assert.ok(await dialog.getByLabel('Front gate').isDisabled(), 'the file has put it there');
  await dialog.getByLabel('Back yard').check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await row(page, /entrances .*Back yard vedette.yml and here/).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Remove entrances' }).count(), 0);

  await page.getByRole('button', { name: 'Remove Shop two' }).click();
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  await row(page, /Shop two/).waitFor({ state: 'detached' });
  const { items } = await ask<{ items: CameraSetJson[] }>('GET', '/api/v1/groups');
  assert.deepEqual(
    items.map(({ id, cameras }) => [id, ...cameras.map((member) => member.id)]),
    [['entrances', 'gate', 'yard']],
  );
  assert.deepEqual(complaints, []);
});

test('somebody is added with permissions, which the table then explains', async (context) => {
  const { page, complaints } = await visit(context, '/settings/people');
  await page.getByRole('button', { name: 'Add a person' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name to log in with').fill('mai');
  await dialog.getByLabel('What others see').fill('Mai Trần');
  await dialog.getByRole('button', { name: 'Add cameras' }).click();
  await dialog.getByLabel('Which cameras').selectOption('zone:outside');
  await dialog.getByLabel('Move (PTZ)').check();
  await dialog.getByRole('button', { name: 'Add a person' }).click();
  await dialog.getByText('Password of mai').waitFor();
  assert.match(await dialog.locator('code').innerText(), /^[a-z0-9-]{10,}$/);
  await dialog.getByRole('button', { name: 'Done' }).click();
  assert.match(await row(page, /Mai Trần/).innerText(), /mai[^]*User[^]*Has to choose a password[^]*Never/);

  await page.getByRole('link', { name: 'Permissions' }).click();
  const person = page.getByRole('listitem').filter({ hasText: 'Mai Trần' }).first();
  await person.getByText('1 camera').waitFor();
  await person.getByText('Mai Trần').click();
  assert.match(await person.innerText(), /Back yard[^]*Watch live, Move \(PTZ\)[^]*through the zone outside/);

  await page.getByRole('link', { name: 'People' }).click();
  await choose(page, 'Mai Trần', 'Edit');
  await dialog.getByLabel('Role').selectOption('operator');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await row(page, /Mai Trần mai Operator/).waitFor();
  await choose(page, 'Mai Trần', 'New password');
  await page.getByRole('button', { name: 'Make a password' }).click();
  await page.getByText('Password of mai').waitFor();
  await page.getByRole('button', { name: 'Done' }).click();
  await choose(page, 'Mai Trần', 'Log out everywhere');
  await page.getByRole('dialog').getByRole('button', { name: 'Log out everywhere' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await choose(page, 'Mai Trần', 'Disable');
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
  await row(page, /Mai Trần mai Operator Disabled/).waitFor();
  await page.getByRole('link', { name: 'Permissions' }).click();
  await person.getByText('Disabled: may do nothing now').waitFor();
  assert.deepEqual(complaints, []);
});

test('the last administrator stays, and that is said', async (context) => {
  await ask<User>('POST', '/api/v1/users', { name: 'root', role: 'admin', password: 'quite a long one' });
  const { page } = await visit(context, '/settings/people');
  await choose(page, 'root', 'Remove');
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByRole('dialog').getByText('This is the last administrator').waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await row(page, /root/).waitFor();
});

test('what is kept about somebody is downloaded, and erased', async (context) => {
  await ask<User>('POST', '/api/v1/users', {
    name: 'linh',
    displayName: 'Linh',
    password: 'quite a long one',
  });
  const { page, complaints } = await visit(context, '/settings/people');
  await choose(page, 'Linh', 'Their data');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download' }).click(),
  ]);
  assert.equal(download.suggestedFilename(), 'vedette-linh.json');
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'data.json');
  await download.saveAs(file);
  const data = JSON.parse(readFileSync(file, 'utf8')) as { profile: { name: string } };
  assert.equal(data.profile.name, 'linh');
  await page.getByRole('button', { name: 'Erase Linh' }).click();
  await page.getByRole('button', { name: 'Erase', exact: true }).click();
  await page.getByText('Erased.').waitFor();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await row(page, /Linh/).waitFor({ state: 'detached' });
  assert.deepEqual(complaints, []);
});

const opened =
  (name: string) =>
  async (page: Page): Promise<void> => {
    await page.getByRole('button', { name, exact: true }).click();
    await page.getByRole('dialog').waitFor();
  };

/** Every page and what opens on it, brought to where it is to be looked at. */
const SCENES: readonly {
  readonly name: string;
  readonly place: string;
  readonly ready: (page: Page) => Promise<void>;
}[] = [
  { name: 'cameras', place: '/settings/cameras', ready: async (page) => row(page, /Back yard/).waitFor() },
  {
    name: 'add a camera',
    place: '/settings/cameras?add',
    ready: async (page) => {
      await page.getByText('Examples of addresses').click();
      await page.getByText('Advanced').click();
      await page.getByLabel('Smaller versions').selectOption('own');
    },
  },
  { name: 'a camera of the file', place: '/settings/cameras', ready: opened('Back yard') },
  { name: 'groups', place: '/settings/groups', ready: async (page) => row(page, /outside/).waitFor() },
  { name: 'a zone', place: '/settings/groups', ready: opened('Edit outside') },
  { name: 'people', place: '/settings/people', ready: async (page) => row(page, /Hoa/).waitFor() },
  {
    name: 'add a person',
    place: '/settings/people',
    ready: async (page) => {
      await opened('Add a person')(page);
      await page.getByRole('button', { name: 'Add cameras' }).click();
      await page.getByLabel('Only at certain hours').check();
    },
  },
  {
    name: 'permissions',
    place: '/settings/permissions',
    ready: async (page) => page.getByText('Hoa', { exact: true }).click(),
  },
];

test('axe finds nothing, and the console is clean, on every page', async (context) => {
  await ask<User>('POST', '/api/v1/users', {
    ...{ name: 'hoa', displayName: 'Hoa', password: 'quite a long one' },
    grants: [{ target: { kind: 'group', id: 'entrances' }, actions: ['view', 'playback'] }],
  });
  for (const [theme, width, height] of [
    ['dark', 1440, 900],
    ['light', 390, 844],
  ] as const) {
    const { page, complaints } = await visit(context, '/settings', { theme, width, height });
    for (const { name, place, ready } of SCENES) {
      await page.goto(gateway.http + place);
      await ready(page);
      await assertAccessible(page, `${name}, ${theme}, ${width}×${height}`);
      const folder = process.env['VEDETTE_SCREENSHOTS'];
      if (folder !== undefined) await page.screenshot({ path: `${folder}/${name} ${theme} ${width}.png` });
    }
    assert.deepEqual(complaints, [], `${theme}, ${width}×${height}`);
    await page.close();
  }
});
