import type { CreatedShareLink, IssuedStreamToken, MadeApiKey } from '@vedette/contract';
import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { after, before, test, type TestContext } from 'node:test';
import { Secret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { Administrator, logIn } from './support/administrator.ts';
import { startChromium, type Browser } from './support/chromium.ts';
import {
  assertAccessible,
  besidesRefusals,
  viewerOf,
  visitBy,
  type Login,
  type Visit,
  type VisitOptions,
} from './support/visitor.ts';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { until } from './support/until.ts';

const PASSWORD = 'correct horse battery';
const CONFIG = `cameras:
  gate: {source: publish, name: Front gate}
  yard: {source: "rtsp://127.0.0.1:1/stream", name: Back yard}
`;
const DEMO = { target: { kind: 'camera', id: 'demo' }, actions: ['view'] } as const;

let browser: Browser;
let gateway: RunningGateway;
let administrator: Administrator;
let admin: Login;
const ends: (() => unknown)[] = [];

before(async () => {
  browser = await startChromium({ after: (end: () => unknown) => void ends.push(end) });
  const environment = { VEDETTE_ADMIN_PASSWORD: PASSWORD };
  gateway = await startGateway({ access: true, demo: true, config: CONFIG, environment });
  administrator = await Administrator.logIn(gateway.http, PASSWORD);
  admin = await logIn(browser, gateway.http, 'admin', PASSWORD);
});
after(async () => {
  for (const end of ends.reverse()) await end();
  assert.equal(await gateway.close(), 0);
});

async function visit(context: TestContext, path: string, options: VisitOptions = {}): Promise<Visit> {
  return visitBy(browser, context, new URL(path, gateway.http).href, { theme: 'dark', ...options });
}

async function fillIn(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
}

test('nobody is led to the login, and from there to where he was', async (context) => {
  const { page, complaints } = await visit(context, '/live/demo?protocol=mse');
  await page.waitForURL(/\/login\?next=/);
  await page.getByLabel('Name').waitFor();
  assert.deepEqual(complaints, []);
  await fillIn(page, 'admin', 'incorrect horse');
  await page.getByText('Name or password is wrong.').waitFor();
  assert.equal(await page.getByLabel('Name').inputValue(), 'admin');
  await fillIn(page, 'admin', PASSWORD);
  await page.waitForURL('**/live/demo?protocol=mse');
  await viewerOf(page, 'demo', 'live').waitFor();
  assert.deepEqual(besidesRefusals(complaints), []);
});

test('a first password is changed before anything else', async (context) => {
  const { initialPassword } = await administrator.newUser({ name: 'lan', grants: [DEMO].map(copyOf) });
  const { page, complaints } = await visit(context, '/login');
  await fillIn(page, 'lan', initialPassword ?? '');
  await page.getByRole('heading', { name: 'Choose a password' }).waitFor();
  await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('New password again').fill('something else');
  await page.getByText('These two are not the same.').waitFor();
  await page.getByLabel('New password again').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set password' }).click();
  await viewerOf(page, 'demo', 'live').waitFor();
  assert.deepEqual(complaints, []);
});

test('one’s own name, password and second factor', async (context) => {
  await administrator.newPerson('mai', 'the first of all', [copyOf(DEMO)]);
  const login = await logIn(browser, gateway.http, 'mai', 'the first of all');
  const { page, complaints } = await visit(context, '/account', { login });
  await page.getByLabel('What others see').fill('Mai Trần');
  await page.getByRole('button', { name: 'Save' }).click();
  await until(async () => page.getByRole('button', { name: 'Save' }).isDisabled());
  await page.reload();
  await until(async () => (await page.getByLabel('What others see').inputValue()) === 'Mai Trần');

  await page.getByRole('button', { name: 'Change the password' }).click();
  await page.getByLabel('Present password').fill('the first of all');
  await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('New password again').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set password' }).click();
  await page.getByText('Changed.').waitFor();

  await page.getByRole('button', { name: 'Set up' }).click();
  await page.getByLabel('Present password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set up' }).click();
  await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor();
  const totp = new TOTP({ secret: Secret.fromBase32(await page.locator('code').innerText()) });
  await page.getByRole('textbox', { name: 'Code' }).fill(totp.generate());
  await page.getByRole('button', { name: 'Turn on' }).click();
  await page.getByText('it is shown this one time').waitFor();
  const [recovery = ''] = await page.locator('ul.font-mono li').allInnerTexts();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByText(/recovery codes are left/).waitFor();
  assert.deepEqual(complaints, []);

  await page.getByRole('button', { name: 'Log out', exact: true }).click();
  await page.waitForURL('**/login');
  // A code is taken once: this one is the next.
  const codes = [totp.generate({ timestamp: Date.now() + 30_000 }), recovery];
  for (const code of codes) {
    await page.goto(`${gateway.http}/login`);
    await fillIn(page, 'mai', PASSWORD);
    await page.getByLabel('Code').fill(code);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await viewerOf(page, 'demo', 'live').waitFor();
  }
  assert.deepEqual(besidesRefusals(complaints), []);
});

test('logins are listed, ended one by one, and all at once', async (context) => {
  await administrator.newPerson('tam', PASSWORD, [copyOf(DEMO)]);
  const logins = [
    await logIn(browser, gateway.http, 'tam', PASSWORD),
    await logIn(browser, gateway.http, 'tam', PASSWORD),
  ];
  const [{ page, complaints }, { page: elsewhere }] = [
    await visit(context, '/account', logins[0] && { login: logins[0] }),
    await visit(context, '/account', logins[1] && { login: logins[1] }),
  ];
  await elsewhere.getByRole('heading', { name: 'Where you are logged in' }).waitFor();
  const others = page.getByRole('button', { name: /^End / });
  await others.first().waitFor();
  const before = await others.count();
  for (let left = before; left > 0; left -= 1) {
    await others.first().click();
    await until(async () => (await others.count()) < left);
  }
  // The page there is not looked at, and learns it all the same.
  await elsewhere.waitForURL(/\/login\?next=%2Faccount$/);

  await page.getByRole('button', { name: 'Log out everywhere' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Log out everywhere' }).click();
  await page.waitForURL('**/login');
  await page.goto(gateway.http);
  await page.waitForURL('**/login');
  assert.deepEqual(complaints, []);
});

test('an API key is shown once, works, and is revoked', async (context) => {
  const { page, complaints } = await visit(context, '/settings/keys', { login: admin });
  await page.getByRole('button', { name: 'Make a key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('nightly');
  await dialog.getByRole('group', { name: 'With all cameras' }).getByLabel('Watch live').check();
  const made = page.waitForResponse((answer) => answer.request().method() === 'POST');
  await dialog.getByRole('button', { name: 'Make a key' }).click();
  const { key } = (await (await made).json()) as MadeApiKey;
  await dialog.getByText(key).waitFor();
  await dialog.getByRole('button', { name: 'Done' }).click();
  const status = async (): Promise<number> =>
    (await fetch(`${gateway.http}/api/v1/cameras/demo`, { headers: { authorization: `Bearer ${key}` } }))
      .status;
  assert.equal(await status(), 200);
  await page.reload();
  const row = page.getByRole('row', { name: /nightly/ });
  await row.getByText('Watch live').waitFor();
  assert.ok(!(await page.content()).includes(key));
  await row.getByRole('button', { name: 'Revoke nightly' }).click();
  await dialog.getByRole('button', { name: 'Revoke' }).click();
  await dialog.waitFor({ state: 'detached' });
  await row.waitFor({ state: 'detached' });
  assert.equal(await status(), 401);
  assert.deepEqual(complaints, []);
});

test('a shared camera plays for whoever has the link, until it is taken back', async (context) => {
  const { page, complaints } = await visit(context, '/live/demo', { login: admin });
  await page.getByRole('button', { name: 'Share' }).click();
  const dialog = page.getByRole('dialog');
  assert.equal(await dialog.getByLabel('Camera').inputValue(), 'demo');
  await dialog.getByLabel('What it is for').fill('the neighbour');
  const making = page.waitForResponse(
    (answer) => answer.request().method() === 'POST' && answer.url().endsWith('/share-links'),
  );
  await dialog.getByRole('button', { name: 'Share a camera' }).click();
  const { url } = (await (await making).json()) as CreatedShareLink;
  await dialog.getByText(new URL(url, gateway.http).href).waitFor();

  const { page: neighbour, complaints: theirs } = await visit(context, url);
  await viewerOf(neighbour, 'demo', 'live').waitFor();
  await neighbour.getByText(/^Shared until/).waitFor();
  assert.deepEqual(theirs, []);
  await page.goto(`${gateway.http}/settings/links`);
  await page.getByRole('button', { name: 'Revoke the link the neighbour' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await neighbour.getByRole('heading', { name: 'This link shows nothing (any more)' }).waitFor();
  assert.equal(await neighbour.locator('video').count(), 0);
  await page
    .getByRole('row', { name: /the neighbour/ })
    .getByText('Revoked')
    .waitFor();
  assert.deepEqual([...complaints, ...besidesRefusals(theirs)], []);
});

test('a shared camera with a password asks for it', async (context) => {
  const link = { cameraId: 'demo', password: 'open sesame' };
  const { url } = await administrator.send<CreatedShareLink>('POST', '/api/v1/share-links', link);
  const { page, complaints } = await visit(context, url);
  await page.getByLabel('Password').fill('open barley');
  await page.getByRole('button', { name: 'Show the camera' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Password').fill('open sesame');
  await page.getByRole('button', { name: 'Show the camera' }).click();
  await viewerOf(page, 'demo', 'live').waitFor();
  assert.deepEqual(besidesRefusals(complaints), []);
  const { page: nobody } = await visit(context, '/share#vds_nothing');
  await nobody.getByRole('heading', { name: 'This link shows nothing (any more)' }).waitFor();
});

test('an embedded camera plays by a token, and says so without', async (context) => {
  const { page, complaints } = await visit(context, '/settings/links', { login: admin });
  await page.getByRole('button', { name: 'Make a token' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Camera').selectOption('demo');
  const making = page.waitForResponse((answer) => answer.url().endsWith('/api/streaming/token'));
  await dialog.getByRole('button', { name: 'Make a token' }).click();
  const { token } = (await (await making).json()) as IssuedStreamToken;
  await dialog.getByText(token, { exact: true }).waitFor();
  const { page: frame, complaints: theirs } = await visit(context, `/live/demo?embed=1&token=${token}`);
  await viewerOf(frame, 'demo', 'live').waitFor();
  assert.equal(await frame.getByRole('navigation').count(), 0);
  assert.deepEqual([...complaints, ...theirs], []);
  const { page: without, complaints: refused } = await visit(context, '/live/demo?embed=1');
  await without.getByText('No permission').first().waitFor();
  assert.deepEqual(besidesRefusals(refused), []);
});

test('sessions say who, and somebody without rights finds what is his alone', async (context) => {
  await administrator.newPerson('hoa', PASSWORD, [copyOf(DEMO)]);
  const login = await logIn(browser, gateway.http, 'hoa', PASSWORD);
  const { page: hers, complaints } = await visit(context, '/', { login });
  await viewerOf(hers, 'demo', 'live').waitFor();
  assert.equal(await hers.locator('[data-viewer]').count(), 1);
  await hers.keyboard.press('Control+k');
  for (const [typed, isFound] of [
    ['audit', false],
    ['front gate', false],
    ['add a camera', false],
    ['tokens', true],
  ] as const) {
    await hers.getByRole('combobox').fill(typed);
    await hers.getByText('Nothing of that name').waitFor({ state: isFound ? 'detached' : 'visible' });
  }
  await hers.keyboard.press('Escape');

  const { page } = await visit(context, '/sessions', { login: admin });
  const row = page.getByRole('row', { name: /hoa/ });
  await row.waitFor();
  await row.getByRole('button', { name: /^End the session of hoa/ }).click();
  await row.waitFor({ state: 'detached' });

  await hers.getByRole('link', { name: 'Settings' }).click();
  const places = hers.getByRole('navigation', { name: 'Settings' }).getByRole('link');
  await places.first().waitFor();
  assert.deepEqual(await places.allInnerTexts(), ['Tokens and links']);
  await hers.getByRole('heading', { name: 'Share links' }).waitFor();
  await hers.goto(`${gateway.http}/settings/people`);
  await hers.getByRole('heading', { name: 'No permission' }).waitFor();
  await hers.goto(`${gateway.http}/publish/gate`);
  await hers.getByRole('heading', { name: 'There is no camera “gate”' }).waitFor();
  // Her player hangs up what was ended already.
  assert.deepEqual(besidesRefusals(complaints), []);
});

test('the audit log shows what was done, is intact, and is taken along', async (context) => {
  await administrator.newUser({ name: 'quy' });
  const { page, complaints } = await visit(context, '/settings/audit', { login: admin });
  await page.getByLabel('What').fill('user.');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  const rows = page.locator('tbody tr');
  await until(async () => {
    const actions = await rows.locator('td:nth-child(3)').allInnerTexts();
    return actions.length > 0 && actions.every((action) => action.startsWith('user.'));
  });
  await page.getByRole('button', { name: 'Verify' }).click();
  await page.getByText(/^All \d+ entries are as they were written$/).waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'CSV' }).click(),
  ]);
  const csv = await text(await download.createReadStream());
  assert.match(csv, /user\./);
  assert.doesNotMatch(csv, /view\.started/);
  assert.deepEqual(complaints, []);
});

test('whoever’s login ends elsewhere is asked to log in again', async (context) => {
  const { id } = await administrator.newPerson('vy', PASSWORD, [copyOf(DEMO)]);
  const login = await logIn(browser, gateway.http, 'vy', PASSWORD);
  const { page, complaints } = await visit(context, '/live/demo', { login });
  await viewerOf(page, 'demo', 'live').waitFor();
  await administrator.send('PATCH', `/api/v1/users/${id}`, { disabled: true });
  await page.waitForURL('**/login?next=%2Flive%2Fdemo');
  assert.deepEqual(besidesRefusals(complaints), []);
});

/** Of somebody whose pictures nobody looks at. */
const SMALL = { width: 600, height: 300 };

const SCENES: readonly { readonly path: string; readonly ready: string; readonly isStrange?: boolean }[] = [
  { path: '/login', ready: 'Stay logged in on this device', isStrange: true },
  { path: '/account', ready: 'Where you are logged in' },
  { path: '/sessions', ready: 'Who is watching' },
  { path: '/settings/cameras', ready: 'Front gate' },
  { path: '/settings/groups', ready: 'Groups' },
  { path: '/settings/people', ready: 'Administrator' },
  { path: '/settings/permissions', ready: 'Permissions' },
  { path: '/settings/links', ready: 'Stream tokens' },
  { path: '/settings/keys', ready: 'API keys' },
  { path: '/settings/audit', ready: 'Verify' },
];

for (const size of [
  { width: 1440, height: 900, theme: 'dark' },
  { width: 1024, height: 768, theme: 'light' },
  { width: 390, height: 844, theme: 'dark' },
  { width: 390, height: 844, theme: 'light' },
] as const) {
  test(`axe finds nothing and the console is clean, ${size.width}×${size.height}, ${size.theme}`, async (context) => {
    // So that somebody is.
    const { page: watcher } = await visit(context, '/live/demo?embed=1', { login: admin, ...SMALL });
    await viewerOf(watcher, 'demo', 'live').waitFor();
    for (const isStrange of [true, false]) {
      const { page, complaints } = await visit(
        context,
        '/login',
        isStrange ? size : { ...size, login: admin },
      );
      for (const { path, ready } of SCENES.filter((scene) => (scene.isStrange ?? false) === isStrange)) {
        await page.goto(gateway.http + path);
        await page.locator('main').getByText(ready).first().waitFor();
        await assertAccessible(page, `${path}, ${size.theme}, ${size.width}×${size.height}`);
        const isTooWide = await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');
        assert.ok(!isTooWide, `${path} is wider than the screen`);
      }
      assert.deepEqual(complaints, []);
    }
  });
}

/** Grants are written as they are sent, and sent ones may be changed. */
function copyOf({ target, actions }: typeof DEMO): { target: typeof target; actions: ['view'] } {
  return { target, actions: [...actions] };
}
