import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { until } from '../../../../../e2e/support/until.ts';
import { ffmpeg } from '../../../../../packages/media/src/testing/ffmpeg.ts';
import { identityOf, TestDoor } from '../../access/testing/test-door.ts';
import { makeFootage } from '../../sinks/hls/testing/footage.ts';
import { startFfmpeg, startPlayer, type Player, type PlayerRun } from './testing/player.ts';
import { TestBed } from './testing/test-bed.ts';

// Real clients, with right and with wrong credentials.

const clip = makeFootage({ seconds: 2, gop: 25 });
const folder = mkdtempSync(path.join(tmpdir(), 'vedette-login-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const clipFile = path.join(folder, 'clip.mp4');
writeFileSync(`${clipFile}.h264`, clip.raw.bytes);
ffmpeg(['-framerate', '25', '-i', `${clipFile}.h264`, '-c:v', 'copy', clipFile]);

const PASSWORD = 'se:cret+1 "q"';
const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl_-';

async function startBed(t: TestContext) {
  const door = new TestDoor([
    { name: 'ann', password: PASSWORD, may: ['view:gate', 'publish:yard'] },
    { name: 'bob', token: TOKEN, may: ['view:gate', 'publish:yard'] },
  ]);
  const bed = await TestBed.start({ server: { door } });
  t.after(() => bed.close());
  const feed = bed.feed(clip.tracks);
  for (const unit of clip.units.slice(0, 25)) feed.write({ ...unit });
  /** Goes on for as long as somebody has to be shown something. */
  const timer = setInterval(() => {
    const unit = clip.units[25 + (count % 25)];
    if (unit === undefined) return;
    const shift = Math.floor(count / 25) * 25 * 3600;
    feed.write({ ...unit, pts: unit.pts + shift, dts: unit.dts + shift });
    count += 1;
  }, 40);
  let count = 0;
  t.after(() => clearInterval(timer));
  return { bed, door };
}

interface Client {
  readonly name: string;
  /** What it proves itself by where it may choose. */
  readonly kind: string;
  readonly watch: (url: string, user?: string, password?: string) => Player;
  /** Whether it was shown pictures. */
  readonly hasSeen: (run: PlayerRun) => boolean;
  readonly publish: (url: string, user?: string, password?: string) => Player;
}

function withUser(url: string, user?: string, password = ''): string {
  return user === undefined ? url : url.replace('//', `//${user}:${encodeURIComponent(password)}@`);
}

function properties(user?: string, password = ''): string[] {
  return user === undefined ? [] : [`user-id=${user}`, `user-pw=${password.replaceAll('"', '\\"')}`];
}

const clients: readonly Client[] = [
  {
    name: 'ffmpeg',
    kind: 'digest',
    watch: (url, user, password) =>
      startFfmpeg([
        ...['-rtsp_transport', 'tcp', '-i', withUser(url, user, password)],
        ...['-frames:v', '5', '-f', 'null', '-'],
      ]),
    hasSeen: ({ code }) => code === 0,
    publish: (url, user, password) =>
      startFfmpeg([
        ...['-re', '-i', clipFile, '-c', 'copy', '-f', 'rtsp', '-rtsp_transport', 'tcp'],
        withUser(url, user, password),
      ]),
  },
  {
    name: 'GStreamer',
    kind: 'digest',
    watch: (url, user, password) =>
      startPlayer('gst-launch-1.0', [
        ...['-q', 'rtspsrc', `location=${url}`, 'protocols=tcp', ...properties(user, password), '!'],
        ...['rtph264depay', '!', 'identity', 'eos-after=5', '!', 'fdsink'],
      ]),
    // Not by its code: on its way out rtspsrc pauses, which fails now and then while it still reads.
    hasSeen: ({ stdout }) => stdout.length > 0,
    publish: (url, user, password) =>
      startPlayer('gst-launch-1.0', [
        ...['-q', 'filesrc', `location=${clipFile}`, '!', 'qtdemux', '!', 'h264parse', '!'],
        ...['rtspclientsink', `location=${url}`, 'protocols=tcp', ...properties(user, password)],
      ]),
  },
];

/** Waits for the end of a client that is refused. */
async function complaint(t: TestContext, player: Player): Promise<string> {
  t.after(() => player.kill('SIGKILL'));
  const { code, stderr } = await player.done;
  assert.notEqual(code, 0, stderr);
  return stderr;
}

for (const { name, kind, watch, hasSeen, publish } of clients) {
  test(`${name} watches with user and password, and with a token`, async (t) => {
    const { bed, door } = await startBed(t);
    const url = `rtsp://127.0.0.1:${bed.port}/gate`;
    const first = await watch(url, 'ann', PASSWORD).done;
    assert.ok(hasSeen(first), first.stderr);
    assert.equal(door.knocks.at(-1)?.credentials.kind, kind);
    assert.equal(door.knocks.length, 2, 'once without anything, once to prove who it is');
    const second = await watch(`${url}?token=${TOKEN}`).done;
    assert.ok(hasSeen(second), second.stderr);
    assert.equal(door.knocks.length, 3);
    assert.deepEqual(
      bed.started.map(({ identity }) => identity),
      [identityOf({ name: 'ann' }), identityOf({ name: 'bob' })],
    );
  });

  test(`${name} is refused with a wrong password or token, and for a camera that it may not see`, async (t) => {
    const { bed } = await startBed(t);
    const url = `rtsp://127.0.0.1:${bed.port}/gate`;
    assert.match(await complaint(t, watch(url)), /401|[Uu]nauthorized|Not authorized/);
    assert.match(await complaint(t, watch(url, 'ann', 'wrong')), /401|[Uu]nauthorized/);
    assert.match(await complaint(t, watch(`${url}?token=wrong`)), /401|[Uu]nauthorized/);
    const hidden = url.replace('gate', 'yard');
    assert.match(await complaint(t, watch(hidden, 'ann', PASSWORD)), /404|[Nn]ot [Ff]ound|no camera/);
    assert.deepEqual(bed.started, []);
  });

  test(`${name} publishes with user and password, and with a token; not with wrong ones, nor where it may not`, async (t) => {
    const { bed } = await startBed(t);
    const url = `rtsp://127.0.0.1:${bed.port}/yard`;
    for (const credentials of [['ann', PASSWORD], []]) {
      const player = publish(credentials.length > 0 ? url : `${url}?token=${TOKEN}`, ...credentials);
      t.after(() => player.kill('SIGKILL'));
      await until(() => bed.started.length > 0);
      assert.equal(bed.started[0]?.kind, 'publish');
      bed.started.length = 0;
      player.kill('SIGKILL');
      await player.done;
    }
    assert.match(await complaint(t, publish(url, 'ann', 'wrong')), /401|[Uu]nauthorized/);
    assert.match(await complaint(t, publish(`${url}?token=wrong`)), /401|[Uu]nauthorized/);
    assert.match(
      await complaint(t, publish(url.replace('yard', 'gate'), 'ann', PASSWORD)),
      /403|[Ff]orbidden|may not/,
    );
    assert.deepEqual(bed.started, []);
  });
}
