import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test, type TestContext } from 'node:test';
import { areLive, cameraOf } from './support/api.ts';
import { FAKE_DEVICES, startChromium, type Browser } from './support/chromium.ts';
import { startGateway, type RunningGateway } from './support/gateway.ts';
import { HlsPage } from './support/hls-page.ts';
import { until } from './support/until.ts';
import { WhipPage } from './support/whip-page.ts';

let browser: Browser;
let gateway: RunningGateway;
const ends: (() => unknown)[] = [];

before(async () => {
  browser = await startChromium({ after: (end: () => unknown) => void ends.push(end) }, FAKE_DEVICES);
  gateway = await startGateway({
    config: 'cameras:\n  gate: {source: publish}\n  AV1: {source: publish}\n  VP9: {source: publish}\n',
  });
});
after(async () => {
  for (const end of ends.reverse()) await end();
  assert.equal(await gateway.close(), 0);
});

async function publish(context: TestContext, codec: string, camera = 'gate'): Promise<WhipPage> {
  const page = await WhipPage.open(await browser.newPage(), gateway.http);
  context.after(async () => page.close());
  const { status, body } = await page.publish(camera, { codec });
  assert.equal(status, 201, body);
  await until(async () => areLive(gateway.http, [camera]), { what: 'a live camera' });
  return page;
}

interface Watched {
  /** Presentation times of the decoded pictures, in milliseconds. */
  readonly pictures: readonly number[];
  readonly soundFrames: number;
  readonly complaints: string;
}

/** Decodes `count` pictures of the camera by RTSP. */
async function watchByFfmpeg(count: number): Promise<Watched> {
  const player = spawn('ffmpeg', [
    ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-threads', '1', '-rtsp_transport', 'tcp'],
    ...[
      '-i',
      `${gateway.rtsp}/gate`,
      '-map',
      '0:v',
      '-map',
      '0:a',
      '-c:a',
      'copy',
      '-fps_mode',
      'passthrough',
    ],
    ...['-enc_time_base', '1:1000', '-frames:v', String(count), '-f', 'framemd5', 'pipe:1'],
  ]);
  let text = '';
  let complaints = '';
  player.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  player.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  await once(player, 'close');
  const lines = text.split('\n').filter((line) => /^[01],/.test(line));
  const pictures = lines.filter((line) => line.startsWith('0,')).map((line) => Number(line.split(',')[2]));
  return { pictures, soundFrames: lines.length - pictures.length, complaints };
}

for (const codec of ['H264', 'VP8', 'VP9']) {
  test(`${codec} from a browser plays by RTSP: every picture, in time, with its sound`, async (context) => {
    const page = await publish(context, codec);
    // So long that the group of pictures is old: who joins then has one of their own asked for.
    await until(async () => (await page.stats()).framesEncoded > 120, { what: '120 pictures' });
    const keyFramesBefore = (await page.stats()).keyFramesEncoded;
    const { pictures, soundFrames, complaints } = await watchByFfmpeg(60);
    assert.equal(complaints, '');
    assert.equal(pictures.length, 60);
    assert.ok(soundFrames > 20, `${soundFrames} frames of sound`);
    // ffmpeg gives the first picture of VP8 and VP9 the time of the second.
    const steps = pictures.slice(2).map((pts, index) => pts - (pictures[index + 1] ?? 0));
    assert.ok(
      steps.every((step) => step > 0 && step < 1000),
      `steps of ${Math.min(...steps)} to ${Math.max(...steps)} ms`,
    );
    assert.ok((await page.stats()).keyFramesEncoded > keyFramesBefore, 'a key frame was asked for');
    const { tracks } = await cameraOf(gateway.http, 'gate');
    assert.deepEqual(
      tracks.map((track) => track.codec),
      [codec.toLowerCase(), 'opus'],
    );
  });
}

for (const codec of ['AV1', 'VP9']) {
  test(`${codec} from a browser plays by HLS as it is, key frames being asked for so that segments end`, async (context) => {
    await publish(context, codec, codec);
    const url = `${gateway.http}/live/${codec}/index.m3u8?quality=source`;
    const playlist = await (await fetch(url)).text();
    assert.match(playlist, codec === 'AV1' ? /CODECS="av01\./ : /CODECS="vp09\./);
    // The camera's own: what a player would rather have on a busy machine is not asked here.
    const [source] = /^hls\/.*\/source\/media\.m3u8$/m.exec(playlist) ?? [];
    assert.ok(source !== undefined, playlist);
    const page = await browser.newPage();
    context.after(async () => page.close());
    const player = await HlsPage.open(page, gateway.http, new URL(source, url).href);
    // Over more than one segment.
    const { width } = await player.plays(120);
    assert.equal(width, 640);
  });
}
