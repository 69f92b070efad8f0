import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { startChromium } from './support/chromium.ts';
import { startGateway } from './support/gateway.ts';
import { until } from './support/until.ts';

const HLS_JS = createRequire(import.meta.url).resolve('hls.js/dist/hls.min.js');

const PLAYER = `
window.video = document.createElement('video');
video.muted = true;
document.body.append(video);
window.fatal = [];
window.jumps = 0;
window.play = (url) => {
  window.hls = new Hls({ capLevelToPlayerSize: false });
  hls.on(Hls.Events.MANIFEST_PARSED, () => { hls.loadLevel = 1; });
  hls.on(Hls.Events.ERROR, (event, error) => { if (error.fatal) fatal.push(error.details); });
  hls.loadSource(url);
  hls.attachMedia(video);
  return video.play();
};
let last = 0;
setInterval(() => {
  if (last > 0 && video.currentTime - last > 1) jumps += 1;
  last = video.currentTime;
}, 50);
`;

interface Shown {
  readonly time: number;
  readonly height: number;
  readonly levels: readonly number[];
  readonly fatal: readonly string[];
  readonly jumps: number;
}

test('hls.js goes down and up the ladder, and goes on playing', async (context) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const clip = path.join(folder, 'clip.mp4');
  const source = [
    '-f',
    'lavfi',
    '-i',
    'testsrc2=size=320x240:rate=25',
    '-f',
    'lavfi',
    '-i',
    'sine',
    '-t',
    '10',
  ];
  const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-bf', '0', '-pix_fmt', 'yuv420p'];
  execFileSync('ffmpeg', ['-v', 'error', ...source, ...x264, '-c:a', 'aac', clip]);
  const config = `cameras:\n  gate:\n    source: "file:${clip}?loop"\n    renditions: [{height: 120, bitrate: 200000}]\n`;
  const gateway = await startGateway({ config });
  context.after(async () => gateway.close());
  const browser = await startChromium(context);
  const page = await browser.newPage();
  await page.goto(`${gateway.http}/live/gate/webrtc`);
  await page.evaluate(readFileSync(HLS_JS, 'utf8'));
  await page.evaluate(PLAYER);
  await page.evaluate(`play('/live/gate/index.m3u8')`);
  const shown = async (): Promise<Shown> =>
    page.evaluate<Shown>(
      `({ time: video.currentTime, height: video.videoHeight, levels: hls.levels.map(({ height }) => height), fatal, jumps })`,
    );
  const playsOn = async (height: number): Promise<void> => {
    await until(async () => (await shown()).height === height, { what: `${height} lines` });
    const { time } = await shown();
    await until(async () => (await shown()).time > time + 2, { what: 'it plays on' });
  };
  await playsOn(240);
  assert.deepEqual((await shown()).levels, [120, 240]);
  await page.evaluate('void (hls.nextLevel = 0)');
  await playsOn(120);
  await page.evaluate('void (hls.nextLevel = 1)');
  await playsOn(240);
  const { fatal, jumps } = await shown();
  assert.deepEqual(fatal, []);
  assert.equal(jumps, 0, 'no time is left out');
});
