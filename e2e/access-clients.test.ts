import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import {
  startFfmpeg,
  startPlayer,
  type Player,
  type PlayerRun,
} from '../apps/gateway/src/servers/rtsp/testing/player.ts';
import {
  ADMINISTRATOR,
  administrator,
  grantOf,
  NO_LIMITS,
  type Account,
  type ApiClient,
} from './support/access.ts';
import { startChromium } from './support/chromium.ts';
import { videoFootage } from './support/footage.ts';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { LivePage } from './support/live-page.ts';
import { publishByFfmpeg, type PublishingPeer } from './support/publishers.ts';
import { until } from './support/until.ts';

const GATE = 'gate';

let gateway: RunningGateway;
let admin: ApiClient;
let viewer: Account;
let token: string;
let publisher: PublishingPeer;

before(async () => {
  gateway = await startGateway({
    access: true,
    config: `${NO_LIMITS}\ncameras: {${GATE}: {source: publish}}`,
    environment: { VEDETTE_ADMIN_PASSWORD: ADMINISTRATOR.password },
  });
  admin = await administrator(gateway.http);
  viewer = await admin.makeUser({ name: 'viewer', grants: [grantOf(GATE, 'view')] });
  ({ token } = await admin.makeStreamToken({ cameraId: GATE }));
  const footage = { video: 'h264', width: 320, height: 176, fps: 25, gop: 25, bframes: 0 } as const;
  const videoFile = await videoFootage({ ...footage, seconds: 8, bitrateKbps: 200 });
  const key = await admin.makePublishKey(GATE);
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

/** What somebody types in. */
interface Shown {
  readonly password: string;
  readonly token: string;
}

const WRONG: Shown = { password: 'some-other-word', token: 'eyJhbGciOiJub25lIn0.e30.x' };

function viaFfmpeg(...input: readonly string[]): Player {
  return startFfmpeg([...input, '-map', '0:v', '-c', 'copy', '-frames:v', '5', '-f', 'null', '-']);
}

const withUser = (address: string, { password }: Shown): string =>
  address.replace('://', `://${viewer.name}:${password}@`);

const CLIENTS: readonly {
  readonly name: string;
  readonly play: (shown: Shown) => Player;
  /** Whether it was shown pictures; where absent, its exit code says so. */
  readonly hasSeen?: (run: PlayerRun) => boolean;
  /** What it says of the refusal, or the gateway where it says nothing. */
  readonly refusal: RegExp;
}[] = [
  {
    name: 'ffmpeg, RTSP, user and password',
    play: (shown) => viaFfmpeg('-rtsp_transport', 'tcp', '-i', `${withUser(gateway.rtsp, shown)}/${GATE}`),
    refusal: /401 Unauthorized/,
  },
  {
    name: 'ffmpeg, RTSP, token',
    play: (shown) =>
      viaFfmpeg('-rtsp_transport', 'tcp', '-i', `${gateway.rtsp}/${GATE}?token=${shown.token}`),
    refusal: /401 Unauthorized/,
  },
  {
    name: 'ffmpeg, RTMP, user and password',
    play: ({ password }) =>
      viaFfmpeg('-i', `${gateway.rtmp}/live/${GATE}?user=${viewer.name}&pass=${password}`),
    refusal: /Unauthorized: /,
  },
  {
    name: 'ffmpeg, SRT, user and password',
    play: ({ password }) =>
      viaFfmpeg('-i', `${gateway.srt}?streamid=read:${GATE}:${viewer.name}:${password}`),
    refusal: /Input\/output error/,
  },
  {
    name: 'ffmpeg, HLS, token',
    play: (shown) => viaFfmpeg('-i', `${gateway.http}/live/${GATE}/index.m3u8?token=${shown.token}`),
    refusal: /401 Unauthorized/,
  },
  {
    name: 'ffmpeg, HLS, Authorization',
    play: (shown) =>
      viaFfmpeg(
        ...['-headers', `Authorization: Bearer ${shown.token}\r\n`],
        ...['-i', `${gateway.http}/live/${GATE}/index.m3u8`],
      ),
    refusal: /401 Unauthorized/,
  },
  {
    name: 'GStreamer, RTSP, user-id and user-pw',
    play: ({ password }) =>
      startPlayer('gst-launch-1.0', [
        ...['-q', 'rtspsrc', `location=${gateway.rtsp}/${GATE}`, 'protocols=tcp'],
        ...[`user-id=${viewer.name}`, `user-pw=${password}`, '!', 'identity', 'eos-after=5', '!', 'fdsink'],
      ]),
    // On its way out rtspsrc pauses, which fails now and then while it still reads.
    hasSeen: ({ stdout }) => stdout.length > 0,
    refusal: /Unauthorized|401/,
  },
];

async function endOf(context: TestContext, player: Player): Promise<PlayerRun> {
  context.after(() => player.kill('SIGKILL'));
  return player.done;
}

for (const { name, play, hasSeen = ({ code }: PlayerRun) => code === 0, refusal } of CLIENTS) {
  test(`${name}: in with right, and refused with wrong credentials`, async (context) => {
    const inside = await endOf(context, play({ password: viewer.password, token }));
    assert.ok(hasSeen(inside), inside.stderr);
    const outside = await endOf(context, play(WRONG));
    assert.notEqual(outside.code, 0);
    assert.ok(!hasSeen(outside));
    assert.match(outside.stderr, refusal);
  });
}

test('srt-live-transmit: in with right, and refused with wrong credentials', async (context) => {
  const call = (password: string): Player =>
    startPlayer('srt-live-transmit', [
      ...['-loglevel', 'note', '-autoreconnect', 'no'],
      ...[`${gateway.srt}?streamid=#!::r=${GATE},m=request,u=${viewer.name},s=${password}`, 'file://con'],
    ]);
  const inside = call(viewer.password);
  context.after(() => inside.kill('SIGKILL'));
  await until(async () => (await admin.sessions()).some(({ protocol }) => protocol === 'srt'));
  inside.kill('SIGINT');
  await inside.done;
  const outside = call(WRONG.password);
  context.after(() => outside.kill('SIGKILL'));
  await until(() => /"code":1401/.test(gateway.log()), { what: 'a refusal by number' });
});

test('Chromium: a page in other sites’ frames plays with the right token, and with a wrong one does not', async (context) => {
  const browser = await startChromium(context);
  const page = `${gateway.http}/live/${GATE}?embed=1&token=`;
  const right = await LivePage.open(await browser.newPage(), page + token);
  await until(async () => (await right.state()) === 'live', { what: 'a picture in the page' });
  await right.close();
  // Those by HLS, of other players here, last until nothing is asked for.
  const inPages = async (): Promise<string[]> =>
    (await admin.sessions())
      .map(({ protocol }) => protocol)
      .filter((protocol) => ['webrtc', 'mse'].includes(protocol));
  await until(async () => (await inPages()).length === 0, { what: 'the end of the page’s session' });
  const refused: number[] = [];
  const tab = await browser.newPage();
  tab.on('response', (response) => {
    if (response.url().includes('/live/')) refused.push(response.status());
  });
  const wrong = await LivePage.open(tab, page + WRONG.token);
  await until(() => refused.includes(401), { what: 'a refusal' });
  assert.notEqual(await wrong.state(), 'live');
  assert.deepEqual(await inPages(), []);
  await wrong.close();
});
